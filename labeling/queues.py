"""Queues: made for a guideline, changed by leads, entered by annotators."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from labeling.assignment import SHOWABLE, may_enter
from labeling.errors import InvalidLabel
from labeling.forms import form
from labeling.gold import keep_gold
from labeling.guideline import Guideline
from labeling.overlap import MAX_OVERLAP, OverlapRule
from labeling.rules import CARE, CareRules, care_of, check_gold
from storage import NotFound, Session
from storage.queries import queues
from storage.queries.accounts import Account, account_named
from storage.values import OWN_NAME, is_own_name

LEASE_SECONDS = (10, 7 * 24 * 3600)


@dataclass(frozen=True)
class QueueSpec:
    """What a lead says when they make a queue."""

    name: str
    guideline: str
    overlap: int = 1
    overlap_rate: float = 1.0
    lease_seconds: int = 1800
    show: tuple[str, ...] = ()
    people: tuple[str, ...] | None = None
    """Account names that may enter; None: every annotator."""
    care: CareRules = field(default_factory=CareRules)
    overlap_until: Mapping[str, Any] | None = None
    """`{"posterior", "at_most", "field"?}`: ask further people while a task is unsure."""

    def check(self) -> None:
        """Raise InvalidLabel on the first field that cannot be."""
        _check(self.name, self.overlap, self.overlap_rate, self.lease_seconds)
        _check_shown(self.show)
        replace(self.care, show=self.show).check()


def _check(name: str, overlap: int, overlap_rate: float, lease_seconds: int) -> None:
    if not is_own_name(name):
        raise InvalidLabel("name", f"{name!r} cannot name a queue", OWN_NAME)
    if "/" in name:
        raise InvalidLabel("name", f"{name!r} cannot name a queue", "leave out the slash")
    if not 1 <= overlap <= MAX_OVERLAP:
        raise InvalidLabel("overlap", f"{overlap} is out of range", f"from 1 to {MAX_OVERLAP}")
    if not 0 <= overlap_rate <= 1:
        raise InvalidLabel("overlap_rate", f"{overlap_rate} is out of range", "from 0 to 1")
    low, high = LEASE_SECONDS
    if not low <= lease_seconds <= high:
        hint = f"from {low} to {high} seconds"
        raise InvalidLabel("lease_seconds", f"{lease_seconds} is out of range", hint)


def _check_shown(show: Sequence[str]) -> None:
    unknown = [name for name in show if name not in SHOWABLE]
    if unknown:
        hint = f"possible: {', '.join(SHOWABLE)}"
        raise InvalidLabel("show", f"{unknown[0]!r} cannot be shown", hint)


def create_queue(
    session: Session,
    spec: QueueSpec,
    guideline: Guideline,
    by: Account | None,
    now: datetime,
) -> dict[str, Any]:
    """Make a queue; the queue as `queue_info` gives it."""
    spec.check()
    until = OverlapRule.read(spec.overlap_until)
    if until is not None:
        until.check(spec.overlap, spec.overlap_rate, guideline.fields)
    queue_id = queues.add_queue(
        session,
        {
            "name": spec.name,
            "guideline_id": keep_guideline(session, guideline, now),
            "overlap": spec.overlap,
            "overlap_rate": spec.overlap_rate,
            "lease_seconds": spec.lease_seconds,
            "overlap_until": None if until is None else until.to_json(),
            "show": list(spec.show),
            "everyone": spec.people is None,
            "created_at": now,
            "created_by": by.id if by else None,
            **spec.care.columns(),
        },
    )
    keep_gold(session, guideline.slug, guideline.gold, now)
    check_gold(session, queues.queue_named(session, spec.name))
    if spec.people is not None:
        queues.set_members(session, queue_id, _account_ids(session, spec.people))
    return queue_info(session, spec.name)


def keep_guideline(session: Session, guideline: Guideline, now: datetime) -> int:
    """Store a version of a guideline unless it is there; its id."""
    values = {
        "slug": guideline.slug,
        "hash": guideline.hash,
        "version": guideline.version,
        "title": guideline.title,
        "markdown": guideline.markdown,
        "fields": [field.to_json() for field in guideline.fields],
    }
    return queues.keep_guideline(session, values, now)


def sync_guidelines(session: Session, guidelines: Mapping[str, Guideline], now: datetime) -> int:
    """Put every queue on the newest version of its guideline; how many moved."""
    for slug in {row.guideline_slug for row in queues.queue_rows(session)} & set(guidelines):
        keep_gold(session, slug, guidelines[slug].gold, now)
    return sum(
        queues.move_queues(session, slug, keep_guideline(session, guideline, now))
        for slug, guideline in guidelines.items()
    )


def _account_ids(session: Session, names: Sequence[str]) -> list[int]:
    ids = []
    for name in dict.fromkeys(names):
        found = account_named(session, name)
        if found is None:
            raise NotFound("account", name)
        ids.append(found.id)
    return ids


def queue_info(session: Session, name: str) -> dict[str, Any]:
    """A queue with its guideline, rules and counts."""
    return _info(session, queues.queue_named(session, name))


def list_queues(session: Session, account: Account | None = None) -> list[dict[str, Any]]:
    """Every queue, or those that an account may enter."""
    rows = queues.queue_rows(session)
    if account is not None:
        rows = [row for row in rows if may_enter(session, row, account)]
    return [_info(session, row) for row in rows]


def _info(session: Session, row: queues.QueueRow) -> dict[str, Any]:
    counts = queues.task_counts(session, row.id)
    return {
        "name": row.name,
        "guideline": {
            "slug": row.guideline_slug,
            "version": row.guideline_version,
            "hash": row.guideline_hash,
            "title": row.guideline_title,
        },
        "overlap": row.overlap,
        "overlap_rate": row.overlap_rate,
        "lease_seconds": row.lease_seconds,
        "overlap_until": row.overlap_until,
        "show": row.show,
        "people": None if row.everyone else queues.members(session, row.id),
        "paused": row.paused_at is not None,
        "created_at": row.created_at,
        **care_of(row),
        "tasks": counts.tasks,
        "labels_needed": int(counts.labels_needed),
        "labels_done": int(counts.labels_done),
        "leased": int(counts.leased),
        "imported_tasks": counts.imported_tasks,
        "schedule": _schedule_info(session, row.id),
    }


def _schedule_info(session: Session, queue_id: int) -> dict[str, Any] | None:
    row = queues.schedule_of(session, queue_id)
    if row is None:
        return None
    return {
        "strategy": row.strategy,
        "params": row.params,
        "size": row.size,
        "rate": row.rate,
        "where": row.where,
        "every_seconds": row.every_seconds,
        "next_at": row.next_at,
        "window_from": row.window_from,
        "enabled": row.enabled,
    }


CHANGEABLE = ("overlap", "overlap_rate", "lease_seconds", "show", "overlap_until", "people",
              "paused", *CARE)  # fmt: skip


def _until(session: Session, row: queues.QueueRow, changes: Mapping[str, Any]) -> dict[str, Any]:
    """The rule of further labels, if it or what it depends on is changed."""
    until = OverlapRule.read(changes.get("overlap_until", row.overlap_until))
    if until is not None and {"overlap", "overlap_rate", "overlap_until"} & set(changes):
        until.check(
            changes.get("overlap", row.overlap),
            changes.get("overlap_rate", row.overlap_rate),
            form(session, row.guideline_id),
        )
    if "overlap_until" not in changes:
        return {}
    return {"overlap_until": None if until is None else until.to_json()}


def change_queue(
    session: Session, name: str, changes: Mapping[str, Any], now: datetime
) -> dict[str, Any]:
    """Change a queue; overlap and its rate hold for tasks drawn from now on."""
    row = queues.queue_named(session, name)
    for key in changes:
        if key not in CHANGEABLE:
            hint = f"possible: {', '.join(CHANGEABLE)}"
            raise InvalidLabel(key, "this cannot be changed", hint)
    values = {key: changes[key] for key in CHANGEABLE[:4] if key in changes}
    _check(
        name,
        values.get("overlap", row.overlap),
        values.get("overlap_rate", row.overlap_rate),
        values.get("lease_seconds", row.lease_seconds),
    )
    _check_shown(values.get("show", ()))
    values |= _until(session, row, changes)
    if any(key in changes for key in (*CARE, "show")):
        asked = {**care_of(row), **{key: changes[key] for key in CARE if key in changes}}
        rules = CareRules(**asked, show=tuple(values.get("show", row.show)))
        rules.check()
        values |= rules.columns(row.check_seed)
    if "paused" in changes:
        values["paused_at"] = (row.paused_at or now) if changes["paused"] else None
    if "people" in changes:
        people = changes["people"]
        values["everyone"] = people is None
        queues.set_members(session, row.id, _account_ids(session, people or ()))
    if values:
        queues.change_queue(session, row.id, values)
    if any(key in changes for key in CARE):
        check_gold(session, queues.queue_named(session, name))
    return queue_info(session, name)
