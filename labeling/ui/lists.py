"""What the labeling page asks beside one task at a time: own lists, what is next, many at once."""

from collections.abc import Mapping
from typing import Any

import msgspec

from labeling.ahead import Ahead
from labeling.bulk import Bulk
from labeling.desk import Desk, Sent
from labeling.lists import Lists
from labeling.ui import presenters
from labeling.ui.annotate import About, Asked, Call

ROW_CHARS = 1_500
"""Of each text in a row; the rest comes when it is asked for."""


class Listed(Asked, frozen=True, kw_only=True):
    """A page of a personal list."""

    list: str = "pending"
    page: int = 1


class Let(Asked, frozen=True, kw_only=True):
    """Tasks that were taken ahead and not used."""

    assignments: list[str]


class Many(Asked, frozen=True, kw_only=True):
    """So many tasks at once."""

    count: int = 10


class Verdict(msgspec.Struct, frozen=True):
    """The answer of one row."""

    assignment: str
    values: dict[str, Any]
    nonce: str
    seconds: float | None = None
    response_order: list[str] | None = None


class Verdicts(Many, frozen=True, kw_only=True):
    """The answered rows."""

    rows: list[Verdict]


def list_calls(desk: Desk) -> list[Call]:
    """Everything that is done with a person's own tasks, the next one, and many at once."""
    lists, ahead, bulk = Lists(desk), Ahead(desk), Bulk(desk)
    return [
        Call("mine", Listed, lambda who, told: lists.listed(who, told.queue, told.list, told.page)),
        Call("reopen", About, lambda who, told: lists.reopen(who, told.queue, told.assignment)),
        Call("later", About, lambda who, told: lists.later(who, told.queue, told.assignment)),
        Call(
            "ahead",
            About,
            lambda who, told: _viewed(ahead.next(who, told.queue, told.assignment)),
        ),
        Call("release", Let, lambda who, told: ahead.release(who, told.assignments)),
        Call("bulk", Many, lambda who, told: _rows(bulk.rows(who, told.queue, told.count))),
        Call(
            "submit_rows",
            Verdicts,
            lambda who, told: _rows(bulk.submit(who, told.queue, told.count, _sent(told.rows))),
        ),
    ]


def _viewed(answer: dict[str, Any]) -> dict[str, Any]:
    found = answer.get("next")
    if not found:
        return answer
    shown = {"assignment_id": found["assignment_id"], "view": presenters.view(found["task"])}
    return answer | {"next": shown}


def _rows(answer: dict[str, Any]) -> dict[str, Any]:
    if answer["state"] != "bulk":
        return answer
    return answer | {"rows": [row(one) for one in answer["rows"]]}


def row(told: Mapping[str, Any]) -> dict[str, Any]:
    """A task in a row: what was asked last, the responses, and how much there is beside them."""
    view = presenters.view(told["task"])
    asked = [place for place, turn in enumerate(view["turns"]) if turn["role"] == "user"]
    last = view["turns"][asked[-1]]["blocks"] if asked else []
    return {
        "assignment_id": told["assignment_id"],
        "values": told["values"],
        "asked": [_cut(block) for block in last],
        "responses": [{"id": one["id"], "block": _cut(one["block"])} for one in view["responses"]],
        "beside": {
            "turns": len(view["turns"]) - bool(asked),
            "passages": len(view["context"]),
            "system": len(view["system"]),
        },
    }


def _cut(block: Mapping[str, Any]) -> dict[str, Any]:
    text = block["text"]
    held_back = block["left"] + max(0, len(text) - ROW_CHARS)
    return {**block, "text": text[:ROW_CHARS], "left": held_back}


def _sent(rows: list[Verdict]) -> list[Sent]:
    return [
        Sent(
            assignment_id=one.assignment,
            values=one.values,
            nonce=one.nonce,
            seconds=one.seconds,
            response_order=one.response_order,
        )
        for one in rows
    ]
