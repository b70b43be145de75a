"""Patterns: which tasks fail more than others, in a sentence each, and what to do about them."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any
from urllib.parse import quote, urlencode

from server.pages.charts import reach, whisker
from server.pages.controls import press
from server.pages.elements import (
    DASH,
    Column,
    count,
    empty,
    figure,
    folded,
    link,
    muted,
    plural,
    section,
    table,
)
from server.pages.markup import Child, Markup, h, join, name
from server.pages.phrases import around
from storage.types import encode_json

CLEAR = 0.05
METHOD = (
    "Every attribute, and every pair of attributes, with ten labelled tasks and three failures is "
    "tested against the rest (Fisher, one-sided, on what the labels are worth after weighting). "
    "q is the share of false finds to expect among patterns with this q or a smaller one, over all "
    f"tested; up to {CLEAR:g} counts as clear. A pair is left out when it adds nothing to one of "
    "its two parts. Lift compares with the failure rate of everything: 1 is as everywhere."
)


def patterns(report: Mapping[str, Any], queue: str) -> Markup:
    """The clear ones as sentences, the others in a table on demand."""
    tested = report["patterns"]
    if not tested:
        return empty(
            "No part of the tasks has enough labels and failures to be told apart from the rest. "
            "Ten labelled tasks and three failures in a category, model or other attribute are "
            "needed."
        )
    tested = [one for one in tested if set(one["where"]) != {"week"}]  # told over time
    clear = [one for one in tested if is_clear(one)]
    others = [one for one in tested if not is_clear(one) and (one["lift"] or 0) > 1]
    looked = plural(max(report["tested"], len(tested)), "part")
    told = None
    if not clear:
        told = empty(f"{looked} of the traffic compared: none is known to fail more than the rest.")
    left = report["repeating"]
    repeating = f" {plural(left, 'find')} that add nothing to these are left out." if left else ""
    return join(
        told,
        h("div", {"class": "ld-finds"}, [_find(one, queue) for one in clear]) if clear else None,
        muted(f"{looked} compared.{repeating}") if clear else None,
        folded(f"Perhaps by chance: {count(len(others))} more", _table(others)) if others else None,
        folded("How this is found", muted(METHOD)),
    )


def is_clear(row: Mapping[str, Any]) -> bool:
    """Whether a find is unlikely to be chance."""
    if row["q_value"] is None or row["q_value"] > CLEAR:
        return False
    return row.get("lift") is None or not isinstance(row["lift"], float) or row["lift"] > 1


def _find(one: Mapping[str, Any], queue: str) -> Markup:
    lift = "fails more often than the rest"
    if one["lift"] is not None:
        lift = f"fails {one['lift']:.1f} times as often as everything"
    between = one.get("lift_ci")
    around = f" ({between[0]:.1f} to {between[1]:.1f})" if between and one["lift"] else ""
    failed = f"{count(one['failures'])} of {plural(one['tasks'], 'labelled task')} failed"
    return h(
        "article",
        {"class": "ld-card ld-find"},
        h("h3", {"class": "ld-strong"}, where_words(one["where"]), " ", lift),
        h("p", None, figure(one["rate"], "share")),
        muted(failed, f"; lift {one['lift']:.1f}{around}" if one["lift"] is not None else ""),
        actions(queue, one["where"], one["draw"]),
    )


def where_words(where: Mapping[str, str]) -> Markup:
    """A pattern in words: what its tasks have in common."""
    parts: list[Child] = []
    for key, value in where.items():
        before, after = around(key)
        parts += [", " if parts else None, before, h("b", None, name(value)), after]
    return join(*parts)


def actions(
    queue: str, where: Mapping[str, str], draw: Mapping[str, Any], *, opens: bool = True
) -> Markup:
    """What to do about a pattern: see its tasks, draw more of them, take them as a dataset."""
    told = {f"where.{key}": value for key, value in where.items()}
    asked = draw_form(draw["where"])
    left = ", ".join(draw["left_out"])
    dataset = [("format", "jsonl"), *(("where", f"{key}={one}") for key, one in where.items())]
    address = f"/v1/queues/{quote(queue, safe='')}/export?{urlencode(dataset)}"
    return h(
        "div",
        {"class": "ld-row ld-actions"},
        link("See the tasks", current=False, queue=queue, section="failures", **told)
        if opens
        else None,
        link("Draw more of these", current=False, queue=queue, section="draw", **asked)
        if asked
        else None,
        link("Take as a dataset", current=False, queue=queue, section="exports", **told),
        h("a", {"href": address, "download": True}, "Download"),
        note_it(queue, where),
        h("span", {"class": "gl-muted"}, f"A draw cannot be narrowed by {left}.") if left else None,
    )


def note_it(queue: str, where: Mapping[str, str], tags: Sequence[str] = ()) -> Markup:
    """The button that notes a pattern."""
    what = ", ".join([*where.values(), *tags])
    told = encode_json({"where": dict(where), "tags": list(tags)})
    return press("Note it", "note_pattern", f"Note it: {what[:80]}", queue=queue, pattern=told)


def draw_form(where: Mapping[str, Any]) -> dict[str, str]:
    """The `where` of a draw as the values of its form; a value with a comma has no place there."""
    found: dict[str, str] = {}
    for key, value in where.items():
        if isinstance(value, Mapping):  # a score
            found |= {f"where.{key}.{part}": str(one) for part, one in value.items()}
            continue
        if isinstance(value, list):
            if not any("," in one for one in value):
                found[f"where.{key}"] = ", ".join(value)
            continue
        day = date.fromisoformat(str(value)[:10])
        found[f"where.{key}"] = str(day - timedelta(days=1) if key == "until" else day)
    return found


def pattern_tasks(found: Mapping[str, Any], words: Mapping[str, str], title: Child) -> Markup:
    """The labelled tasks of a pattern, the failing ones first."""
    queue = found["queue"]
    shown = found["tasks"]
    rows = [
        (
            link(name(one["interaction_id"]), queue=queue, section="disagreements",
                 task=one["task_id"]),
            "failed" if one["failed"] else "passed",
            DASH if one["value"] is None else f"{round(one['value'], 2):g}",
            name(", ".join(words.get(tag, tag) for tag in one["issues"]) or DASH),
        )
        for one in shown
    ]  # fmt: skip
    field = str(found["field"] or "Rating")
    columns = (
        "Interaction", "Outcome", Column(words.get(field, field), True), Column("Issues", wide=True)
    )  # fmt: skip
    cut = f" The first {count(len(shown))} are shown." if len(shown) < found["labelled"] else ""
    told = (
        f"{count(found['failures'])} of {plural(found['labelled'], 'labelled task')} failed.{cut}"
    )
    return join(
        h("p", None, link("All failures", queue=queue, section="failures")),
        section(
            h("span", {"class": "ld-pattern"}, title),
            actions(queue, found["where"], found["draw"], opens=False) if found["where"] else None,
            table("Tasks", columns, rows, stacked=True),
            lead=told,
        ),
    )


def _table(rows: Sequence[Mapping[str, Any]]) -> Markup:
    scale = reach([one["rate"] for one in rows])
    cells = [
        (
            where_words(one["where"]),
            DASH if one["lift"] is None else f"{one['lift']:.2f} ×",
            whisker(one["rate"], scale),
            figure(one["rate"], "share"),
            count(one["tasks"]),
            DASH if one["q_value"] is None else f"{one['q_value']:.3f}",
        )
        for one in rows
    ]
    columns = (
        "Where", Column("Lift", True), Column("Drawing", unseen=True, wide=True), "Failure rate",
        Column("Tasks", True), "q",
    )  # fmt: skip
    return table("Parts that fail more, perhaps by chance", columns, cells, stacked=True)
