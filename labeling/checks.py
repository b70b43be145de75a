"""How careful and how fast: a person's own totals, and a lead's figures of everybody's."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any

from analysis import Figure, wilson
from labeling.care import Standing, standing
from labeling.errors import InvalidLabel
from labeling.fields import Field, Tags
from labeling.gold import JUDGED, is_right
from labeling.submit import form
from storage import NotFound, Session
from storage.queries import care, queues
from storage.queries.accounts import Account, account_named

ENOUGH = 10
"""Checks from which on their total is told, and people may be compared."""
LATEST = 50
"""Own labels that the pace is the median of."""
OFFSET_MINUTES = 14 * 60
TOO_FEW = f"fewer than {ENOUGH}: too few to rank people by"


def own_progress(
    session: Session, account: Account, now: datetime, queue_name: str | None, offset: int = 0
) -> dict[str, Any]:
    """A person's labels, pace and checks, in one queue or in all; nobody else's.

    `offset` is the minutes by which their clock is ahead of UTC. Checks are told as a total, from
    ten on, and of the days before today alone: a total that moved after a label would tell which.
    """
    if not -OFFSET_MINUTES <= offset <= OFFSET_MINUTES:
        raise InvalidLabel("offset", f"{offset} is no offset from UTC", "in minutes, such as 60")
    queue_id = None if queue_name is None else queues.queue_named(session, queue_name).id
    seconds = care.own_seconds(session, account.id, queue_id, LATEST)
    today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    checks = care.gold_answers(session, account_id=account.id, queue_id=queue_id, before=today)
    right = sum(
        is_right(form(session, row.guideline_id), row.expected, row.values) for row in checks
    )
    return {
        "queue": queue_name,
        "labels": care.own_labels(session, account.id, queue_id),
        "today": care.own_labels(session, account.id, queue_id, _midnight(now, offset)),
        "median_seconds": round(median(seconds), 1) if seconds else None,
        "checks": {"n": len(checks), "right": right} if len(checks) >= ENOUGH else None,
    }


def _midnight(now: datetime, offset: int) -> datetime:
    """When the day began where the person is."""
    ahead = timedelta(minutes=offset)
    there = now.astimezone(UTC) + ahead
    return there.replace(hour=0, minute=0, second=0, microsecond=0) - ahead


def gold_report(session: Session, queue_name: str) -> dict[str, Any]:
    """Per annotator: checks answered as agreed, repeats answered alike, and who is qualified."""
    queue = queues.queue_named(session, queue_name)
    checks: dict[str, list[bool]] = defaultdict(list)
    for row in care.gold_answers(session, queue_id=queue.id):
        fields = form(session, row.guideline_id)
        checks[row.name].append(is_right(fields, row.expected, row.values))
    repeats: dict[str, list[bool]] = defaultdict(list)
    for row in care.repeated_answers(session, queue.id):
        fields = form(session, row.guideline_id)
        repeats[row.name].append(is_right(fields, _firmly(fields, row.first), row.second))
    return {
        "queue": queue.name,
        "gold": _shares(checks),
        "repeats": _shares(repeats),
        "qualification": _qualification(session, queue) if queue.qualification else [],
    }


def _firmly(fields: Sequence[Field], values: Mapping[str, Any]) -> dict[str, Any]:
    """What of an answer has to come out alike the next time: what is needed, and tags."""
    firm = {}
    for one in fields:
        if isinstance(one, Tags):
            firm[one.name] = values.get(one.name) or []
        elif isinstance(one, JUDGED) and one.required and one.name in values:
            firm[one.name] = values[one.name]
    return firm


def _shares(by_name: Mapping[str, list[bool]]) -> list[dict[str, Any]]:
    return [
        {"annotator": name, "n": len(marks), "right": sum(marks), "rate": _rate(marks)}
        for name, marks in sorted(by_name.items())
    ]


def _rate(marks: Sequence[bool]) -> dict[str, Any]:
    n, share = len(marks), sum(marks) / len(marks)
    told = Figure(share, *wilson(share, n), n, "share, Wilson interval").to_json()
    return told if n >= ENOUGH else {**told, "note": TOO_FEW}


def _qualification(session: Session, queue: queues.QueueRow) -> list[dict[str, Any]]:
    begun = {row.name for row in care.qualification_answers(session, queue.id)}
    names = begun | {row.name for row in care.decided(session, queue.id)}
    return [
        standing_json(name, standing(session, queue, account))
        for name in sorted(names)
        if (account := account_named(session, name)) is not None
    ]


def standing_json(name: str, stands: Standing) -> dict[str, Any]:
    """Where somebody stands, for a lead."""
    return {
        "annotator": name,
        "state": stands.state,
        "answered": stands.answered,
        "right": stands.right,
        "tasks": stands.tasks,
        "attempt": stands.attempt + 1,
        "admitted": stands.admitted,
    }


def annotator_named(session: Session, name: str) -> Account:
    """The annotator of that name.

    Raises
    ------
    NotFound
        If there is no such account.
    InvalidLabel
        If it is not an annotator's: nobody else has to qualify.
    """
    account = account_named(session, name)
    if account is None:
        raise NotFound("account", name)
    if account.role != "annotator":
        message = f"{name} is {account.role}, and need not qualify"
        raise InvalidLabel("annotator", message, "name an annotator")
    return account
