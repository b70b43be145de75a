"""What was said of a call: evaluation events, annotation spans, the scores of other tools."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import msgspec

from storage.sources.otlp.messages import loaded, tree
from storage.sources.otlp.plain import Json, Record, Remark, Span
from storage.types import EPOCH
from storage.values import MAX_ID

EVENT = "gen_ai.evaluation.result"
ABOUT_NOTHING = "feedback names no trace, span, response or session that it is about"
MACHINES = ("LLM", "CODE", "EVAL")
_BY_PEOPLE = re.compile(r"feedback|thumb|csat|nps|rating|user|human|like", re.I)
_UP = ("thumbs_up", "thumbs-up", "thumb_up", "up", "positive", "like", "true", "👍")
_DOWN = ("thumbs_down", "thumbs-down", "thumb_down", "down", "negative", "dislike", "false", "👎")
_THUMB = re.compile(r"user[_ -]?feedback|thumbs?([_ -].*)?|likes?|feedback", re.I)
_LONGEST = 20_000
_GEN = "gen_ai.evaluation."
_SAID = tuple(
    f"{scope}{word}."
    for scope in ("", "trace.", "session.")
    for word in ("annotations", "evaluations")
)


def remark_of(name: Any, value: Any, **said: Any) -> Remark | None:
    """Feedback or a score in our words.

    Parameters
    ----------
    name, value
        What was judged, and how: a truth value, a number, a word, or nothing.
    **said
        Any of label, comment, actor, kind (HUMAN, LLM or CODE; absent: told by the name),
        is_boolean, created_at, version, id, correction.

    Returns
    -------
    Remark or None
        A row for `ingest_feedback`, with a value from 0 to 1 only where the scale is known; for
        `ingest_scores` when a machine judged. None when nothing was said.
    """
    name = str(name or "feedback")[:200]
    who = said.get("kind")
    if str(who).upper() in MACHINES or (who is None and not _BY_PEOPLE.search(name)):
        return _score(name, value, said)
    row: Json = {"name": name, **_valued(name, value, said)}
    for key in ("label", "correction", "id"):
        if said.get(key) not in (None, ""):
            row[key] = said[key]
    if isinstance(said.get("comment"), str) and said["comment"]:
        row["comment"] = said["comment"][:_LONGEST]
    if not row.keys() - {"name", "id"}:
        return None
    actor = str(said.get("actor") or "")
    if 0 < len(actor) <= 200 and actor.isprintable():
        row["actor"] = actor
    return Remark("feedback", _dated(row, said))


def _score(name: str, value: Any, said: Mapping[str, Any]) -> Remark | None:
    number = _number(value)
    if number is None:
        word = str(said.get("label") or value or "").lower()
        number = 1.0 if word in (*_UP, "pass") else 0.0 if word in (*_DOWN, "fail") else None
    if number is None:
        return None
    kind = "check" if str(said.get("kind")).upper() == "CODE" else "judge"
    row = {"name": name, "kind": kind, "value": number, "version": said.get("version")}
    return Remark("score", _dated(row, said))


def _dated(row: Json, said: Mapping[str, Any]) -> Json:
    moment = said.get("created_at")
    if isinstance(moment, int) and 0 < moment < 253_402_300_799_000_000_000:
        row["created_at"] = (EPOCH + EPOCH.resolution * (moment // 1000)).isoformat()
    elif isinstance(moment, str) and _is_time(moment):
        row["created_at"] = moment
    return {key: value for key, value in row.items() if value is not None}


def _is_time(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _valued(name: str, value: Any, said: Mapping[str, Any]) -> Json:
    """The value on a scale that is known, or as it is."""
    word = str(said.get("label") or (value if isinstance(value, str) else "")).lower()
    number = _number(value)
    if isinstance(value, bool) or (said.get("is_boolean") and number in (0.0, 1.0)):
        return {"score": float(number or 0)}
    if word in _UP or word in _DOWN:
        return {"thumb": "up" if word in _UP else "down"}
    if number in (0.0, 1.0) and _THUMB.fullmatch(name):
        return {"thumb": "up" if number else "down"}
    if number is not None:
        return {"rating": number}
    return {"label": value} if value not in (None, "") and not said.get("label") else {}


def _number(value: Any) -> float | None:
    try:
        found = float(value) if isinstance(value, bool | int | float | str) else None
    except (ValueError, OverflowError):
        return None
    return found if found is not None and abs(found) < float("inf") else None


def from_record(record: Record) -> Remark | None:
    """The feedback that an event of the log brings."""
    if record.name != EVENT:
        return None
    return _evaluation(record.attributes, record.time, record.trace_id, record.span_id)


def _evaluation(told: Json, time: int, trace_id: str, span_id: str) -> Remark | None:
    found = remark_of(
        told.get(f"{_GEN}name"),
        told.get(f"{_GEN}score.value"),
        label=told.get(f"{_GEN}score.label"),
        comment=told.get(f"{_GEN}explanation"),
        actor=told.get("enduser.id") or told.get("user.id"),
        kind="HUMAN" if told.get("enduser.id") or told.get("user.id") else None,
        created_at=time,
    )
    if found is None:
        return None
    found.trace_id, found.span_id = trace_id or None, span_id or None
    found.response_id = _id(told.get("gen_ai.response.id"))
    return found


def _id(value: Any) -> str | None:
    """The value, when a column holds it as it is."""
    fit = isinstance(value, str) and 0 < len(value) <= MAX_ID and value.isprintable()
    return value if fit else None


def from_span(span: Span) -> Iterator[Remark]:
    """The feedback that a span brings: in its events, or because it is an annotation of another."""
    for event in span.events:
        if event.name == EVENT:
            found = _evaluation(event.attributes, event.time, span.trace_id, span.span_id)
            if found is not None:
                yield found
    if any(key.startswith(_SAID) for key in span.attributes):
        yield from _annotations(span)


def _annotations(span: Span) -> Iterator[Remark]:
    for scope in ("", "trace.", "session."):
        for word in ("annotation", "evaluation"):
            for held in tree(span.attributes, f"{scope}{word}s."):
                said = held.get(word) if isinstance(held, dict) else None
                found = _annotation(said, span) if isinstance(said, dict) else None
                if found is not None:
                    yield _aimed(found, span, scope)


def _annotation(said: Json, span: Span) -> Remark | None:
    metadata = loaded(said.get("metadata"))
    user = metadata.get("user_id") if isinstance(metadata, dict) else None
    return remark_of(
        said.get("name"), said.get("score"), label=said.get("label"), id=said.get("identifier"),
        comment=said.get("explanation"), kind=said.get("annotator_kind"), actor=user,
        created_at=span.start,
    )  # fmt: skip


def _aimed(found: Remark, span: Span, scope: str) -> Remark:
    """The remark with what it is about: where the span's link leads, or its session."""
    linked = span.links[0] if span.links else ("", "")
    if scope == "session.":
        found.session_id = _id(span.attributes.get("session.id"))
        return found
    found.trace_id = linked[0] or span.trace_id
    if not scope:
        found.span_id = linked[1] or span.parent_id
    return found


def without(span: Span) -> Span:
    """The span without what it says of calls, once that is kept on its own."""
    told = any(one.name == EVENT for one in span.events)
    if not told and not any(key.startswith(_SAID) for key in span.attributes):
        return span
    kept = span.attributes.items()
    return msgspec.structs.replace(
        span,
        events=[one for one in span.events if one.name != EVENT],
        attributes={key: value for key, value in kept if not key.startswith(_SAID)},
    )
