"""Where labels differ most, and one such task with everything that was said of it."""

from collections.abc import Mapping, Sequence
from typing import Any

from server.pages.controls import Control, chooser, grid, select
from server.pages.elements import Column, empty, link, moment, muted, section, table
from server.pages.markup import Child, Markup, h, join, name

ANSWER_CHARS = 50_000


def disagreements(
    found: Sequence[Mapping[str, Any]],
    field: str,
    fields: Mapping[str, str],
    queue: str,
    *,
    compared: int,
) -> Markup:
    """The tasks ranked by how far their labels lie apart."""
    choose = chooser("Field", grid(select(Control("field", "Field"), list(fields.items()), field)))
    if not found:
        return join(choose, _nothing(compared))
    rows = [
        (
            link(name(one["interaction_id"]), queue=queue, section="disagreements", field=field,
                 task=one["task_id"]),
            f"{one['spread']:g}",
            _said(one["labels"]),
            name(one["reason"] or "–"),
        )
        for one in found
    ]  # fmt: skip
    columns = ("Interaction", Column("Apart by", True), "Labels", "Why it was drawn")
    told = "The farthest apart first. Open one to see the conversation and both answers."
    return join(choose, section("Disagreements", table("Disagreements", columns, rows), lead=told))


def _nothing(compared: int) -> Markup:
    if compared:
        return empty(f"No disagreement: on {compared} tasks with two labels, people said the same.")
    return empty(
        "No task has labels of two people yet. With an overlap of two or more, tasks on which "
        "people differ are listed here."
    )


def _said(labels: Mapping[str, Any]) -> Markup:
    return h(
        "span",
        {"class": "ld-said"},
        [
            h("span", None, name(who), ": ", h("b", None, value_of(label)))
            for who, label in labels.items()
        ],
    )


def value_of(value: Any, words: Mapping[str, str] | None = None) -> Markup:
    """An answer as text."""
    known = words or {}
    if value is None or value == []:
        return h("span", {"class": "gl-muted"}, "none" if value == [] else "not answered")
    if isinstance(value, bool):
        return name("yes" if value else "no")
    if isinstance(value, list):
        return name(", ".join(known.get(str(one), str(one)) for one in value), ANSWER_CHARS)
    return name(known.get(str(value), str(value)), ANSWER_CHARS)


def one_task(
    task: Mapping[str, Any],
    labels: Sequence[Mapping[str, Any]],
    draws: Sequence[Any],
    fields: Sequence[Mapping[str, Any]],
) -> Markup:
    """One task: answers side by side, why it was drawn, and room for the conversation."""
    return join(
        h("p", None, link("All disagreements", queue=task["queue"], section="disagreements",
                          field=task["field"])),
        section(
            "Answers side by side",
            _answers(labels, fields) if labels else muted("Nobody has labelled it."),
            lead=join("Interaction ", name(task["interaction_id"]), " of ", name(task["source"])),
        ),
        section("Why it was drawn", _why(task["reason"], draws)),
        section("Conversation", h("div", {"id": "ld-task", "class": "ld-task"})),
    )  # fmt: skip


def _answers(labels: Sequence[Mapping[str, Any]], fields: Sequence[Mapping[str, Any]]) -> Markup:
    rows: list[Sequence[Child]] = []
    for field in fields:
        words = {option["value"]: option["label"] for option in field.get("options") or ()}
        given = [one["values"].get(field["name"]) for one in labels]
        if all(value in (None, []) for value in given):
            continue
        cells = [value_of(value, words) for value in given]
        differs = len(set(cells)) > 1
        rows.append([name(field["label"]), *(_cell(cell, differs) for cell in cells)])
    rows.append(["Time", *(muted_seconds(one["seconds"]) for one in labels)])
    rows.append(["When", *(moment(one["created_at"]) for one in labels)])
    return table("Answers side by side", ["Field", *map(_annotator, labels)], rows)


def _annotator(label: Mapping[str, Any]) -> str:
    role = "" if label["role"] == "planned" else f" ({label['role']})"
    return f"{label['annotator']}{role}"


def _cell(value: Markup, differs: bool) -> Markup:
    return h("div", {"class": "ld-answer ld-differs" if differs else "ld-answer"}, value)


def muted_seconds(seconds: float | None) -> str:
    """How long an answer took."""
    return "–" if seconds is None else f"{seconds:.0f} s"


def _why(reason: str | None, draws: Sequence[Any]) -> Markup:
    told = [
        h("li", None, f"Draw {row.id}, ", name(row.strategy), ", ", moment(row.created_at), ": ",
          name(row.reason or reason or "no reason kept"),
          " It was certain to be drawn." if row.certain else "")
        for row in draws
    ]  # fmt: skip
    if not told:
        return muted("It was not drawn: its labels were imported.")
    return h("ul", {"class": "ld-list"}, told)
