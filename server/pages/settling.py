"""What a lead does with a disagreement: settle it, withdraw that, note what the guideline lacks."""

from typing import Any
from urllib.parse import urlencode

from labeling import adjudication, disagreements, notes
from labeling.adjudication import Ruling
from labeling.errors import InvalidLabel
from labeling.fields import Boolean, Field, Rating, Subject, Tags
from labeling.notes import Hole
from labeling.submit import form
from server.api.deps import House
from server.pages.calls import SENT_CHARS, Answer
from server.pages.own_answers import decoded, own_value
from server.pages.sections.own_answers import COMPOSED, OWN
from server.pages.sections.settling import FIELD, HOLE, HOW, POINTED, SEEN, SETTLE
from server.pages.told import VALUE_CHARS, Told
from storage import NotFound, Session
from storage.queries import queues
from storage.queries.accounts import Account


def settle(house: House, who: Account, asked: Told) -> Answer:
    """Settle what was chosen, then go on to the task that is worth most."""
    return _next(house, asked, _settle(house, who, asked))


def settle_here(house: House, who: Account, asked: Told) -> Answer:
    """Settle what was chosen, and stay."""
    return {"go": "", "said": _settle(house, who, asked)}


def next_task(house: House, _who: Account, asked: Told) -> Answer:
    """Go on to another task, and leave this one as it is."""
    return _next(house, asked, "")


def unsettle(house: House, who: Account, asked: Told) -> Answer:
    """Withdraw the verdict on a field."""
    queue, task, field = asked.needed("queue"), _number(asked, "task"), asked.needed("unsettled")
    ruling = Ruling({field: None}, seen={field: asked.whole("revision") or 0})
    with house.store.write() as session:
        adjudication.settle(session, queue, task, who, ruling, house.clock())
        house.note(session, who, "verdict_withdrawn", queue, task=str(task), field=field)
    return {"go": "", "said": "Withdrawn: the labels speak again."}


def close_note(house: House, who: Account, asked: Told) -> Answer:
    """Close a note on a guideline."""
    number = _number(asked, "note")
    with house.store.write() as session:
        told = notes.close(session, number, who, house.clock())
        house.note(session, who, "guideline_note_closed", told["guideline"]["slug"], note=number)
    return {"go": "", "said": "Closed."}


def _settle(house: House, who: Account, asked: Told) -> str:
    queue, task = asked.needed("queue"), _number(asked, "task")
    with house.store.write() as session:
        fields = form(session, queues.queue_named(session, queue).guideline_id)
        ruling = _ruling(asked, fields, adjudication.subject_of(session, queue, task))
        hole = _hole(asked, task)
        if not ruling.values and hole is None:
            raise InvalidLabel("reason", "nothing is settled", "choose what stands, or go on")
        if ruling.values:
            made = adjudication.settle(session, queue, task, who, ruling, house.clock())
            told: dict[str, Any] = {"task": str(task), "fields": list(made)}
            house.note(session, who, "verdict_given", queue, **told)
        if hole is not None:
            number = notes.note(session, queue, who, hole, house.clock())
            house.note(session, who, "guideline_noted", queue, note=number)
    return "Settled." if ruling.values else "Noted."


def _ruling(asked: Told, fields: tuple[Field, ...], subject: Subject) -> Ruling:
    values, seen = {}, {}
    for one in fields:
        value = _value(asked, one, subject)
        if value is not None:
            values[one.name] = value
            seen[one.name] = asked.whole(f"{SEEN}{one.name}") or 0
    return Ruling(values, asked.text("reason"), seen)


def _value(asked: Told, field: Field, subject: Subject) -> Any:
    """What was chosen for a field; None where it stays open."""
    if isinstance(field, Tags):
        chosen = asked.many(f"{FIELD}{field.name}")
        return chosen if asked.text(f"{HOW}{field.name}") == SETTLE else None
    longest = SENT_CHARS if field.kind in POINTED else VALUE_CHARS
    said = next(iter(asked.many(f"{FIELD}{field.name}", longest)), None)
    if said is None:
        return None
    if isinstance(field, Rating):
        return asked.whole(f"{FIELD}{field.name}")
    if field.kind in COMPOSED and said == OWN:
        return own_value(asked, field, subject)
    if field.kind in POINTED:
        return decoded(field.name, said)
    return said == "true" if isinstance(field, Boolean) else said


def _hole(asked: Told, task: int) -> Hole | None:
    if asked.text(HOLE) != "yes":
        return None
    return Hole(asked.needed("note"), asked.text("note.field"), task)


def _next(house: House, asked: Told, said: str) -> Answer:
    queue, field, here = asked.needed("queue"), asked.text("from"), asked.text("task")
    with house.store.read() as session:
        following = _following(house, session, queue, field, here)
    where = {"queue": queue, "section": "disagreements"}
    if field:
        where["field"] = field
    if following is None:
        return {"go": "?" + urlencode(where), "said": f"{said} Nothing else is open.".strip()}
    return {"go": "?" + urlencode(where | {"task": following}), "said": said}


def _following(
    house: House, session: Session, queue: str, field: str | None, here: str | None
) -> str | None:
    """The task after this one in the order of worth; from the last one on, the first."""
    found = disagreements.disagreements(session, queue, house.clock(), field=field, limit=1000)
    waiting = [one["task_id"] for one in found["tasks"]]
    if here in waiting:
        place = waiting.index(here)
        waiting = [*waiting[place + 1 :], *waiting[:place]]
    return waiting[0] if waiting else None


def _number(asked: Told, name: str) -> int:
    number = asked.whole(name)
    if number is None or number < 1:
        raise NotFound(name, number)
    return number
