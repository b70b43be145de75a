"""What a lead does with a failure pattern: note it, decide on it, make a rule of its words."""

from typing import Any
from urllib.parse import urlencode

import msgspec

from labeling import patterns, texts
from labeling.attributes import TEXTS, to_draw
from labeling.errors import InvalidLabel
from labeling.patterns import Noted, Pattern
from labeling.texts import Wanted
from server.api.deps import House
from server.pages.calls import Answer
from server.pages.sections.failure_patterns import draw_form
from server.pages.sections.noted import TEXT
from server.pages.told import Told
from storage import NotFound
from storage.queries.accounts import Account

READING_SECONDS = 2.0
"""How long a page waits for texts to be read; the scheduler reads the rest."""


class _Sent(msgspec.Struct, frozen=True):
    where: dict[str, str] = {}
    tags: list[str] = []


def note_pattern(house: House, who: Account, asked: Told) -> Answer:
    """Note a pattern with its figures of now."""
    queue, pattern = asked.needed("queue"), pattern_of(asked.needed("pattern"))
    with house.store.snapshot() as session:
        figures = patterns.pattern_figures(session, queue, pattern, house.clock())
    with house.store.write() as session:
        wanted = Noted(pattern, figures)
        number = patterns.note_pattern(session, queue, wanted, who, house.clock())
        house.note(session, who, "pattern_noted", queue, pattern=number)
    return {"go": "", "said": "Noted, with its figures of now. Decide on it under Noted patterns."}


def decide_pattern(house: House, who: Account, asked: Told) -> Answer:
    """Keep what is decided."""
    return _change(house, who, asked, {"text": _text(asked)}, "Saved.")


def close_pattern(house: House, who: Account, asked: Told) -> Answer:
    """Keep what is decided, and call it done."""
    return _change(house, who, asked, {"text": _text(asked), "done": True}, "Done.")


def open_pattern(house: House, who: Account, asked: Told) -> Answer:
    """Take a pattern up again."""
    return _change(house, who, asked, {"done": False}, "Open again.")


def keep_texts(house: House, who: Account, asked: Told) -> Answer:
    """Keep a group of texts as a rule, and show its tasks with what can be done about them."""
    name, said = _kept_rule(house, who, asked)
    where = {"queue": asked.needed("queue"), "section": "failures", "where.texts": name}
    return {"go": "?" + urlencode(where), "said": said}


def draw_texts(house: House, who: Account, asked: Told) -> Answer:
    """Keep a group of texts as a rule, and go on to a draw of more of them."""
    name, said = _kept_rule(house, who, asked)
    where = draw_form(to_draw({TEXTS: name})["where"])
    go = {"queue": asked.needed("queue"), "section": "draw", **where}
    return {"go": "?" + urlencode(go), "said": said}


def _kept_rule(house: House, who: Account, asked: Told) -> tuple[str, str]:
    wanted = Wanted(asked.listed("terms"), asked.whole("at_least") or 1)
    with house.store.write() as session:
        name = texts.keep_rule(session, wanted, who, house.clock())
        house.note(session, who, "text_rule_kept", name)
    left = texts.read_texts(house.store, house.clock, seconds=READING_SECONDS)
    with house.store.read() as session:
        found = texts.told(session, name)["found"]
    more = f"; {left:,} texts are still to be read, which goes on by itself" if left else ""
    return name, f"{found:,} interactions hold{more}."


def _change(house: House, who: Account, asked: Told, changes: dict[str, Any], said: str) -> Answer:
    number = asked.whole("number") or 0
    if number < 1:
        raise NotFound("noted pattern", number)
    with house.store.write() as session:
        patterns.change_note(session, number, who, changes, house.clock())
        house.note(session, who, "pattern_changed", str(number), **changes)
    return {"go": "", "said": said}


def _text(asked: Told) -> str | None:
    """What was typed; nothing typed changes nothing."""
    return asked.text(f"{TEXT}{asked.needed('number')}")


def pattern_of(sent: str) -> Pattern:
    """The pattern that a form carries."""
    try:
        read = msgspec.json.decode(sent, type=_Sent)
    except msgspec.DecodeError:
        raise InvalidLabel("pattern", "cannot be read", "reload the page") from None
    return Pattern(read.where, tuple(read.tags))
