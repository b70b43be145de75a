"""Tasks with an agreed answer: a guideline's `gold.jsonl`, and when an answer is as agreed.

The hash of a guideline does not know them: labels made before and after a line was added answer
the same question, and are compared.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec

from labeling.errors import GuidelineError, InvalidLabel
from labeling.fields import (
    Boolean,
    Choice,
    Field,
    Pairwise,
    Rating,
    Spans,
    Subject,
    Tags,
    refer_to,
)
from storage import BadRow, Session
from storage.interactions import GUIDELINE_SOURCE, InteractionIn, parse_interaction
from storage.queries import care
from storage.types import EPOCH, encode_json
from storage.values import mended

FILE = "gold.jsonl"
USES = ("qualification", "gold", "both")
JUDGED = (Rating, Tags, Choice, Boolean, Pairwise)
OWN_KEYS = ("expected", "why", "use")
WHY_CHARS = 2_000
NEAR = 1
"""Points by which a rating may be off, on its side of `failure_below`."""
SHARED = 0.5
"""The share of all tags named by either that both have to name."""


@dataclass(frozen=True)
class Gold:
    """One line of the file: an interaction, what was agreed on, and why."""

    row: Mapping[str, Any]
    """The interaction as it would arrive."""
    expected: Mapping[str, Any]
    """Agreed values by field; a field that is left out is not judged."""
    why: str | None
    use: str

    def interaction(self, slug: str, now: datetime) -> InteractionIn:
        """The same, ready to be stored; another text or answer is another interaction."""
        source = f"{GUIDELINE_SOURCE}{slug}"
        one = parse_interaction(self.row, default_source=source, now=now)
        said = "\x1f".join(
            [one.messages, one.responses, one.context or "", encode_json(self.expected)]
        )
        version = sha256(said.encode()).hexdigest()[:12]
        named = {**self.row, "id": f"{one.external_id}@{version}"}
        return parse_interaction(named, default_source=source, now=now)


def read_gold(folder: Path, fields: Sequence[Field]) -> tuple[Gold, ...]:
    """The agreed answers in the folder of a guideline; none when there is no such file.

    Raises
    ------
    GuidelineError
        Naming file, line, key and fix.
    """
    file = folder / FILE
    if not file.exists():
        return ()
    found: list[Gold] = []
    lines: dict[str, int] = {}
    for number, text in enumerate(file.read_bytes().split(b"\n"), start=1):
        if not text.strip():
            continue
        wrong = _blamed(str(file), number)
        one = _gold(text, fields, wrong)
        try:
            one.interaction(folder.name, EPOCH)
        except BadRow as error:
            raise wrong(error.field, error.message, error.hint or "a shorter id") from error
        name = str(one.row["id"])
        if name in lines:
            raise wrong("id", f"{name!r} is on line {lines[name]} already", "give each its own")
        lines[name] = number
        found.append(one)
    return tuple(found)


Blame = Callable[[str | None, str, str], GuidelineError]


def _blamed(file: str, line: int) -> Blame:
    return lambda key, message, hint: GuidelineError(file, line, key, message, hint)


def _gold(text: bytes, fields: Sequence[Field], wrong: Blame) -> Gold:
    try:
        row = mended(msgspec.json.decode(text))
    except (msgspec.DecodeError, UnicodeError) as error:
        raise wrong(None, str(error), "one JSON object on a line") from error
    if not isinstance(row, dict):
        raise wrong(None, "this is not an object", "one JSON object on a line")
    if "source" in row:
        raise wrong("source", "is set by the guideline", "leave it out")
    told = {key: value for key, value in row.items() if key not in OWN_KEYS}
    try:
        if not parse_interaction(told, default_source="gold", now=EPOCH).chars:
            raise BadRow("response", "is missing", "there has to be something to judge")
    except BadRow as error:
        raise wrong(error.field, error.message, error.hint or "see docs/ingestion.md") from error
    why, use = _why_and_use(row, wrong)
    expected = _expected(row.get("expected"), fields, wrong)
    _check_places(told, expected, fields, wrong)
    return Gold(told, expected, why, use)


def _check_places(
    told: Mapping[str, Any], expected: Mapping[str, Any], fields: Sequence[Field], wrong: Blame
) -> None:
    """Refuse agreed values that point at what the line does not have."""
    one = parse_interaction(told, default_source="gold", now=EPOCH)
    texts = {name: msgspec.json.decode(getattr(one, name)) for name in ("messages", "responses")}
    try:
        refer_to(fields, expected, Subject.of(texts))
    except InvalidLabel as error:
        hint = error.hint or "see the interaction on this line"
        raise wrong(f"expected.{error.field}", error.message, hint) from error


def _why_and_use(row: Mapping[str, Any], wrong: Blame) -> tuple[str | None, str]:
    why, use = row.get("why"), row.get("use", "both")
    if why is not None and not (isinstance(why, str) and 0 < len(why.strip()) <= WHY_CHARS):
        hint = f"a sentence or two, at most {WHY_CHARS} characters"
        raise wrong("why", "is no text, or too long", hint)
    if use not in USES:
        raise wrong("use", f"{use!r:.80} is no use", "one of: " + ", ".join(USES))
    if why is None and use != "gold":
        raise wrong("why", "is missing", "say why: people read it after they answered")
    return why, use


def _expected(told: object, fields: Sequence[Field], wrong: Blame) -> dict[str, Any]:
    """The agreed values, checked by the form; required fields may be left out."""
    if not isinstance(told, dict) or not told:
        raise wrong("expected", "is missing", 'such as {"quality": 2, "issues": ["incomplete"]}')
    known = {one.name: one for one in fields}
    values = {}
    for name, value in told.items():
        if name not in known:
            hint = "fields: " + ", ".join(known)
            raise wrong(f"expected.{name}", "there is no such field", hint)
        try:
            values[name] = known[name].validate(value)
        except InvalidLabel as error:
            hint = error.hint or "see fields.toml"
            raise wrong(f"expected.{name}", error.message, hint) from error
    for name in values:
        when = known[name].asked_when
        if when is not None and when.field in values and not when.holds(values):
            raise wrong(f"expected.{name}", f"is asked only when {when}", "leave it out")
    if not any(isinstance(known[name], JUDGED) for name in values):
        raise wrong("expected", "has nothing to judge by", "a rating, tags, a choice or yes or no")
    return values


def keep_gold(session: Session, slug: str, gold: Sequence[Gold], now: datetime) -> None:
    """Store what is new in a guideline's file, and serve no more what is gone from it."""
    rows = [
        care.GoldIn(one.interaction(slug, now), dict(one.expected), one.why, one.use)
        for one in gold
    ]
    care.keep_gold(session, slug, rows, now)


