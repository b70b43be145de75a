"""What the desk answers, turned into what the page draws: texts, lists and numbers, never markup.

A text goes as a block `{"text", "part", "left"}`: `left` counts the characters that were held back,
and `read_more` gives them by `part`, the number of the text in the order of the view.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import msgspec
from markdown_it import MarkdownIt

PART_CHARS = 200_000
VIEW_CHARS = 1_000_000
"""Texts of one view together; what comes after shows its beginning only."""
BEGINNING_CHARS = 2_000
NAME_CHARS = 80

Block = dict[str, Any]
SYSTEM_ROLES = ("system", "developer")
SHOWN_APART = ("messages", "responses", "context")


def page(
    answer: Mapping[str, Any], knows: str | None = None, has: Sequence[str] = ()
) -> dict[str, Any]:
    """An answer of the desk as the page draws it.

    A guideline that it `knows` is not sent again, nor the task of an assignment that it `has`.
    """
    shown = dict(answer)
    if answer["state"] != "task":
        return shown
    task = shown.pop("task")
    if answer["assignment_id"] not in has:
        shown["view"] = view(task)
    guideline = dict(shown.pop("guideline"))
    markdown, fields = guideline.pop("markdown"), guideline.pop("fields")
    if guideline["hash"] != knows:
        guideline |= {"rubric": rubric(markdown), "fields": fields}
    return shown | {"guideline": guideline}


def view(task: Mapping[str, Any]) -> dict[str, Any]:
    """A task for its reader: system prompts, context, turns, responses, and what else is shown."""
    return _drawn(task, _Cutter())


def read_more(task: Mapping[str, Any], part: int, offset: int) -> Block:
    """The next piece of a text that was cut, from offset on; empty when there is none."""
    cut = _Cutter(wanted=part)
    _drawn(task, cut)
    piece = cut.found[max(0, offset) :][:PART_CHARS]
    return {"text": piece, "part": part, "left": max(0, len(cut.found) - offset - len(piece))}


@dataclass
class _Cutter:
    """Numbers the texts of a view, holds back what is too long, finds one of them again."""

    wanted: int | None = None
    found: str = ""
    parts: int = 0
    spent: int = 0

    def text(self, text: str, kind: str = "text") -> Block:
        """One text as a block; of kind text (Markdown for the eye), plain, or code."""
        if self.parts == self.wanted:
            self.found = text
        room = PART_CHARS if self.spent < VIEW_CHARS else BEGINNING_CHARS
        shown = text[:room]
        block = {"kind": kind, "text": shown, "part": self.parts, "left": len(text) - len(shown)}
        self.parts += 1
        self.spent += len(shown)
        return block

    def value(self, value: Any) -> Block:
        """Anything: text as it is, the rest as JSON that people can read."""
        if isinstance(value, str):
            return self.text(value)
        return self.text(_data(value), "code")


def _drawn(task: Mapping[str, Any], cut: _Cutter) -> dict[str, Any]:
    interaction = task["interaction"]
    told = enumerate(interaction.get("messages") or ())
    messages = [(index, one) for index, one in told if isinstance(one, Mapping)]
    opening = 0
    while opening < len(messages) and messages[opening][1].get("role") in SYSTEM_ROLES:
        opening += 1
    names = dict(_calls([one for _, one in messages]))
    return {
        "system": [block for _, one in messages[:opening] for block in _content(one, cut)],
        "context": [_passage(one, cut) for one in _listed(interaction.get("context"))],
        "turns": [{"index": index, **_turn(one, names, cut)} for index, one in messages[opening:]],
        "messages": len(interaction.get("messages") or ()),
        "responses": [_response(one, cut) for one in interaction.get("responses") or ()],
        "facts": [[name, cut.text(_fact(value), "plain")] for name, value in _facts(task)],
    }


def _turn(message: Mapping[str, Any], names: Mapping[str, str], cut: _Cutter) -> dict[str, Any]:
    answers = message.get("tool_call_id")
    called = message.get("name") or names.get(str(answers))
    return {
        "role": _name(message.get("role") or "?"),
        "name": _name(called) if called else None,
        "blocks": _content(message, cut),
        "calls": [_call(one, cut) for one in _listed(message.get("tool_calls"))],
    }


def _content(message: Mapping[str, Any], cut: _Cutter) -> list[Block]:
    """The parts of a message; a part that is not text is shown as data, never loaded."""
    content = message.get("content")
    if content is None:
        return []
    if not isinstance(content, list):
        return [cut.value(content)]
    blocks = []
    for part in content:
        told = part.get("text", part.get("content")) if isinstance(part, Mapping) else part
        is_text = isinstance(told, str) and (
            not isinstance(part, Mapping) or part.get("type", "text") in ("text", "input_text")
        )
        blocks.append(cut.value(told if is_text else part))
    return blocks


def _calls(messages: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """(id, name) of every tool call, so that a result can say whose it is."""
    return [
        (str(call["id"]), _called(call))
        for message in messages
        for call in _listed(message.get("tool_calls"))
        if isinstance(call, Mapping) and call.get("id")
    ]


def _called(call: Mapping[str, Any]) -> str:
    function = call.get("function")
    name = function.get("name") if isinstance(function, Mapping) else call.get("name")
    return _name(name or "?")


def _call(call: Any, cut: _Cutter) -> dict[str, Any]:
    if not isinstance(call, Mapping):
        return {"name": "?", "arguments": cut.value(call)}
    function = call.get("function")
    holder = function if isinstance(function, Mapping) else call
    told = holder.get("arguments", holder.get("input"))
    if isinstance(told, str):
        try:
            told = json.loads(told)
        except ValueError:
            return {"name": _called(call), "arguments": cut.text(told, "code")}
    return {"name": _called(call), "arguments": cut.value(told)}


def _passage(passage: Any, cut: _Cutter) -> dict[str, Any]:
    if isinstance(passage, Mapping):
        told = passage.get("text", passage.get("content"))
        title = passage.get("title") or passage.get("source") or passage.get("id")
        if isinstance(told, str):
            return {"title": _name(title) if title else None, "block": cut.text(told)}
    return {"title": None, "block": cut.value(passage)}


def _response(response: Mapping[str, Any], cut: _Cutter) -> dict[str, Any]:
    facts = [[name, _name(response[name])] for name in ("model", "variant") if response.get(name)]
    return {
        "id": str(response.get("id")),
        "block": cut.value(response.get("text") or ""),
        "calls": [_call(one, cut) for one in _listed(response.get("tool_calls"))],
        "facts": facts,
    }


def _facts(task: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """What the queue lets annotators see beyond the conversation."""
    shown = {name: value for name, value in task["interaction"].items() if name not in SHOWN_APART}
    shown |= {
        name: [read(one) for one in shown[name]] for name, read in READ.items() if name in shown
    }
    shown |= {name: task[name] for name in ("source", "reason") if task.get(name)}
    empty: tuple[Any, ...] = ("", [], {})
    return [
        (name.replace("_", " ").capitalize(), value)
        for name, value in shown.items()
        if value not in empty
    ]


def _fact(value: Any) -> str:
    """A fact in a line: texts and numbers in a row, the rest as data."""
    if isinstance(value, str | datetime | bool | int | float):
        return _scalar(value)
    if isinstance(value, list):
        return "; ".join(_fact(one) if not isinstance(one, list) else _data(one) for one in value)
    if isinstance(value, Mapping) and not any(
        isinstance(one, list | dict) for one in value.values()
    ):
        return ", ".join(
            f"{name} {_fact(told)}" for name, told in value.items() if told is not None
        )
    return _data(value)


def _scalar(value: str | datetime | float) -> str:
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M} UTC"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.15g}" if isinstance(value, float) else str(value)


def _score(score: Mapping[str, Any]) -> str:
    version = f" ({score['version']})" if score.get("version") else ""
    return f"{score['name']} {_fact(score['value'])}{version}"


def _feedback(said: Mapping[str, Any]) -> str:
    """What an end user said, on the scale they said it on, and in their words."""
    raw = said["raw"]
    parts = [_fact(raw) if isinstance(raw, Mapping) else str(raw)] if raw else []
    if said.get("comment"):
        parts.append(f"“{said['comment']}”")
    return ": ".join(parts)


READ: Mapping[str, Callable[[Mapping[str, Any]], str]] = {"scores": _score, "feedback": _feedback}
"""Facts that are ours and have a shape we know."""


def _data(value: Any) -> str:
    """JSON that people can read."""
    try:
        return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
    except RecursionError:
        return "(nested too deeply to be shown)"


def _listed(value: Any) -> list[Any]:
    """A list as it is; senders also give one thing without a list around it."""
    return value if isinstance(value, list) else [] if value is None else [value]


def _name(value: Any) -> str:
    text = str(value)
    return text if len(text) <= NAME_CHARS else text[: NAME_CHARS - 1] + "…"


@lru_cache(maxsize=32)
def rubric(markdown: str) -> list[Any]:
    """Markdown as a tree for the page: a text, or [tag, children]; images, links and HTML as text.

    The tree has no attributes, so nothing in it can load, link or run.
    """
    parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    parser.disable(["image", "link", "autolink", "reference"])
    root: list[Any] = ["", []]
    open_ones = [root]
    for token in _flat(parser.parse(markdown)):
        if token.nesting == 1:
            node = [token.tag, []]
            open_ones[-1][1].append(node)
            open_ones.append(node)
        elif token.nesting == -1:
            open_ones.pop()
        elif token.type == "softbreak":
            open_ones[-1][1].append("\n")
        elif token.type in ("fence", "code_block"):
            open_ones[-1][1].append(["pre", [token.content]])
        elif token.tag:
            open_ones[-1][1].append([token.tag, [token.content] if token.content else []])
        elif token.content:
            open_ones[-1][1].append(token.content)
    return list(root[1])


def _flat(tokens: Sequence[Any]) -> list[Any]:
    """Inline tokens in place of their container; hidden paragraphs of tight lists left out."""
    flat: list[Any] = []
    for token in tokens:
        if token.hidden:
            continue
        flat.extend(_flat(token.children) if token.type == "inline" else [token])
    return flat
