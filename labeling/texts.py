"""Rules on texts: words of a group of failing texts, looked for in all traffic.

What holds enough of the words gets a score of kind check (0: it does not pass), through the one way
in. So a draw can be told to look at such interactions without reading a text, and both what is
drawn from and what was drawn can be replayed.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from analysis import TextRule, terms_of
from labeling.errors import InvalidLabel
from labeling.fields import is_storable
from storage import Conflict, NotFound, Session, Store
from storage.clock import draw_clock
from storage.ingest import ingest_scores
from storage.queries import texts
from storage.queries.accounts import Account

MOST_WORDS = 12
WORD_CHARS = 60
NAME_CHARS = 100
AT_ONCE = 1_000
"""Texts that are read in one go; after each the work can stop and go on."""
Clock = Callable[[], datetime]


@dataclass(frozen=True)
class Wanted:
    """A rule that is to be kept."""

    words: Sequence[str]
    at_least: int = 1
    name: str | None = None
    """None: the words themselves."""


def keep_rule(session: Session, wanted: Wanted, who: Account | None, now: datetime) -> str:
    """Keep a rule; its name. The same again changes nothing, or takes it up where it was ended.

    Raises
    ------
    InvalidLabel
        If words, number or name cannot be; names the field.
    Conflict
        `name_taken` when another rule has the name.
    """
    words = _words(wanted.words)
    if not 1 <= wanted.at_least <= len(words):
        message = f"{wanted.at_least} of {len(words)} words is not possible"
        raise InvalidLabel("at_least", message, f"from 1 to {len(words)}")
    name = _name(wanted.name or " ".join(words))
    known = texts.rule_named(session, name)
    if known is None:
        values = {"name": name, "words": words, "at_least": wanted.at_least, "read_to": 0,
                  "created_at": now, "account_id": who.id if who else None}  # fmt: skip
        texts.add_rule(session, values)
    elif (known.words, known.at_least) != (words, wanted.at_least):
        message = f"there is another rule {name!r}"
        raise Conflict("name_taken", message, "choose another name")
    elif known.ended_at is not None:
        texts.change_rule(session, name, {"ended_at": None})
    return name


def end_rule(session: Session, name: str, now: datetime) -> dict[str, Any]:
    """Look no longer at new traffic; what was found stays.

    Raises
    ------
    NotFound
        If there is no such rule.
    """
    known = texts.rule_named(session, name) if is_storable(name) else None
    if known is None:
        raise NotFound("rule on texts", name)
    if known.ended_at is None:
        texts.change_rule(session, name, {"ended_at": now})
    return told(session, name)


def kept_rules(session: Session) -> list[dict[str, Any]]:
    """All rules, the newest first: words, how many interactions hold, how many are to be read."""
    return [_told(session, row) for row in texts.rule_rows(session)]


def told(session: Session, name: str) -> dict[str, Any]:
    """One of the same."""
    return next(one for one in kept_rules(session) if one["name"] == name)


def read_texts(store: Store, clock: Clock, *, seconds: float) -> int:
    """Look for every rule in what has not been read yet, for so many seconds; texts left about.

    Stopped at any moment it goes on where it was: what was found is stored before it is noted how
    far texts were read, and a score that is there already is not stored twice.
    """
    end = time.monotonic() + seconds
    with store.write(durable=False) as session:
        moment = draw_clock(session, clock)
    with store.read() as session:
        live = texts.live_rules(session)
    for row in live:
        at: int | None = row.read_to
        while at is not None and time.monotonic() < end:
            at = _read_some(store, row, at, moment, clock)
    with store.read() as session:
        rules = texts.live_rules(session)
        return max((texts.unread(session, row.read_to) for row in rules), default=0)


def _read_some(store: Store, row: Any, after: int, moment: datetime, clock: Clock) -> int | None:
    """Read the next texts for a rule; the last of them, None when there are no more."""
    rule = TextRule(tuple(row.words), row.at_least)
    with store.read() as session:
        found = texts.texts_after(session, after, moment, AT_ONCE)
    if not found:
        return None
    score = {"name": texts.score_of(row.name), "kind": "check", "value": texts.HOLDS,
             "version": f"{row.at_least} of {', '.join(row.words)}"[:200]}  # fmt: skip
    held = [
        {"source": source, "interaction_id": name, **score}
        for _, source, name, text in found
        if not texts.is_ours(source) and rule.fits(terms_of(text))
    ]
    ingest_scores(store, enumerate(held), clock=clock)
    with store.write(durable=False) as session:
        texts.change_rule(session, row.name, {"read_to": found[-1][0]})
    return found[-1][0] if len(found) == AT_ONCE else None


def _told(session: Session, row: Any) -> dict[str, Any]:
    return {
        "name": row.name,
        "words": row.words,
        "at_least": row.at_least,
        "score": texts.score_of(row.name),
        "found": row.found,
        "unread": texts.unread(session, row.read_to),
        "created_at": row.created_at,
        "ended_at": row.ended_at,
    }


def _words(given: Sequence[str]) -> list[str]:
    words = list(dict.fromkeys(" ".join(one.lower().split()) for one in given))
    if not 1 <= len(words) <= MOST_WORDS:
        raise InvalidLabel("words", f"{len(words)} of them", f"from 1 to {MOST_WORDS} words")
    for one in words:
        if len(one) > WORD_CHARS or not is_storable(one) or one not in terms_of(one):
            hint = "a word, or two that follow each other; common English words do not count"
            raise InvalidLabel("words", f"{one!r:.80} is no word to look for", hint)
    return words


def _name(given: str) -> str:
    name = " ".join(given.split())
    if not name or len(name) > NAME_CHARS or not is_storable(name) or "\x00" in name:
        raise InvalidLabel("name", f"{given!r:.80} is no name", f"up to {NAME_CHARS} characters")
    return name
