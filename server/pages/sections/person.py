"""One annotator: what stands out and what to do about it, small charts, tasks to talk over."""

from collections.abc import Mapping, Sequence
from typing import Any

from server.pages.charts import Scale, whisker
from server.pages.elements import (
    DASH,
    Form,
    count,
    empty,
    figure,
    folded,
    link,
    muted,
    plural,
    scrolled,
    section,
    shown,
    table,
)
from server.pages.markup import Child, Markup, h, join, name
from server.pages.sections.annotators import Words, listed, points, remark, seconds
from server.pages.sections.disagreements import value_of

SHARES = {
    "agreement": "Same as the others",
    "gold": "This question in checks, as agreed",
    "verdicts": "As was adjudicated",
    "repeats": "Repeats as before",
}
TO_DO = {
    "leniency": "Read two or three of the tasks below together, agree where the line lies, and "
    "keep what you agree on as a precedent.",
    "agreement": "Read two or three of the tasks below together: it may be the guideline that is "
    "unclear, not the person.",
    "gold": "Go through the guideline together; with a qualification round they can practise.",
    "verdicts": "Show the decisions and their reasons; keep the common ones as precedents.",
    "option": "Read the meaning of this option together, with examples of when it applies.",
    "repeats": "Ask what changed their mind: the guideline may leave it open.",
    "quick": "Ask how they work; short tasks and many at once are good reasons to be quick.",
}
ORDER = {"seconds": "time a label", "agreement": "agreement", "leniency": "rating"}


def person(one: Mapping[str, Any], report: Mapping[str, Any], words: Words) -> Markup:
    """Everything that is told of one annotator, for one field."""
    back = link("Everybody", queue=report["queue"], section="people", field=report["field"])
    asked = words.fields.get(report["field"], report["field"])
    return join(
        h("p", None, back),
        section(
            one["annotator"],
            _in_short(one, report, words),
            lead=join(
                f"{plural(one['labels'], 'label')}, checks and repeats included; asked: ",
                name(asked),
            ),
        ),
        section("Beside the others", _leniency(one, report), _shares(one, report)),
        _options(one, words),
        _confusion(one, report, words),
        section("Pace, and what changes while they go on", _pace(one, report)),
        _tasks(one, report, words),
    )


def _in_short(one: Mapping[str, Any], report: Mapping[str, Any], words: Words) -> Markup:
    found = one["stands_out"]
    if not found:
        told = "Nothing stands out: no difference to the others beyond what chance gives."
        if one["agreement"]["value"] is None:
            told = f"Too early to say anything: {one['agreement']['reason']}."
        return h("p", {"class": "ld-strong"}, told)
    steps = dict.fromkeys(TO_DO[each["measure"]] for each in found)
    return join(
        listed([remark(each, report, words) for each in found]),
        h("h3", None, "What to do"),
        h("ul", {"class": "ld-list"}, [h("li", None, step) for step in steps]),
    )


def _line(
    label: str, fig: Mapping[str, Any], scale: Scale, form: Form, mark: float | None
) -> Markup:
    return h(
        "li",
        {"class": "ld-chart-line"},
        h("span", {"class": "ld-chart-name"}, label),
        whisker(fig, scale, mark),
        figure(fig, form),
    )


def _ends(*words: str) -> Markup:
    told = h("span", {"class": "ld-ends"}, [h("span", None, one) for one in words])
    line = {"class": "ld-chart-line ld-chart-ends", "aria-hidden": "true"}
    return h("li", line, h("span"), told, h("span"))


def _leniency(one: Mapping[str, Any], report: Mapping[str, Any]) -> Markup | None:
    if "leniency" not in one:
        return None
    scale = points(report)
    ends = _ends(f"{shown(scale.low, 'number')} stricter", "0", f"{scale.high:.2f} milder")
    return h(
        "ul",
        {"class": "ld-chart", "aria-label": "Points above the others"},
        _line("Points above the others", one["leniency"], scale, "number", 0.0),
        ends,
    )


def _shares(one: Mapping[str, Any], report: Mapping[str, Any]) -> Markup:
    marks = {key: report["team"][key]["value"] for key in ("gold", "verdicts", "repeats")}
    marks["agreement"] = one["agreement_expected"]
    lines = [
        _line(label, one[key], Scale(0, 1), "share", marks[key]) for key, label in SHARES.items()
    ]
    key = h(
        "p",
        {"class": "ld-key"},
        h("span", None, h("i", None, h("span", {"class": "ld-dot"})), "this person, 95 % interval"),
        h("span", None, h("i", None, h("span", {"class": "ld-contrast"})),
          "everybody; of agreement: expected on these tasks"),
    )  # fmt: skip
    kappas = [
        h("li", None, words, ": ", figure(one[name_], "kappa"))
        for name_, words in (("kappa", "Kappa with the others"), ("repeats_kappa", "with oneself"))
        if name_ in one
    ]
    return join(
        h("ul", {"class": "ld-chart", "aria-label": "Shares"}, lines, _ends("0 %", "100 %")),
        key,
        folded("Beyond chance", h("ul", {"class": "ld-list"}, kappas)) if kappas else None,
    )


