"""An interaction as it arrives: many spellings in, one shape out, every fault named.

Written for speed: tens of thousands of rows a second go through `parse_interaction`.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from storage.errors import BadRow
from storage.events import FeedbackIn, ScoreIn, inline_feedback, inline_scores
from storage.types import encode_json
from storage.values import MAX_ID, MAX_NAME, hash63, moment_of, name_of, number_of, storable

MAX_TEXT = 4_000_000
MAX_MESSAGES = 2_000
INPUT = ("messages", "query", "input", "prompt", "question")
OUTPUT = ("responses", "response", "output", "completion", "answer")
TIME = ("created_at", "timestamp", "time", "start_time")
_OTHERS = (
    *("id", "interaction_id", "source", "session_id", "user_id", "trace_id", "category", "model"),
    *("variant", "confidence", "flags", "flagged", "tags", "context", "feedback", "scores"),
    *("latency_ms", "usage", "cost_usd", "metadata"),
)
KNOWN = frozenset((*INPUT, *OUTPUT, *TIME, *_OTHERS))


class InteractionIn(msgspec.Struct):
    """One interaction, ready to be stored."""

    source: str
    external_id: str
    sample_key: int
    input_hash: int
    created_at: datetime
    session_id: str | None
    user_id: str | None
    trace_id: str | None
    category: str | None
    model: str | None
    variant: str | None
    confidence: float | None
    flags: list[str] | None
    tags: list[str] | None
    chars: int
    latency_ms: float | None
    input_tokens: int | None
    output_tokens: int | None
    cost_usd: float | None
    messages: str
    """JSON text, as the three that follow."""
    responses: str
    context: str | None
    extra: str | None
    feedback: list[FeedbackIn]
    scores: list[ScoreIn]


def parse_interaction(
    row: Mapping[str, Any], *, default_source: str = "default", now: datetime
) -> InteractionIn:
    """One interaction from an object with any of the known spellings.

    Raises
    ------
    BadRow
        Naming the field, what is wrong with its value, and the fix.
    """
    if not isinstance(row, Mapping):
        raise BadRow(None, f"{type(row).__name__} is not an object", "one object an interaction")
    get = row.get
    external_id = name_of("id", get("id", get("interaction_id")), MAX_ID)
    source = name_of("source", get("source", default_source), MAX_NAME)
    if external_id is None or source is None:
        raise BadRow("id" if external_id is None else "source", "missing", "give every row one")
    messages, responses = _texts(row)
    written = _bounded("messages", encode_json(messages))
    usage = get("usage")
    if usage is not None and not isinstance(usage, Mapping):
        raise BadRow("usage", f"{usage!r:.80}", "an object such as {'input_tokens': 10}")
    spent: Mapping[str, Any] = usage or {}
    extra = _extra(row)
    created_at = _created_at(row, now)
    context = _context(get("context"))
    feedback, scores = get("feedback"), get("scores")
    return InteractionIn(
        source=source,
        external_id=external_id,
        sample_key=key_of(source, external_id),
        input_hash=hash63(written.encode()),
        created_at=created_at,
        session_id=name_of("session_id", get("session_id"), MAX_ID),
        user_id=name_of("user_id", get("user_id"), MAX_ID),
        trace_id=name_of("trace_id", get("trace_id"), MAX_ID),
        category=name_of("category", get("category"), MAX_NAME),
        model=name_of("model", get("model"), MAX_NAME),
        variant=name_of("variant", get("variant"), MAX_NAME),
        confidence=number_of("confidence", get("confidence"), 0.0, 1.0),
        flags=_flags(get("flags"), get("flagged")),
        tags=_names("tags", get("tags")),
        chars=sum([len(one["text"]) for one in responses]),
        latency_ms=number_of("latency_ms", get("latency_ms"), 0.0),
        input_tokens=_count("input_tokens", spent.get("input_tokens", spent.get("prompt_tokens"))),
        output_tokens=_count(
            "output_tokens", spent.get("output_tokens", spent.get("completion_tokens"))
        ),
        cost_usd=number_of("cost_usd", get("cost_usd"), 0.0),
        messages=written,
        responses=_bounded("responses", encode_json(responses)),
        context=None if context is None else _bounded("context", encode_json(context)),
        extra=None if extra is None else _bounded("metadata", encode_json(extra)),
        feedback=inline_feedback(feedback, created_at) if feedback is not None else [],
        scores=inline_scores(scores, created_at) if scores is not None else [],
    )


def key_of(source: str, external_id: str) -> int:
    """The sample key: the first 63 bits of SHA-256 over source, 0x1F, the sender's id."""
    return hash63(f"{source}\x1f{external_id}".encode())


def _count(field: str, value: object) -> int | None:
    found = number_of(f"usage.{field}", value, 0, 2**31 - 1)
    return None if found is None else int(found)


