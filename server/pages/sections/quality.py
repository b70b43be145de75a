"""The estimate for the population, beside the plain mean, and why the two differ."""

from collections.abc import Mapping
from typing import Any

from server.pages.charts import Bar, Scale, chart, whisker
from server.pages.controls import Control, chooser, grid, select
from server.pages.elements import (
    Form,
    card,
    cards,
    count,
    empty,
    figure,
    folded,
    muted,
    plural,
    section,
    sentence,
    warning,
)
from server.pages.markup import Child, Markup, h, join
from server.pages.wide import not_compared

TOTALS = (
    ("", "nothing"),
    ("confidence", "quarters of confidence"),
    ("category", "categories"),
    ("model", "models"),
)
AT_ONCE = ("category", "model", "variant")
"""Segments that are shown at once; the others are folded."""


def quality(
    report: Mapping[str, Any],
    fields: Mapping[str, str],
    words: Mapping[str, str],
    scale: Scale | None,
    *,
    judged: Markup | None = None,
    planned: Markup | None = None,
) -> Markup:
    """The whole section; `scale` holds the ends of the field: None when it has no one mean."""
    choose = chooser(
        "Field",
        grid(
            select(Control("field", "Field"), list(fields.items()), report["field"]),
            select(
                Control("poststratify", "Meet known totals of"),
                TOTALS,
                report["poststratified"]["asked"],
            )
            if report["population"]
            else None,
        ),
    )
    if unmet := report["poststratified"]["reason"]:
        choose = join(choose, muted("No known totals are met: ", sentence(unmet)))
    if not report["labelled"] and not report["unweighted_mean"]["n"]:
        return join(choose, _nothing(report))
    if scale is None:
        return join(choose, _rates(report, words), section("What it rests on", _basis(report)))
    form: Form = "share" if scale == Scale(0, 1) else "number"
    return join(
        choose,
        section("Estimate for the population", _estimate(report, scale, form)),
        judged,
        section("What it rests on", _basis(report)),
        _rates(report, words),
        _segments(report, scale, form),
        planned,
    )


def _nothing(report: Mapping[str, Any]) -> Markup:
    if report["population"]:
        return empty(
            f"Drawn from {plural(report['population'], 'interaction')}, but no label counts yet. "
            "The estimate appears here as people label."
        )
    return empty("Nothing drawn yet: draw interactions, and let people label them.")


def _estimate(report: Mapping[str, Any], scale: Scale, form: Form) -> Markup:
    estimate, plain = report["estimate"], report["unweighted_mean"]
    axis = None
    if estimate["value"] is not None:
        ends = [h("span", None, f"{end:g}") for end in scale]
        axis = h(
            "div",
            {"class": "ld-estimate", "aria-hidden": "true"},
            whisker(estimate, scale, plain["value"]),
            h("span", {"class": "ld-ends"}, ends),
            h(
                "p",
                {"class": "ld-key"},
                _key("ld-dot", "estimate"),
                _key("ld-contrast", "plain mean"),
            ),
        )
    population = f"Speaks for {plural(report['population'], 'interaction')} that could be drawn."
    outside = report["not_covered"]["share"]
    if outside and outside >= 0.005:
        population += f" {100 * outside:.0f} % of all that is stored could not be."
    return join(
        cards(
            card("Estimate", estimate, form, population if report["population"] else None),
            card("Plain mean of the labelled", plain, form, "For contrast only: see below."),
        ),
        axis,
        _why_apart(estimate, plain, form),
    )


def _key(mark: str, words: str) -> Markup:
    return h("span", None, h("i", None, h("span", {"class": mark})), words)


def _why_apart(estimate: Mapping[str, Any], plain: Mapping[str, Any], form: Form) -> Markup:
    if estimate["value"] is None:
        reason = str(estimate["reason"])
        return warning("There is no estimate for the population: ", sentence(reason))
    apart = estimate["value"] - plain["value"] if plain["value"] is not None else 0.0
    told = f"{abs(100 * apart):.1f} points" if form == "share" else f"{abs(apart):.2f}"
    return join(
        muted(
            "The estimate weighs each task by how likely it was to be drawn. The plain mean does "
            "not: where a draw looks for trouble, trouble is over-represented in it. "
            f"Here the two lie {told} apart."
        ),
        warning("No interval: ", sentence(str(estimate["reason"]))) if not estimate["ci"] else None,
    )


def _basis(report: Mapping[str, Any]) -> Markup:
    excluded, missing = report["excluded"], report["not_covered"]
    effective = report["effective_n"]
    rate, warned = report["response"]["rate"], report["response"]["warning"]
    facts: list[tuple[str, Child]] = [
        ("Population", f"{count(report['population'])} interactions that could be drawn"),
        ("Labelled tasks that count", count(report["labelled"])),
        (
            "Effective n",
            f"{effective:.1f}: as precise as this many drawn evenly at random"
            if effective is not None
            else "– no label counts yet",
        ),
        ("Answered", join(figure(rate, "share"), _weighted(report["response"]))),
        ("Not counted yet", f"{plural(missing['waiting_tasks'], 'task')} still to be labelled"),
        ("Imported labels", f"on {plural(missing['imported_tasks'], 'task')}, never in estimates"),
        ("Left out", _left_out(excluded)),
    ]
    listed = [h("div", None, h("dt", None, key), h("dd", None, value)) for key, value in facts]
    return join(h("dl", {"class": "ld-facts"}, listed), warning(warned) if warned else None)


def _weighted(response: Mapping[str, Any]) -> str | None:
    """How skips are made good for."""
    if not response["by_confidence"]:
        return None
    told = ", ".join(
        f"{key}: {100 * rate:.0f} %" for key, rate in response["by_confidence"].items()
    )
    return f" By confidence {told}; the answers of each quarter stand for those skipped in it."


def _left_out(excluded: Mapping[str, Any]) -> str:
    told = (
        f"{plural(excluded['extra_labels'], 'extra label')}, "
        f"{count(excluded['unanswered'])} without an answer to this question"
    )
    if excluded["asked_otherwise"]:
        told += f", {count(excluded['asked_otherwise'])} from a version that asked otherwise"
    return told


def _rates(report: Mapping[str, Any], words: Mapping[str, str]) -> Markup | None:
    if not report["rates"]:
        return None
    bars = [Bar(words.get(tag, tag), fig) for tag, fig in report["rates"].items()]
    return section(
        "Shares of the population",
        chart("Shares of the population with 95 % intervals", bars, Scale(0, 1)),
    )


def _segments(report: Mapping[str, Any], scale: Scale, form: Form) -> Markup:
    charts = {
        segment: chart(
            f"Estimate by {segment} with 95 % intervals",
            [Bar(value, fig, not_compared(fig, *scale)) for value, fig in figures.items()],
            scale,
            form,
        )
        for segment, figures in report["by"].items()
    }
    others = [folded(f"By {key}", one) for key, one in charts.items() if key not in AT_ONCE]
    return join(
        [section(f"By {key}", one) for key, one in charts.items() if key in AT_ONCE],
        section("By other segments", *others) if others else None,
    )
