"""Feedback and scores as they arrive, alone or inside an interaction."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from storage.errors import BadRow
from storage.types import encode_json
from storage.values import MAX_ID, MAX_NAME, hash63, moment_of, name_of, number_of, storable

SCALES = ("score", "thumb", "rating", "value")
KINDS = ("check", "judge")
MAX_COMMENT = 20_000


class FeedbackIn(msgspec.Struct):
    """What an end user said, ready to be stored."""

    fingerprint: int
    value: float | None
    raw: dict[str, Any]
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


def inline_feedback(value: object, created_at: datetime) -> list[FeedbackIn]:
    """Feedback that came inside an interaction: one object or a list."""
    listed = value if isinstance(value, list) else [value]
    found = []
    for one in listed:
        if not isinstance(one, Mapping):
            raise BadRow("feedback", f"{one!r:.80}", 'an object such as {"thumb": "up"}')
        try:
            found.append(_feedback(one, created_at))
        except BadRow as error:
            raise BadRow(f"feedback.{error.field}", error.message, error.hint) from None
    return found


def inline_scores(value: object, created_at: datetime) -> list[ScoreIn]:
    """Scores that came inside an interaction: {name: number} or a list of objects."""
    if isinstance(value, Mapping):
        value = [
            {"name": name, "kind": "judge", **(one if isinstance(one, Mapping) else {"value": one})}
            for name, one in value.items()
        ]
    if not isinstance(value, list):
        raise BadRow("scores", f"{value!r:.80}", 'such as {"judge": 2.5}')
    found = []
    for one in value:
        if not isinstance(one, Mapping):
            raise BadRow("scores", f"{one!r:.80}", "an object with name and value")
        if one.get("value") is None:
            continue
        try:
            found.append(_score({"kind": "judge", **one}, created_at))
        except BadRow as error:
            raise BadRow(f"scores.{error.field}", error.message, error.hint) from None
    return found


def _target(row: Mapping[str, Any], default_source: str) -> tuple[str, str]:
    if not isinstance(row, Mapping):
        raise BadRow(None, f"{type(row).__name__} is not an object", "one object a row")
    source = name_of("source", row.get("source", default_source), MAX_NAME)
    external_id = name_of("interaction_id", row.get("interaction_id"), MAX_ID)
    if external_id is None:
        raise BadRow("interaction_id", "missing", "the id the interaction was sent with")
    return source or default_source, external_id


def _feedback(row: Mapping[str, Any], now: datetime) -> FeedbackIn:
    value = _on_scale(row)
    comment = row.get("comment")
    if comment is not None and not isinstance(comment, str):
        raise BadRow("comment", f"{comment!r:.80}", "a text")
    if comment and len(comment) > MAX_COMMENT:
        raise BadRow("comment", f"{len(comment)} characters", f"at most {MAX_COMMENT}")
    if comment:
        comment = storable("comment", comment).replace("\x00", "\ufffd")
    if not comment and not any(row.get(name) is not None for name in SCALES):
        raise BadRow("score", "nothing was said", "score, thumb, rating or comment")
    actor = name_of("actor", row.get("actor"), MAX_NAME)
    said = row.get("created_at")
    created_at = now if said is None else moment_of("created_at", said)
    raw = {name: row[name] for name in (*SCALES, "min", "max", "name") if row.get(name) is not None}
    when = None if said is None else created_at.isoformat()
    return FeedbackIn(
        fingerprint=_fingerprint([raw, comment, actor, when]),
        value=value,
        raw=raw,
        actor=actor,
        comment=comment or None,
        created_at=created_at,
    )


def _on_scale(row: Mapping[str, Any]) -> float | None:
    """The feedback from 0 to 1 where its scale is known; None where it is not."""
    if row.get("score") is not None:
        return number_of("score", row["score"], 0.0, 1.0)
    thumb = row.get("thumb")
    if thumb is not None:
        known = {"up": 1.0, "down": 0.0, True: 1.0, False: 0.0}
        if not isinstance(thumb, str | bool) or thumb not in known:
            raise BadRow("thumb", f"{thumb!r:.80}", "up or down")
        return known[thumb]
    rating = number_of("rating", row.get("rating"), float("-inf"))
    if rating is None or row.get("min") is None or row.get("max") is None:
        return None
    low = number_of("min", row["min"], float("-inf"))
    high = number_of("max", row["max"], float("-inf"))
    if low is None or high is None or not low < high or not low <= rating <= high:
        raise BadRow("rating", f"{rating:g} on {low} to {high}", "min < max, rating between them")
    return (rating - low) / (high - low)


def _score(row: Mapping[str, Any], now: datetime) -> ScoreIn:
    name = name_of("name", row.get("name"), MAX_NAME)
    if name is None:
        raise BadRow("name", "missing", "what the score is called")
    kind = row.get("kind")
    if kind not in KINDS:
        raise BadRow("kind", f"{kind!r:.80}", "check or judge")
    given = row.get("value")
    value = number_of("value", float(given) if isinstance(given, bool) else given, float("-inf"))
    if value is None:
        raise BadRow("value", "missing", "a number")
    version = name_of("version", row.get("version"), MAX_NAME)
    said = row.get("created_at")
    created_at = now if said is None else moment_of("created_at", said)
    when = None if said is None else created_at.isoformat()
    return ScoreIn(
        fingerprint=_fingerprint([name, kind, value, version, when]),
        name=name,
        kind=str(kind),
        value=value,
        version=version,
        created_at=created_at,
    )


def _fingerprint(parts: list[Any]) -> int:
    return hash63(encode_json(parts).encode())
