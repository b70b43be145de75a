"""Feedback and scores as they arrive, alone or inside an interaction."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from storage.errors import BadRow
from storage.values import (
    MAX_ID,
    MAX_NAME,
    TIMES,
    hash63,
    json_of,
    mended,
    name_of,
    number_of,
    shown,
    time_said,
)

SCALES = ("score", "thumb", "rating")
KINDS = ("check", "judge")
MAX_COMMENT = 20_000
MAX_RAW = 20_000
MAX_INLINE = 100
"""Most feedback or scores inside one interaction."""
_ANY = float("-inf")
_THUMBS = {"up": 1.0, "down": 0.0, True: 1.0, False: 0.0}
_NOT_RAW = frozenset(("source", "interaction_id", "comment", "actor", *TIMES))


class FeedbackIn(msgspec.Struct):
    """What an end user said, ready to be stored."""

    fingerprint: int
    value: float | None
    raw: str
    """JSON text of what stood on the sender's scale, with any key we do not know."""
    actor: str | None
    comment: str | None
    created_at: datetime
    source: str = ""
    external_id: str = ""


class ScoreIn(msgspec.Struct):
    """A number that a machine gave, ready to be stored."""

    fingerprint: int
    name: str
    kind: str
    value: float
    version: str | None
    created_at: datetime
    source: str = ""
    external_id: str = ""


def parse_feedback(
    row: Mapping[str, Any], *, default_source: str = "default", now: datetime
) -> FeedbackIn:
    """Feedback on an interaction by (source, interaction_id).

    Raises
    ------
    BadRow
        Naming the field, its value and the fix.
    """
    source, external_id = _target(row, default_source)
    found = _feedback(row, now)
    found.source, found.external_id = source, external_id
    return found


def parse_score(
    row: Mapping[str, Any], *, default_source: str = "default", now: datetime
) -> ScoreIn:
    """A score on an interaction by (source, interaction_id).

    Raises
    ------
    BadRow
        Naming the field, its value and the fix.
    """
    source, external_id = _target(row, default_source)
    found = _score(row, now)
    found.source, found.external_id = source, external_id
    return found


def check_event(kind: str, row: Mapping[str, Any], now: datetime) -> None:
    """Refuse feedback, or a score, that could not be stored whatever interaction it is about.

    Raises
    ------
    BadRow
        Naming the field, its value and the fix.
    """
    if kind == "feedback":
        _feedback(row, now)
    else:
        _score(row, now)


def inline_feedback(value: object, created_at: datetime) -> list[FeedbackIn]:
    """Feedback that came inside an interaction: one object or a list."""
    if value is None:
        return []
    found = []
    for one in _listed("feedback", value if isinstance(value, list) else [value]):
        try:
            found.append(_feedback(one, created_at))
        except BadRow as error:
            raise _inside("feedback", error) from None
    return found


def inline_scores(value: object, created_at: datetime) -> list[ScoreIn]:
    """Scores that came inside an interaction: {name: number} or a list of objects."""
    if value is None:
        return []
    if isinstance(value, dict):
        value = [
            {"name": name, **(one if isinstance(one, dict) else {"value": one})}
            for name, one in value.items()
        ]
    found = []
    for one in _listed("scores", value):
        if one.get("value") is None:
            continue
        try:
            found.append(_score({"kind": "judge", **one}, created_at))
        except BadRow as error:
            raise _inside("scores", error) from None
    return found


def _listed(field: str, value: object) -> list[Mapping[str, Any]]:
    hint = 'such as {"thumb": "up"}' if field == "feedback" else 'such as {"judge": 2.5}'
    if not isinstance(value, list):
        raise BadRow(field, f"{shown(value)} is not an object", hint)
    if len(value) > MAX_INLINE:
        raise BadRow(field, f"{len(value)} of them", f"at most {MAX_INLINE} in one interaction")
    for one in value:
        if not isinstance(one, dict):
            raise BadRow(field, f"{shown(one)} is not an object", hint)
    return value


def _inside(field: str, error: BadRow) -> BadRow:
    return BadRow(f"{field}.{error.field}" if error.field else field, error.message, error.hint)


