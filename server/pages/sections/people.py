"""People of a queue: what each has done, how fast, who may enter, and inviting more."""

from collections.abc import Mapping, Sequence
from typing import Any

from server.pages.controls import Control, buttons, entry, form, grid, submit
from server.pages.elements import Column, count, empty, moment, secret, section, table
from server.pages.markup import Markup, h, join, name
from server.pages.sections.queues import entrance

IDLE = {
    "labels": 0, "skipped": 0, "leased": 0, "returned": 0, "mean_seconds": None,
    "last_label_at": None,
}  # fmt: skip
"""What somebody has done who has not begun."""


def people(
    queue: Mapping[str, Any],
    report: Mapping[str, Any],
    annotators: Sequence[str],
    careful: Markup | None = None,
    beside: Markup | None = None,
) -> Markup:
    """Everything about who labels; `careful`: how carefully, `beside`: beside the others."""
    work = report["by_annotator"]
    known = {one["name"] for one in work}
    entering = annotators if queue["people"] is None else queue["people"]
    idle = [{"name": one, **IDLE} for one in entering if one not in known]
    return join(
        section("Work so far", _work([*work, *idle]) if work else _nobody(queue, annotators)),
        beside,
        careful,
        section("Invite an annotator", _invitation(queue["name"])),
        section("Who may enter", _entrance(queue, annotators)),
    )


def _nobody(queue: Mapping[str, Any], annotators: Sequence[str]) -> Markup:
    if not annotators:
        return empty("Nobody can label here yet: invite an annotator below.")
    if not queue["tasks"]:
        return empty(
            "Nobody has labelled yet. Draw interactions first, then people find them here."
        )
    return empty(
        join("Nobody has labelled yet. Send people to ", h("code", None, "/label"), ".")
    )  # fmt: skip


def _work(work: Sequence[Mapping[str, Any]]) -> Markup:
    rows = [
        (
            name(one["name"]),
            count(one["labels"]),
            _share(one["skipped"], one["labels"] + one["skipped"]),
            count(one["leased"]),
            count(one["returned"]),
            pace(one["mean_seconds"]),
            moment(one["last_label_at"]),
        )
        for one in work
    ]
    columns = (
        "Annotator", Column("Labels", True), Column("Skipped", True), Column("Open now", True),
        Column("Put back", True), Column("Time a label", True), "Last label",
    )  # fmt: skip
    return table("Work so far", columns, rows)


def _share(part: int, of: int) -> str:
    return f"{count(part)} ({100 * part / of:.0f} %)" if part else "0"


def pace(mean_seconds: float | None) -> str:
    """How long a label takes on average."""
    if mean_seconds is None:
        return "–"
    if mean_seconds < 90:
        return f"{mean_seconds:.0f} s"
    return f"{mean_seconds / 60:.1f} min"


def _invitation(queue: str) -> Markup:
    return join(
        form(
            "invite",
            grid(entry(Control("name", "Name", "they log in with it; labels carry it"))),
            buttons(submit("Create account", main=True)),
            label="Invite an annotator",
            keep=[("queue", queue)],
        ),
        h("div", {"id": "ld-invited", "tabindex": -1}),
    )


def invited(account: str, password: str) -> Markup:
    """The log-in of somebody new."""
    return secret(
        join("Log-in of ", name(account), ", to be given to them in private:"),
        password,
        "They log in with their name and this password; an admin can set another.",
    )


def _entrance(queue: Mapping[str, Any], annotators: Sequence[str]) -> Markup:
    return form(
        "let_in",
        entrance(queue["people"], annotators),
        buttons(submit("Save")),
        label="Who may enter",
        keep=[("queue", queue["name"])],
    )
