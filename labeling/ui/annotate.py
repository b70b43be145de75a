"""The labeling page as Gradio Blocks: one component that draws, and private handlers it asks.

Handlers take one JSON text and return one. Text, because Gradio looks into values that it takes
for structures (a dict that looks like a file would be treated as one); off the queue, because an
answer must not wait behind others; and every one looks up who asks.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeVar

import gradio as gr
import msgspec
from gradio.events import api

from labeling.desk import Desk, Sent
from labeling.ui import presenters
from labeling.ui.widgets import head, label_page, system_theme

SENT_CHARS = 2_000_000
SESSIONS_KEPT = 100
"""Gradio keeps what its components held per browser; ours hold nothing."""


class Asked(msgspec.Struct, frozen=True):
    """What every call of the page tells."""

    queue: str = ""
    knows: str | None = None
    has: list[str] = []
    """Assignments whose task the page has fetched ahead."""


class Answered(Asked, frozen=True, kw_only=True):
    """A label."""

    assignment: str
    values: dict[str, Any]
    nonce: str
    seconds: float | None = None
    revises: int | None = None
    response_order: list[str] | None = None


class Skipped(Asked, frozen=True, kw_only=True):
    """A task that was declined."""

    assignment: str
    reason: str


class About(Asked, frozen=True, kw_only=True):
    """A call about one assignment."""

    assignment: str


class Undone(Asked, frozen=True, kw_only=True):
    """Back to what was finished last, or last before."""

    before: str | None = None


class Drafted(Asked, frozen=True, kw_only=True):
    """What was typed so far."""

    assignment: str
    values: dict[str, Any]
    revises: int | None = None


class More(Asked, frozen=True, kw_only=True):
    """The next piece of a long text."""

    assignment: str
    part: int
    offset: int


T = TypeVar("T", bound=Asked)


class Call(NamedTuple):
    """A handler of the page: its name, what it is told, and what it does with who and that."""

    name: str
    told: type[Asked]
    act: Callable[[str, Any], dict[str, Any]]


def build_annotate(calls: Sequence[Call]) -> gr.Blocks:
    """The page, to be mounted at `/label` with `mount_options` and an auth dependency."""
    with gr.Blocks(title="Goldloop", analytics_enabled=False, fill_width=True) as made:
        label_page()
        for one in calls:
            api(
                handler(one.told, one.act), api_name=one.name, queue=False,
                api_visibility="private",
            )  # fmt: skip
    page: gr.Blocks = made
    page.state_session_capacity = SESSIONS_KEPT
    return page


def desk_calls(desk: Desk) -> list[Call]:
    """Everything that is done with one task at a time."""
    return [
        Call("queues", Asked, lambda who, _told: desk.queues(who)),
        Call("open", Asked, lambda who, told: desk.open(who, told.queue)),
        Call(
            "submit",
            Answered,
            lambda who, told: desk.submit_and_next(who, told.queue, _sent(told)),
        ),
        Call(
            "skip",
            Skipped,
            lambda who, told: desk.skip_and_next(who, told.queue, told.assignment, told.reason),
        ),
        Call("keep", About, lambda who, told: desk.keep(who, told.queue, told.assignment)),
        Call("give_back", About, lambda who, told: desk.give_back(who, told.assignment)),
        Call("undo", Undone, lambda who, told: desk.undo(who, told.queue, told.before)),
        Call(
            "draft",
            Drafted,
            lambda who, told: desk.save_draft(who, told.assignment, told.values, told.revises),
        ),
        Call("heartbeat", About, lambda who, told: desk.heartbeat(who, told.assignment)),
        Call("more", More, lambda who, told: _more(desk, who, told)),
    ]


def mount_options() -> dict[str, Any]:
    """Arguments for `gr.mount_gradio_app` that this page needs beside those of every page."""
    return {"head": head("labeling.js"), "theme": system_theme()}


def handler(
    told: type[T], act: Callable[[str, T], dict[str, Any]]
) -> Callable[[str, gr.Request], str]:
    """A Gradio handler from JSON text to JSON text that checks what it was sent."""
    decode = msgspec.json.Decoder(told).decode

    def handle(sent: str, request: gr.Request) -> str:
        if not request.username:
            return _encode(_refusal("logged_out", "You are logged out."))
        if not isinstance(sent, str) or len(sent) > SENT_CHARS:
            return _encode(_refusal("too_large", "That is too long to be sent."))
        try:
            asked = decode(sent)
        except (msgspec.DecodeError, UnicodeError):
            return _encode(_refusal("malformed", "The page sent something unreadable. Reload it."))
        return _encode(presenters.page(act(request.username, asked), asked.knows, asked.has))

    return handle


def _encode(answer: dict[str, Any]) -> str:
    return msgspec.json.encode(answer).decode()


def _refusal(code: str, message: str) -> dict[str, Any]:
    return {"state": "error", "error": {"code": code, "message": message}}


def _sent(told: Answered) -> Sent:
    return Sent(
        assignment_id=told.assignment,
        values=told.values,
        nonce=told.nonce,
        seconds=told.seconds,
        revises=told.revises,
        response_order=told.response_order,
    )


def _more(desk: Desk, who: str, told: More) -> dict[str, Any]:
    shown = desk.task(who, told.assignment)
    if shown["state"] == "error":
        return shown
    return {"state": "more", **presenters.read_more(shown["task"], told.part, told.offset)}