def judged(
    fields: Sequence[Field], expected: Mapping[str, Any], values: Mapping[str, Any] | None
) -> dict[str, bool]:
    """Whether each judged field was answered as agreed.

    A rating may be one point off, but not on the other side of `failure_below`; without such a
    line it has to be the same. Of all tags that either names, both have to name at least half;
    where none was agreed on, none may be named. A choice, a preference and yes or no have to be
    the same.
    """
    given = values or {}
    return {
        one.name: _as_agreed(one, expected[one.name], given.get(one.name))
        for one in fields
        if isinstance(one, JUDGED) and one.name in expected and one.is_asked(given)
    }


def is_right(
    fields: Sequence[Field], expected: Mapping[str, Any], values: Mapping[str, Any] | None
) -> bool:
    """Whether every judged field was answered as agreed."""
    return all(judged(fields, expected, values).values())


def _as_agreed(field: Field, agreed: Any, said: Any) -> bool:
    if isinstance(field, Tags):
        ours, theirs = set(agreed), set(said or ())
        return ours == theirs or len(ours & theirs) >= SHARED * len(ours | theirs)
    if said is None:
        return False
    if isinstance(field, Rating) and field.failure_below is not None:
        line = field.failure_below
        return bool(abs(said - agreed) <= NEAR and (said < line) == (agreed < line))
    return bool(said == agreed)


def in_words(field: Field, value: Any, order: Sequence[str] = ()) -> str:
    """A value as people read it on the form, or that there is none."""
    if value is None or value == []:
        return "none" if isinstance(field, Tags | Spans) else "not answered"
    return field.in_words(value, order)
