"""Whose responses people prefer: shares of wins with ties as half, mean ranks, two by two."""

from collections.abc import Mapping
from typing import Any

from server.pages.charts import Bar, Scale, chart
from server.pages.elements import Column, empty, figure, muted, plural, section, table
from server.pages.markup import Markup, h, join, name

METHOD = (
    "Of all traffic in which the two meet, weighed by how likely each task was to be drawn. "
    "A tie is half a win for each, so 50 % is neither better nor worse. One task counts once, "
    "however many people compared it."
)


def wins(report: Mapping[str, Any], title: str) -> Markup:
    """One comparison or ranking."""
    heading = join("Preferred: ", name(title))
    if not report["names"]:
        told = "No labelled task has responses of two names" if report["left_out"] else "No labels"
        return section(
            heading, empty(f"{told}: responses are told apart by their model or variant.")
        )
    scale = Scale(0, 1)
    ranked = report["kind"] == "ranking"
    what = "others it stands before" if ranked else "comparisons won"
    left = report["left_out"]
    return section(
        heading,
        chart(f"Share of {what}, by {report['by']}", bars(report), scale),
        _ranks(report) if ranked else None,
        _pairs(report) if len(report["pairs"]) > 1 or ranked else None,
        h("p", {"class": "gl-muted"}, "With a tie: ", figure(report["ties"], "share"), "."),
        muted(METHOD, f" {plural(left, 'task')} left out: their responses share a {report['by']}, "
              "or have none." if left else None),
    )  # fmt: skip


def bars(report: Mapping[str, Any]) -> list[Bar]:
    """Each name with its share of wins, who wins most first."""
    return [
        Bar(one["name"], one["wins"], plural(one["tasks"], "task"))
        for one in sorted(report["names"], key=_most)
    ]


def _most(one: Mapping[str, Any]) -> tuple[float, str]:
    return -(one["wins"]["value"] or 0.0), one["name"]


def _ranks(report: Mapping[str, Any]) -> Markup:
    rows = [
        (name(one["name"]), figure(one["mean_rank"]), figure(one["first"], "share"))
        for one in sorted(report["names"], key=_most)
    ]
    return table("Ranks, 1 is the best", ("Responses of", "Mean rank", "Stands first"), rows)


def _pairs(report: Mapping[str, Any]) -> Markup:
    rows = [
        (join(name(one["a"]), " against ", name(one["b"])), figure(one["wins"], "share"),
         figure(one["ties"], "share"), str(one["tasks"]))
        for one in report["pairs"]
    ]  # fmt: skip
    columns = ("Two by two", "The first wins", "Ties", Column("Tasks", True))
    return table("Two by two", columns, rows)
