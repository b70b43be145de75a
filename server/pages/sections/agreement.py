"""How far annotators agree: per pair, overall, per tag, each with interval and n."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from server.pages.charts import matrix
from server.pages.controls import Control, chooser, grid, select
from server.pages.elements import (
    Column,
    Form,
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
)
from server.pages.markup import Markup, h, join, name

COEFFICIENTS = {
    "percent_agreement": "Percent agreement",
    "cohen_kappa": "Cohen's kappa",
    "cohen_kappa_linear": "Cohen's kappa, linear weights",
    "cohen_kappa_quadratic": "Cohen's kappa, quadratic weights",
}
MEANING = (
    "Kappa is agreement beyond what chance alone would give: 1 is perfect, 0 is chance, below 0 is "
    "worse. With weights, labels that lie close together on the scale count as nearly agreeing."
)


def form_of(coefficient: str) -> Form:
    """How a coefficient is written."""
    return "share" if coefficient == "percent_agreement" else "kappa"


def words_of(coefficient: str) -> str:
    """A coefficient's name for people."""
    return COEFFICIENTS.get(coefficient, coefficient.replace("_", " ").capitalize())


class Choice(NamedTuple):
    """What there is to choose from, and what was chosen."""

    fields: Mapping[str, str]
    """Questions by name, in words."""
    tags: Mapping[str, str]
    """Tags and options by value, in words."""
    segments: Mapping[str, Sequence[str]]
    """Models and categories that occur."""
    asked: Mapping[str, str]
    """queue, and field, model, category, coefficient where they were chosen."""


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
    base = (
        f"{plural(report['labels'], 'label')} by {plural(report['annotators'], 'annotator')} on "
        f"{plural(report['tasks'], 'task')} with at least two planned labels."
    )
    onward = link(
        "See where they disagree",
        queue=choice.asked["queue"], section="disagreements", field=report["field"],
    )  # fmt: skip
    if "tags" in report:
        return join(
            section("Agreement per tag", _tags(report["tags"], choice.tags), lead=base),
            h("p", None, onward),
        )
    wanted = _wanted(report, choice.asked.get("coefficient"))
    stated = [
        card(words_of(one), figures, form_of(one))
        for one, figures in report["coefficients"].items()
    ]
    left_out = report.get("left_out")
    return join(
        section("Overall", cards(*stated), lead=base),
        muted(
            f"{plural(left_out, 'label')} left out: given under a version of the guideline that "
            "asked otherwise."
        )
        if left_out
        else None,
        folded("What these numbers mean", h("p", None, MEANING)),
        section("Pairs", *_pairs(report, wanted)),
        h("p", None, onward),
    )


def _wanted(report: Mapping[str, Any], asked: str | None) -> str:
    """The coefficient of the matrix: the one asked for, else the fittest of those there are."""
    there = list(report["coefficients"])
    fittest = "cohen_kappa_quadratic" if "cohen_kappa_quadratic" in there else "cohen_kappa"
    return asked if asked is not None and asked in there else fittest


def _pairs(report: Mapping[str, Any], wanted: str) -> list[Markup]:
    options = [(one, words_of(one)) for one in report["coefficients"]]
    label = f"{words_of(wanted)} of every pair"
    return [
        chooser(
            "Coefficient", grid(select(Control("coefficient", "Coefficient"), options, wanted))
        ),
        matrix(label, report["pairs"], wanted, form_of(wanted)),
        folded("All coefficients of every pair", _pair_table(report)),
    ]


def _pair_table(report: Mapping[str, Any]) -> Markup:
    names = list(report["coefficients"])
    rows = [
        (
            join(name(pair["a"]), " and ", name(pair["b"])),
            *(figure(pair[one], form_of(one)) for one in names),
        )
        for pair in report["pairs"]
    ]
    return table("All coefficients of every pair", ["Pair", *map(words_of, names)], rows)


def _tags(tags: Mapping[str, Mapping[str, Any]], words: Mapping[str, str]) -> Markup:
    rows = [
        (
            name(words.get(tag, tag)),
            figure(one["coefficients"]["cohen_kappa"], "kappa"),
            figure(one["coefficients"]["percent_agreement"], "share"),
        )
        for tag, one in tags.items()
    ]
    return table("Agreement per tag", ("Tag", Column("Cohen's kappa"), "Percent agreement"), rows)
