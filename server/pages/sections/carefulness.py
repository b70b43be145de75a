"""How carefully people label a queue: who is qualified, checks as agreed, repeats alike."""

from collections.abc import Mapping, Sequence
from typing import Any

from labeling.rules import care_in_words
from server.pages.controls import press
from server.pages.elements import Column, count, figure, muted, section, table
from server.pages.markup import Markup, h, name

STATES = {"open": "May label", "qualifying": "Under way", "not_qualified": "Did not pass"}
TOO_FEW = "Fewer than ten say little of a person: the intervals tell how little."


def carefulness(queue: Mapping[str, Any], report: Mapping[str, Any]) -> Markup | None:
    """The settings in a line and what there is to tell; nothing where the queue does not look."""
    asked = queue["qualification"] or queue["gold_rate"] or queue["repeat_rate"]
    if not (asked or report["gold"] or report["repeats"]):
        return None
    few = any("note" in row["rate"] for row in [*report["gold"], *report["repeats"]])
    return section(
        "Care for quality",
        muted(care_in_words(queue), "."),
        _qualification(queue["name"], report["qualification"]),
        _shares("Checks answered as agreed", "Checks", report["gold"]),
        _shares("Repeats answered alike", "Repeats", report["repeats"]),
        muted(TOO_FEW) if few else None,
    )


def _qualification(queue: str, rows: Sequence[Mapping[str, Any]]) -> Markup | None:
    if not rows:
        return None
    columns = (
        "Annotator", "Qualification", Column("Right", True), Column("Answered", True),
        Column("Attempt", True), Column("Actions", unseen=True),
    )  # fmt: skip
    listed = [
        (
            name(row["annotator"]),
            "Let in by a lead" if row["admitted"] else STATES[row["state"]],
            "–" if row["admitted"] else count(row["right"]),
            "–" if row["admitted"] else f"{count(row['answered'])} of {count(row['tasks'])}",
            "–" if row["admitted"] else count(row["attempt"]),
            _actions(queue, row),
        )
        for row in rows
    ]
    return table("Qualification", columns, listed)


def _actions(queue: str, row: Mapping[str, Any]) -> Markup | None:
    if row["state"] == "open":
        return None
    who = row["annotator"]
    told = {"queue": queue, "annotator": who}
    admit = press("Let in", "admit", f"Let {who} in without qualification", **told)
    if row["state"] != "not_qualified":
        return admit
    again = press("Try again", "again", f"Let {who} try again", **told)
    return h("div", {"class": "ld-row"}, again, admit)


def _shares(caption: str, what: str, rows: Sequence[Mapping[str, Any]]) -> Markup | None:
    if not rows:
        return None
    listed = [
        (name(row["annotator"]), count(row["n"]), figure(row["rate"], "share", told=False))
        for row in rows
    ]
    return table(caption, ("Annotator", Column(what, True), caption), listed)
