"""How far annotators agree: the answer first, then the figures, over time, by part, per pair."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from server.pages.charts import Bar, Scale, chart, matrix
from server.pages.controls import Control, chooser, grid, select
from server.pages.elements import (
    card,
    cards,
    empty,
    figure,
    folded,
    link,
    muted,
    plural,
    section,
    table,
    warning,
)
from server.pages.markup import Markup, h, join, name
from server.pages.sections.coefficients import (
    MEANING,
    chief_of,
    form_of,
    list_of,
    words_of,
)

PARTS = {
    "week": ("Over time", "By the week in which the last label of a task was made."),
    "stretch": ("As labels came in", "Tasks in the order of their last label, in equal parts."),
    "guideline": ("By version of the guideline", "Labels that were made under one version."),
    "category": ("By category", None),
    "model": ("By model", None),
}
WIDTHS = {"0.05": "±0.05", "0.1": "±0.1", "0.15": "±0.15", "0.2": "±0.2"}
CLUSTERS = {"": "every task for itself", "conversation": "by conversation", "user": "by user"}


class Choice(NamedTuple):
    """What there is to choose from, and what was chosen."""

    fields: Mapping[str, str]
    """Questions by name, in words."""
    tags: Mapping[str, str]
    """Tags and options by value, in words."""
    segments: Mapping[str, Sequence[str]]
    """Models and categories that occur."""
    asked: Mapping[str, str]
    """queue, and field, model, category, coefficient, cluster, width where they were chosen."""


def agreement(report: Mapping[str, Any], choice: Choice) -> Markup:
    """The whole section."""
    told = _told(report, choice) if report["tasks"] else _nothing(choice.asked)
    return join(_filters(report["field"], choice), told)


def _filters(field: str, choice: Choice) -> Markup:
    lists = [select(Control("field", "Field"), list(choice.fields.items()), field)]
    for segment, label in (("model", "Model"), ("category", "Category")):
        if values := choice.segments.get(segment):
            options = [("", "all"), *((value, value) for value in values)]
            lists.append(select(Control(segment, label), options, choice.asked.get(segment)))
    together = Control("cluster", "Tasks count")
    lists.append(select(together, list(CLUSTERS.items()), choice.asked.get("cluster", "")))
    return chooser("What agreement is shown of", grid(*lists))


def _nothing(asked: Mapping[str, str]) -> Markup:
    if asked.get("model") or asked.get("category"):
        return empty("No task of this choice has labels of two people. Choose all again.")
    return empty(
        "No task has labels of two people yet, so there is nothing to compare.",
        join(
            "Agreement needs overlap: ask for two labels on a share of the tasks under ",
            link("Rules", queue=asked["queue"], section="rules"),
            " before drawing, and have two people label.",
        ),
    )


def _told(report: Mapping[str, Any], choice: Choice) -> Markup:
    onward = link(
        "See where they disagree",
        queue=choice.asked["queue"], section="disagreements", field=report["field"],
    )  # fmt: skip
    return join(
        _answer(report, choice.asked.get("width", "0.1")),
        section("Agreement per tag", *_tags(report, choice.tags)) if "tags" in report else None,
        *(_part(report, part) for part in PARTS),
        _pairs(report, choice.asked.get("coefficient")) if report["pairs"] else None,
        h("p", None, onward),
    )


def _answer(report: Mapping[str, Any], width: str) -> Markup:
    """Whether people agree, what speaks for it, and what it takes to know better."""
    coefficients, reading = report["coefficients"], report.get("reading")
    base = (
        f"{plural(report['labels'], 'label')} by {plural(report['annotators'], 'annotator')} on "
        f"{plural(report['tasks'], _unit(report))} with at least two planned labels."
    )
    chief = [card(words_of(one), coefficients[one], form_of(one)) for one in chief_of(coefficients)]
    if "marking" in report:
        marked = report["marking"]["coefficients"]["percent_agreement"]
        chief.append(card("Whether to mark anything", marked, "share"))
    left_out, unmarked = report.get("left_out"), report.get("unmarked_tasks")
    return section(
        "Overall",
        h("p", {"class": "ld-strong"}, reading["text"]) if reading else None,
        *(warning(one) for one in report.get("warnings", ())),
        cards(*chief),
        *_planned(report, width),
        muted(
            f"On {plural(unmarked, 'task')} nobody marked anything; they count in whether to mark, "
            "not in overlap."
        )
        if unmarked
        else None,
        muted(
            f"{plural(left_out, 'label')} left out: given under a version of the guideline that "
            "asked otherwise."
        )
        if left_out
        else None,
        folded(
            "All coefficients, and what they mean",
            list_of(coefficients),
            h("p", None, MEANING),
            h("p", None, reading["rule"]) if reading else None,
        ),
        lead=base,
    )


def _unit(report: Mapping[str, Any]) -> str:
    """What is labelled, counted and planned: answers per turn are compared turn by turn."""
    return "turn" if report["scale"] == "per_turn" else "task"


def _planned(report: Mapping[str, Any], width: str) -> list[Markup]:
    """How many more tasks, or turns, would make the chief coefficient as sure as wished."""
    chief = chief_of(report["coefficients"])
    one = chief[min(1, len(chief) - 1)] if "percent_agreement" in chief else chief[0]
    planned = report.get("plan", {}).get("coefficients", {}).get(one)
    if planned is None:
        return []
    wished = f"{report['plan']['half_width']:g}"
    if planned["more_tasks"] is None:
        said = f"How many more {_unit(report)}s would narrow it cannot be told yet: "
        said += f"{planned['reason']}."
    elif planned["more_tasks"] == 0:
        said = f"{words_of(one)} is known to ±{wished} or better: no more double labels needed."
    else:
        more = plural(planned["more_tasks"], f"more {_unit(report)}")
        said = f"To know {words_of(one)} to ±{wished}, have {more} labelled by two people."
    control = Control("width", "Wished precision")
    known = width if width in WIDTHS else wished
    return [
        h("p", None, said),
        chooser("Precision to plan for", grid(select(control, list(WIDTHS.items()), known))),
    ]


def _part(report: Mapping[str, Any], part: str) -> Markup | None:
    """The chief coefficient of each value of a part, where there are several."""
    values = report.get("by", {}).get(part, {})
    if len(values) < 2:
        return None
    title, lead = PARTS[part]
    one = _shown_of(values)
    bars = [
        Bar(value, told["coefficients"][one], _percent(told["coefficients"]))
        for value, told in values.items()
    ]
    scale = Scale(min([0.0, *(_low(bar.figure) for bar in bars)]), 1.0)
    label = f"{words_of(one)} {title[:1].lower()}{title[1:]}"
    lead = " ".join(filter(None, (f"{words_of(one)}.", lead)))
    return section(title, chart(label, bars, scale, form_of(one)), lead=lead)


def _shown_of(values: Mapping[str, Any]) -> str:
    """What a part is drawn by: alpha where there is one, else its only coefficient."""
    there: list[str] = list(next(iter(values.values()))["coefficients"])
    return next((one for one in there if one != "percent_agreement"), there[0])


def _percent(coefficients: Mapping[str, Any]) -> str | None:
    share = coefficients.get("percent_agreement")
    return f"{100 * share['value']:.0f} % agree" if share and share["value"] is not None else None


def _low(fig: Mapping[str, Any]) -> float:
    """A round number below the interval."""
    low = fig["ci"][0] if fig["ci"] else fig["value"] or 0.0
    return next((end for end in (0.0, -0.25, -0.5) if end <= low), -1.0)


def _pairs(report: Mapping[str, Any], asked: str | None) -> Markup:
    there = [one for one in report["coefficients"] if one in report["pairs"][0]]
    fittest = "cohen_kappa_quadratic" if "cohen_kappa_quadratic" in there else "cohen_kappa"
    wanted = asked if asked is not None and asked in there else fittest
    options = [(one, words_of(one)) for one in there]
    return section(
        "Pairs",
        chooser(
            "Coefficient", grid(select(Control("coefficient", "Coefficient"), options, wanted))
        ),
        matrix(f"{words_of(wanted)} of every pair", report["pairs"], wanted, form_of(wanted)),
        folded("All coefficients of every pair", _pair_table(report["pairs"], there)),
    )


def _pair_table(pairs: Sequence[Mapping[str, Any]], names: Sequence[str]) -> Markup:
    rows = [
        (
            join(name(pair["a"]), " and ", name(pair["b"])),
            *(figure(pair[one], form_of(one)) for one in names),
        )
        for pair in pairs
    ]
    return table("All coefficients of every pair", ["Pair", *map(words_of, names)], rows)


def _tags(report: Mapping[str, Any], words: Mapping[str, str]) -> list[Markup]:
    tags = report["tags"]
    names = chief_of(next(iter(tags.values()))["coefficients"])
    rows = [
        (
            name(words.get(tag, tag)),
            *(figure(one["coefficients"][each], form_of(each)) for each in names),
        )
        for tag, one in tags.items()
    ]
    rare = [words.get(tag, tag) for tag, one in tags.items() if one.get("warnings")]
    note = (
        f"More than four in five labels are the same on {plural(len(rare), 'tag')} here. Alpha "
        "then rests on the few others: read percent agreement and AC1 beside it."
    )
    return [
        *([warning(note)] if rare else []),
        table("Agreement per tag", ["Tag", *map(words_of, names)], rows),
    ]
