"""An interaction as it arrives: many spellings in, one shape out, every fault named.

Written for speed: tens of thousands of rows a second go through `parse_interaction`.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from storage.errors import BadRow
from storage.events import SCALES, FeedbackIn, ScoreIn, inline_feedback, inline_scores
from storage.messages import INPUTS, OUTPUTS, conversation_of
from storage.values import (
    MAX_ID,
    MAX_NAME,
    TIMES,
    hash63,
    json_of,
    moment_of,
    name_of,
    number_of,
    shown,
    time_key,
)

MAX_TEXT = 4_000_000
"""Most characters of one interaction, all its texts as JSON together."""
MAX_NAMES = 100
"""Most flags or tags of one interaction."""
GUIDELINE_SOURCE = "guideline:"
"""Sources that begin like this hold the agreed answers of a guideline: nobody sends to them, and no
population has them."""
_LARGEST_COUNT = 2**31 - 1
_ALIASES = frozenset((*INPUTS, *OUTPUTS, *TIMES))
_FIELDS = frozenset(
    (
        *("id", "source", "session_id", "user_id", "trace_id", "category", "model", "variant"),
        *("confidence", "flags", "flagged", "tags", "context", "feedback", "scores"),
        *("latency_ms", "usage", "cost_usd", "metadata"),
    )
)
FIELDS = _FIELDS | _ALIASES
"""Every key that has a place of its own."""
_COUNTED = ("input_tokens", "prompt_tokens", "output_tokens", "completion_tokens")


class InteractionIn(msgspec.Struct, gc=False):
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
        raise BadRow(None, f"{shown(row)} is not an object", "one object per interaction")
    get = row.get
    _refuse_event(row)
    external_id = name_of("id", get("id"), MAX_ID)
    if external_id is None:
        hint = "give every row one that stays the same when sent again"
        there = ", ".join(str(key) for key in row)
        raise BadRow("id", "missing", f"{hint}; there are: {there:.200}" if there else hint)
    source = name_of("source", get("source"), MAX_NAME) or default_source
    said = conversation_of(row)
    spent = _usage(get("usage"))
    clock = time_key(row)
    created_at = now if clock is None else moment_of(clock, row[clock])
    messages, responses = json_of("messages", said.messages), json_of("responses", said.responses)
    found = InteractionIn(
        source=source,
        external_id=external_id,
        sample_key=key_of(source, external_id),
        input_hash=hash63(messages.encode()),
        created_at=created_at,
        session_id=name_of("session_id", get("session_id"), MAX_ID),
        user_id=name_of("user_id", get("user_id"), MAX_ID),
        trace_id=name_of("trace_id", get("trace_id"), MAX_ID),
        category=name_of("category", get("category"), MAX_NAME),
        model=name_of("model", get("model"), MAX_NAME) or _only(said.responses, "model"),
        variant=name_of("variant", get("variant"), MAX_NAME) or _only(said.responses, "variant"),
        confidence=number_of("confidence", get("confidence"), 0.0, 1.0),
        flags=_flags(get("flags"), get("flagged")),
        tags=_names("tags", get("tags")),
        chars=sum([len(one["text"]) for one in said.responses]),
        latency_ms=number_of("latency_ms", get("latency_ms"), 0.0),
        input_tokens=_count(spent, "input_tokens", "prompt_tokens"),
        output_tokens=_count(spent, "output_tokens", "completion_tokens"),
        cost_usd=number_of("cost_usd", get("cost_usd"), 0.0),
        messages=messages,
        responses=responses,
        context=_context(get("context")),
        extra=_extra(row, (*said.used, clock), said.details, spent),
        feedback=inline_feedback(get("feedback"), created_at),
        scores=inline_scores(get("scores"), created_at),
    )
    _check_size(found)
    return found


def _refuse_event(row: Mapping[str, Any]) -> None:
    """Raise BadRow for a score or for feedback that was sent as an interaction."""
    said = (*INPUTS, *OUTPUTS)
    if row.get("interaction_id") is None or any(row.get(one) is not None for one in said):
        return
    what = None
    if row.get("name") is not None and row.get("value") is not None:
        what, kind = "a score", "scores"
    elif any(row.get(one) is not None for one in (*SCALES, "comment")):
        what, kind = "feedback", "feedback"
    if what:
        hint = f"send it to POST /v1/{kind}, or under {kind!r} inside its interaction"
        raise BadRow("interaction_id", f"this is {what} on an interaction, and none itself", hint)


def key_of(source: str, external_id: str) -> int:
    """The sample key: the first 63 bits of SHA-256 over source, 0x1F, the sender's id."""
    return hash63(f"{source}\x1f{external_id}".encode())