def _names(field: str, value: object) -> list[str] | None:
    if value is None or value == []:
        return None
    if not isinstance(value, list) or len(value) > 1_000:
        raise BadRow(field, f"{value!r:.80}", "a list of short strings")
    found = [name_of(field, one, MAX_NAME) for one in value]
    return [one for one in found if one is not None] or None


def _flags(flags: object, flagged: object) -> list[str] | None:
    found = _names("flags", flags)
    if flagged is None or flagged is False:
        return found
    if flagged is not True:
        raise BadRow("flagged", f"{flagged!r:.80}", "true or false")
    return found or ["flagged"]


def _bounded(field: str, text: str) -> str:
    if len(text) > MAX_TEXT:
        raise BadRow(field, f"{len(text)} characters", f"at most {MAX_TEXT} an interaction")
    return text


def _texts(row: Mapping[str, Any]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Messages and responses, whatever they were called."""
    given = next((name for name in INPUT if row.get(name) is not None), None)
    messages = [] if given is None else _messages(given, row[given])
    named = next((name for name in OUTPUT if name in row), None)
    if named is None and messages and messages[-1]["role"] == "assistant":
        last = messages.pop()  # a chat whose last turn is the answer
        return messages, _responses("messages", last.get("content"))
    if given is None and named is None:
        raise BadRow("messages", "neither messages nor a response", f"one of {', '.join(INPUT)}")
    return messages, [] if named is None else _responses(named, row[named])


def _messages(field: str, value: object) -> list[dict[str, Any]]:
    if isinstance(value, str):
        return [{"role": "user", "content": storable(field, value)}]
    if not isinstance(value, list) or len(value) > MAX_MESSAGES:
        raise BadRow(field, f"{type(value).__name__}", f"a text, or up to {MAX_MESSAGES} messages")
    for place, message in enumerate(value):
        if type(message) is not dict or type(message.get("role")) is not str:
            at = f"{field}[{place}]"
            raise BadRow(at, f"{message!r:.80}", "an object with role and content")
        content = message.get("content")
        if content is not None and type(content) is not str and not isinstance(content, list):
            at = f"{field}[{place}].content"
            raise BadRow(at, f"{content!r:.80}", "a text, a list of parts, or null")
    return list(value)


def _responses(field: str, value: object) -> list[dict[str, Any]]:
    if value is None:
        return []
    if isinstance(value, str):
        return [{"id": "1", "text": storable(field, value)}]
    if isinstance(value, Mapping):
        value = [value]
    if not isinstance(value, list) or len(value) > 100:
        raise BadRow(field, f"{value!r:.80}", "a text, or a list of {id, text}")
    found = [_response(f"{field}[{place}]", place, one) for place, one in enumerate(value)]
    ids = [one["id"] for one in found]
    if len(set(ids)) < len(ids):
        raise BadRow(field, f"ids {ids!r:.80} are not distinct", "one id a response")
    return found


def _response(field: str, place: int, value: object) -> dict[str, Any]:
    if isinstance(value, str):
        return {"id": str(place + 1), "text": storable(field, value)}
    if not isinstance(value, Mapping):
        raise BadRow(field, f"{value!r:.80}", "an object with id and text")
    if value.get("type") == "text" and isinstance(value.get("text"), str) and "id" not in value:
        return {"id": str(place + 1), "text": value["text"]}
    text = value.get("text", value.get("content"))
    if text is not None and not isinstance(text, str):
        raise BadRow(f"{field}.text", f"{text!r:.80}", "a text")
    kept = {key: one for key, one in value.items() if key not in ("id", "text", "content")}
    return {
        "id": name_of(f"{field}.id", value.get("id"), MAX_NAME) or str(place + 1),
        "text": text or "",
        **{key: one for key, one in kept.items() if one is not None},
    }


def _context(value: object) -> list[Any] | None:
    if value is None or value == [] or value == "":
        return None
    if isinstance(value, str):
        return [value]
    if not isinstance(value, list) or not all(isinstance(one, str | Mapping) for one in value):
        raise BadRow("context", f"{value!r:.80}", "a list of passages: texts or objects")
    return value


def _extra(row: Mapping[str, Any]) -> dict[str, Any] | None:
    metadata = row.get("metadata")
    if metadata is not None and not isinstance(metadata, Mapping):
        raise BadRow("metadata", f"{metadata!r:.80}", "an object")
    unknown = {key: value for key, value in row.items() if key not in KNOWN}
    return {**unknown, **metadata} if metadata else unknown or None


def _created_at(row: Mapping[str, Any], now: datetime) -> datetime:
    for name in TIME:
        value = row.get(name)
        if value is not None and value != "":
            return moment_of(name, value)
    return now