def _target(row: Mapping[str, Any], default_source: str) -> tuple[str, str]:
    if not isinstance(row, Mapping):
        raise BadRow(None, f"{shown(row)} is not an object", "one object per row")
    source = name_of("source", row.get("source"), MAX_NAME)
    external_id = name_of("interaction_id", row.get("interaction_id"), MAX_ID)
    if external_id is None:
        raise BadRow("interaction_id", "missing", "the id that the interaction was sent with")
    return source or default_source, external_id


def _feedback(row: Mapping[str, Any], now: datetime) -> FeedbackIn:
    value = _on_scale(row)
    comment = row.get("comment") or None
    if comment is not None:
        comment = _comment(comment)
    raw = {key: row[key] for key in sorted(row) if key not in _NOT_RAW and row[key] is not None}
    if not raw and comment is None:
        raise BadRow("score", "nothing was said", "send score, thumb, rating or comment")
    said = json_of("score", raw)
    if len(said) > MAX_RAW:
        raise BadRow("score", f"{len(said)} characters", f"at most {MAX_RAW}")
    actor = name_of("actor", row.get("actor"), MAX_NAME)
    when = time_said(row)
    return FeedbackIn(
        fingerprint=_fingerprint(said, comment, actor, when),
        value=value,
        raw=said,
        actor=actor,
        comment=comment,
        created_at=when or now,
    )


def _comment(value: object) -> str:
    if not isinstance(value, str):
        raise BadRow("comment", f"{shown(value)} is no text", "a text")
    if len(value) > MAX_COMMENT:
        raise BadRow("comment", f"{len(value)} characters", f"at most {MAX_COMMENT}")
    # a column of plain text: PostgreSQL holds no NUL
    return str(mended(value)).replace("\x00", "\ufffd")


def _on_scale(row: Mapping[str, Any]) -> float | None:
    """The feedback from 0 to 1 where its scale is known; None where it is not."""
    given = [name for name in SCALES if row.get(name) is not None]
    if len(given) > 1:
        raise BadRow(given[0], f"came with {given[1]}", f"send one of {', '.join(SCALES)}")
    if given == ["score"]:
        score = row["score"]
        return float(score) if isinstance(score, bool) else number_of("score", score, 0.0, 1.0)
    if given == ["thumb"]:
        thumb = row["thumb"]
        if not isinstance(thumb, str | bool) or thumb not in _THUMBS:
            raise BadRow("thumb", f"{shown(thumb)} is neither", "up or down")
        return _THUMBS[thumb]
    return _rating(row) if given else None


def _rating(row: Mapping[str, Any]) -> float | None:
    rating = number_of("rating", row["rating"], _ANY)
    low, high = number_of("min", row.get("min"), _ANY), number_of("max", row.get("max"), _ANY)
    if rating is None or low is None or high is None:
        return None
    if not 0 < high - low < float("inf"):
        raise BadRow("min", f"{low:g} is not below max {high:g}", "the ends of the scale")
    if not low <= rating <= high:
        raise BadRow("rating", f"{rating:g} is not on the scale", f"from {low:g} to {high:g}")
    return (rating - low) / (high - low)


def _score(row: Mapping[str, Any], now: datetime) -> ScoreIn:
    name = name_of("name", row.get("name"), MAX_NAME)
    if name is None:
        raise BadRow("name", "missing", "what the score is called")
    kind = row.get("kind")
    if kind not in KINDS:
        raise BadRow("kind", f"{shown(kind)} is neither", "check or judge")
    given = row.get("value")
    value = number_of("value", float(given) if isinstance(given, bool) else given, _ANY)
    if value is None:
        raise BadRow("value", "missing", "a number")
    version = name_of("version", row.get("version"), MAX_NAME)
    when = time_said(row)
    return ScoreIn(
        fingerprint=_fingerprint(name, kind, value, version, when),
        name=name,
        kind=str(kind),
        value=value,
        version=version,
        created_at=when or now,
    )


def _fingerprint(*parts: object) -> int:
    """What the sender said as one number, so that saying it again is recognised."""
    return hash63("\x1f".join([str(part) for part in parts]).encode())
