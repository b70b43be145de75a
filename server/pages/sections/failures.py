"""How often the system fails, with which issues, and where more than elsewhere."""

from collections.abc import Mapping, Sequence
from typing import Any

from server.pages.charts import Bar, chart, reach, whisker
from server.pages.controls import Control, chooser, grid, select
from server.pages.elements import (
    DASH,
    Column,
    card,
    cards,
    count,
    empty,
    figure,
    muted,
    plural,
    section,
    table,
)
from server.pages.markup import Markup, h, join, name

SURPRISING = 0.05


def failures(
    report: Mapping[str, Any], words: Mapping[str, str], issue: str | None = None, *, labelled: int
) -> Markup:
    """The whole section; `words` are the labels of tags by value, `issue` the one to break down."""
    if not labelled:
        return empty(
            "No labels yet. Once people have labelled, failures and their issues are counted here."
        )
    return join(
        section("Failure rate", _rate(report)),
        section("Issues", _issues(report["issues"], words)) if report["issues"] else None,
        section("Where it fails more than elsewhere", _patterns(report["patterns"])),
        _segments(report, words, issue),
    )


def _rate(report: Mapping[str, Any]) -> Markup:
    if report["threshold"] is None:
        return empty(
            "No question of this guideline says which ratings are failures: "
            "set failure_below for one in its fields.toml."
        )
    meant = f"Share of the population rated below {report['threshold']} on {report['field']}."
    plain = report.get("unweighted_failure_rate")
    return cards(
        card("Failure rate of the population", report["failure_rate"], "share", meant),
        card(
            "Among the labelled, as they are",
            plain,
            "share",
            "Not a rate of the population when a draw looked for trouble on purpose.",
        )
        if plain
        else None,
    )


def _issues(issues: Sequence[Mapping[str, Any]], words: Mapping[str, str]) -> Markup:
    scale = reach([one["rate"] for one in issues])
    bars = [
        Bar(words.get(one["tag"], one["tag"]), one["rate"], plural(one["count"], "task"))
        for one in issues
    ]
    return join(
        chart("Issues: estimated share of the population with 95 % intervals", bars, scale),
        muted(
            "Counts are of labelled tasks. Rates are estimates for the whole population, weighted "
            "by how likely each task was to be drawn; lines are 95 % intervals."
        ),
    )


def _patterns(tested: Sequence[Mapping[str, Any]]) -> Markup:
    patterns = [one for one in tested if _stands_out(one)]
    if not tested:
        return empty(
            "No segment has enough labels and failures to be told apart from the rest. "
            "Ten labelled tasks and three failures in a category, model or variant are needed."
        )
    if not patterns:
        small = sum(one["lift"] is None for one in tested)
        told = f"{plural(len(tested), 'segment')} tested: none is known to fail more than the whole"
        return empty(told + (f", {count(small)} of them too small to tell." if small else "."))
    scale = reach([one["rate"] for one in patterns])
    rows = [
        (
            _where(one["where"]),
            DASH if one["lift"] is None else f"{one['lift']:.2f} ×",
            whisker(one["rate"], scale),
            figure(one["rate"], "share"),
            count(one["tasks"]),
            _q(one["q_value"]),
        )
        for one in patterns
    ]
    columns = (
        "Where", Column("Lift", True), Column("Drawing", unseen=True), "Failure rate",
        Column("Tasks", True), "q",
    )  # fmt: skip
    return join(
        table("Where it fails more than elsewhere", columns, rows),
        muted(
            "Lift compares a segment's failure rate with that of everything: 1 is as everywhere. "
            "q is the share of false finds to expect among segments with this q or a smaller one; "
            f"below {SURPRISING:g} is marked. Tested: {plural(len(tested), 'segment')}; those that "
            "fail no more than the whole are left out here."
        ),
    )


def _segments(
    report: Mapping[str, Any], words: Mapping[str, str], issue: str | None
) -> Markup | None:
    """Failures, or one issue, by category, model and variant."""
    first = None if report["by"] or not report["issues"] else report["issues"][0]
    found = next((one for one in report["issues"] if one["tag"] == issue), first)
    by = found["by"] if found else report["by"]
    if not by:
        return None
    options = [("", "Failures")] if report["by"] else []
    options += [(one["tag"], words.get(one["tag"], one["tag"])) for one in report["issues"]]
    figures = [fig for values in by.values() for fig in values.values()]
    what = words.get(found["tag"], found["tag"]) if found else "Failures"
    charts = [
        join(
            h("h3", None, f"By {segment}"),
            chart(
                f"{what} by {segment} with 95 % intervals",
                [Bar(value, fig) for value, fig in values.items()],
                reach(figures),
            ),
        )
        for segment, values in by.items()
    ]
    return section(
        "By category, model and variant",
        chooser(
            "What is broken down", grid(select(Control("issue", "Show"), options, issue or ""))
        ),
        *charts,
    )


def _stands_out(pattern: Mapping[str, Any]) -> bool:
    """Whether a segment fails more; one too small for a rate only when it surprises."""
    if pattern["lift"] is None:
        return pattern["q_value"] is not None and pattern["q_value"] < SURPRISING
    return bool(pattern["lift"] > 1)


def _where(where: Mapping[str, str]) -> Markup:
    return join(*(join(f"{key} ", h("b", None, name(value))) for key, value in where.items()))


def _q(q_value: float | None) -> Markup:
    if q_value is None:
        return h("span", {"class": "gl-muted"}, "– not tested: the estimate has no interval")
    told = f"{q_value:.3f}" if q_value >= 0.001 else "< 0.001"
    if q_value >= SURPRISING:
        return h("span", None, told)
    return h("span", {"class": "ld-chip ld-bad"}, told)
