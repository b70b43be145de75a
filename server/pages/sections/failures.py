"""How often the system fails, with which issues, and where more than elsewhere."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from server.pages.charts import Bar, chart, reach
from server.pages.elements import (
    card,
    cards,
    empty,
    muted,
    plural,
    section,
)
from server.pages.markup import Markup, join
from server.pages.phrases import failing_below
from server.pages.sections.failure_map import failure_map
from server.pages.sections.failure_patterns import patterns
from server.pages.sections.failure_texts import alike
from server.pages.sections.failure_times import over_time, together
from server.pages.sections.noted import noted


class Look(NamedTuple):
    """Where the section is, and what of it is chosen."""

    queue: str
    words: Mapping[str, str]
    """Labels of tags by value."""
    labelled: int
    """How many labels the queue has."""
    segment: str | None = None
    """What the map is cut by."""


def failures(
    report: Mapping[str, Any], look: Look, kept: Sequence[Mapping[str, Any]] = ()
) -> Markup:
    """The whole section; `kept` are the patterns that were noted."""
    if not look.labelled:
        return empty(
            "No labels yet. Once people have labelled, failures and their issues are counted here."
        )
    words = look.words
    rated = report["threshold"] is not None
    return join(
        section("Failure rate", _rate(report)),
        section("Where it fails more than elsewhere", patterns(report, look.queue))
        if rated
        else None,
        noted(kept, look.queue, words),
        section("Issues", _issues(report["issues"], words)) if report["issues"] else None,
        together(report["together"], words, look.queue),
        failure_map(report, words, look.segment),
        over_time(report) if rated else None,
        alike(report["clusters"], look.queue) if rated else None,
    )


def _rate(report: Mapping[str, Any]) -> Markup:
    if report["threshold"] is None:
        return empty(
            "No question of this guideline says which ratings are failures: "
            "set failure_below for one in its fields.toml."
        )
    failing = failing_below(report["threshold"])
    meant = f"Share of the population {failing}, on {report['field']}."
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