def _options(one: Mapping[str, Any], words: Words) -> Markup | None:
    rows = [
        (
            name(_option(each["option"], words)),
            shown(each["value"], "share"),
            shown(each["others"], "share"),
            figure(each["difference"], "share"),
        )
        for each in one.get("options", ())
    ]
    if not rows:
        return None
    columns = ("Option", "This person", "The others, same tasks", "Difference")
    return section("What they choose", table("What they choose", columns, rows))


def _option(value: Any, words: Words) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return words.options.get(str(value), str(value))


def _confusion(one: Mapping[str, Any], report: Mapping[str, Any], words: Words) -> Markup | None:
    """Tasks by own and the others' answer; darker where more of the others' answers lie."""
    tables, categories = one.get("confusion"), report["categories"]
    if tables is None or len(categories) > 12 or one["agreement"]["value"] is None:
        return None
    heads = [name(_option(category, words)) for category in categories]
    totals = [sum(row[column] for row in tables) for column in range(len(categories))]
    rows = [
        h("tr", None, h("th", {"scope": "row"}, head),
          [_cell(number, total) for number, total in zip(row, totals, strict=True)])
        for head, row in zip(heads, tables, strict=True)
    ]  # fmt: skip
    caption = "Tasks by this person's answer (rows) and the others' (columns)"
    drawn = h(
        "table",
        {"class": "ld-matrix"},
        h("caption", {"class": "gl-unseen"}, caption),
        h("thead", None, h("tr", None, h("td"), [h("th", {"scope": "col"}, one) for one in heads])),
        h("tbody", None, rows),
    )
    lead = "Rows: this person. Columns: what the others said of the same tasks."
    return section("Where they differ", scrolled(caption, drawn), lead=lead)


def _cell(number: float, total: float) -> Markup:
    share = number / total if total else 0.0
    told = f"{number:g}" if number == int(number) else f"{number:.1f}"
    small = h("small", None, f"{100 * share:.0f} %") if number else None
    style = {"class": "ld-cell", "style": f"--shade:{share:.2f}"}
    return h("td", style, h("b", None, told if number else DASH), small)


def _pace(one: Mapping[str, Any], report: Mapping[str, Any]) -> Markup:
    facts: list[tuple[str, Child]] = [
        ("Time a label (median)", seconds(one["median_seconds"])),
        ("Everybody", seconds(report["team"]["median_seconds"])),
    ]
    if report["min_seconds"] is not None:
        words = f"Under {report['min_seconds']:g} s"
        facts.append((words, figure(one["quick"], "share")))
    for key, fig in one["order"].items():
        form: Form = "number" if key == "leniency" else "share"
        facts.append((f"Change of {ORDER[key]} over ten further labels", figure(fig, form)))
    rows = [h("div", None, h("dt", None, label), h("dd", None, value)) for label, value in facts]
    return join(
        h("dl", {"class": "ld-facts"}, rows),
        muted(
            "Changes are within a sitting; a gap of more than 30 minutes begins a new one. "
            f"In all, {plural(one['median_seconds']['n'], 'timed label')}."
        ),
    )


def _tasks(one: Mapping[str, Any], report: Mapping[str, Any], words: Words) -> Markup:
    found: Sequence[Mapping[str, Any]] = one["differs_most"]
    title = "Tasks to talk over"
    if not found:
        return section(title, empty("No task on which they and the others said something else."))
    where = {"queue": report["queue"], "section": "disagreements", "field": report["field"]}
    rows = [
        (
            link(name(each["interaction_id"]), **where, task=each["task_id"]),
            value_of(each["label"], words.options),
            h("span", {"class": "ld-said"},
              [h("span", None, name(who), ": ", h("b", None, value_of(said, words.options)))
               for who, said in each["others"].items()]),
            count(each["apart"]) if each["apart"] == int(each["apart"]) else f"{each['apart']:.2f}",
        )
        for each in found
    ]  # fmt: skip
    lead = "Where they lie farthest from the others: a good beginning for a talk."
    columns = ("Interaction", "This person", "The others", "Apart by")
    return section(title, table(title, columns, rows), lead=lead)