def text_size(row: InteractionIn) -> int:
    """How many characters its texts have as JSON."""
    size = len(row.messages) + len(row.responses)
    return size + len(row.context or "") + len(row.extra or "")


def _check_size(row: InteractionIn) -> None:
    size = text_size(row)
    if size > MAX_TEXT:
        parts = ("messages", "responses", "context", "extra")
        largest = max(parts, key=lambda name: len(getattr(row, name) or ""))
        field = "metadata" if largest == "extra" else largest
        raise BadRow(field, f"{size} characters", f"at most {MAX_TEXT} per interaction")


def _only(responses: list[dict[str, Any]], key: str) -> str | None:
    """What the one response of an interaction says of itself."""
    return responses[0].get(key) if len(responses) == 1 else None


def _usage(value: object) -> Mapping[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise BadRow("usage", f"{shown(value)} is not an object", 'such as {"input_tokens": 10}')
    return value


def _count(spent: Mapping[str, Any], name: str, other: str) -> int | None:
    value = spent.get(name)
    if value is None:
        name, value = other, spent.get(other)
    found = number_of(f"usage.{name}", value, 0, _LARGEST_COUNT)
    return None if found is None else int(found)


def _names(field: str, value: object) -> list[str] | None:
    if value is None or value == []:
        return None
    if not isinstance(value, list):
        raise BadRow(field, f"{shown(value)} is no list", "a list of short texts")
    if len(value) > MAX_NAMES:
        raise BadRow(field, f"{len(value)} of them", f"at most {MAX_NAMES}")
    found = [name_of(field, one, MAX_NAME) for one in value]
    return [one for one in dict.fromkeys(found) if one is not None] or None


def _flags(flags: object, flagged: object) -> list[str] | None:
    found = _names("flags", flags)
    if flagged is None or flagged is False:
        return found
    if flagged is not True:
        raise BadRow("flagged", f"{shown(flagged)} is neither", "true or false")
    return found or ["flagged"]


def _context(value: object) -> str | None:
    if value is None or value == [] or value == "":
        return None
    passages = [value] if isinstance(value, str | dict) else value
    if not isinstance(passages, list) or not all(isinstance(p, str | dict) for p in passages):
        raise BadRow("context", f"{shown(value)} is no context", "a list of texts or objects")
    return json_of("context", passages)


def _extra(
    row: Mapping[str, Any],
    used: tuple[str | None, ...],
    details: Mapping[str, Any],
    spent: Mapping[str, Any],
) -> str | None:
    """The sender's metadata with every key beside it that has no place of its own."""
    metadata = row.get("metadata")
    if metadata is not None and not isinstance(metadata, dict):
        raise BadRow("metadata", f"{shown(metadata)} is not an object", "an object")
    found: dict[str, Any] = {}
    for key, value in row.items():
        if key in _FIELDS or key in used or (key in _ALIASES and (value is None or value == "")):
            continue
        found[key] = value
    found |= details
    if len(spent) > 2 and (rest := {k: v for k, v in spent.items() if k not in _COUNTED}):
        found["usage"] = rest
    if metadata:
        found |= metadata
    return json_of("metadata", found) if found else None
