"""Writing down what is settled: verdicts of origin unanimous, majority or model, append-only.

A verdict of a person is never touched. One that was kept and is no longer supported is withdrawn.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from labeling.consensus import Settling, settling
from labeling.consensus_report import KEPT
from labeling.fields import Tags
from labeling.outcomes import ADJUDICATED, asked_alike
from storage import Session, Store
from storage.queries import verdicts
from storage.queries.accounts import Account

BATCH = 500


@dataclass(frozen=True)
class Finding:
    """What is settled on a task, and by which labels."""

    task: int
    value: Any
    """None: it was kept once and is settled no longer."""
    origin: str
    label_ids: Sequence[int]
    reason: str


def keep_consensus(
    store: Store,
    queue_name: str,
    *,
    by: Account | None,
    clock: Callable[[], datetime],
    **asked: Any,
) -> dict[str, Any]:
    """Keep what is settled as verdicts; `asked` as for `settling`.

    Tasks need two labels and, of a model, a posterior of at least `at_least` (of tags: each).
    """
    with store.snapshot() as session:
        one = settling(session, queue_name, **asked)
        known = {
            row.task_id: row
            for row in verdicts.verdicts_of_queue(session, one.queue.id)
            if row.field == one.field.name
        }
        findings = list(_findings(one))
    people = {task for task, row in known.items() if _is_persons(row)}
    fresh = [
        found
        for found in findings
        if found.task not in people and _differs(found, known.get(found.task))
    ]
    fresh += _unsupported(one, findings, known)
    fresh.sort(key=lambda found: found.task)  # two at once lock tasks in the same order
    written = withdrawn = 0
    for start in range(0, len(fresh), BATCH):
        batch = fresh[start : start + BATCH]
        with store.write() as session:
            now = clock()
            done = [found for found in batch if _write(session, one.field.name, found, by, now)]
            withdrawn += sum(found.value is None for found in done)
            written += sum(found.value is not None for found in done)
    return {
        "queue": one.queue.name,
        "field": one.field.name,
        "method": one.method,
        "at_least": one.parts[0].at_least,
        "written": written,
        "unchanged": sum(not _differs(found, known.get(found.task)) for found in findings),
        "withdrawn": withdrawn,
        "left_to_people": sum(found.task in people for found in findings),
    }


def _findings(one: Settling) -> Iterator[Finding]:
    """Every task all of whose parts are settled."""
    if any(part.found is None for part in one.parts):
        return
    ids = _label_ids(one)
    states = [part.states for part in one.parts]
    first = one.parts[0].found
    tasks = first.tasks if first is not None else ()
    for place, task in enumerate(tasks):  # parts of tags have the same tasks in the same order
        if any(state[place] != "settled" for state in states):
            continue
        values = [part.value(place) for part in one.parts]
        value = values[0]
        if isinstance(one.field, Tags):
            pairs = zip(one.field.categories, values, strict=True)
            value = [tag for tag, there in pairs if there]
        said = ids.get(task, [])
        yield Finding(task, value, _origin(one, place), said, _reason(one, place, len(said)))


def _label_ids(one: Settling) -> dict[int, list[int]]:
    """The labels that answered the field, by task."""
    labels = asked_alike(one.voting, one.field, one.forms)
    found: dict[int, list[int]] = {}
    rows = zip(labels["task"], labels["label_id"], labels["values"], labels["role"], strict=True)
    for task, label_id, values, role in rows:
        untouched = isinstance(one.field, Tags) and role != "import"
        if untouched or values.get(one.field.name) is not None:
            found.setdefault(int(task), []).append(int(label_id))
    return found


def _origin(one: Settling, place: int) -> str:
    if one.method != "majority":
        return "model"
    votes = [part.found.votes[place] for part in one.parts if part.found is not None]
    return "unanimous" if all(one.max() == one.sum() for one in votes) else "majority"


def _reason(one: Settling, place: int, labels: int) -> str:
    least = min(float(part.found.certainty[place]) for part in one.parts if part.found is not None)
    what = "share of votes" if one.method == "majority" else "posterior"
    return f"{one.method.replace('_', '-')} of {labels} labels: {what} {least:.3f}"


def _is_persons(row: Any) -> bool:
    return row.origin == ADJUDICATED and row.value is not None


def _differs(found: Finding, row: Any) -> bool:
    """Whether a finding says anything that the newest verdict, if there is one, does not."""
    if row is None:
        return True
    return bool(row.value != found.value or (row.value is not None and row.origin != found.origin))


def _unsupported(
    one: Settling, findings: Sequence[Finding], known: Mapping[int, Any]
) -> list[Finding]:
    """What was kept once and does not stand any more."""
    stands = {found.task for found in findings}
    bar = "" if one.method == "majority" else f" at {one.parts[0].at_least}"
    reason = f"not settled by {one.method}{bar}"
    return [
        Finding(task, None, row.origin, [], reason)
        for task, row in known.items()
        if row.value is not None and row.origin in KEPT and task not in stands
    ]


def _write(session: Session, field: str, found: Finding, by: Account | None, now: datetime) -> bool:
    """Append a verdict unless meanwhile a person has, or it is there; whether it was."""
    verdicts.lock_task(session, found.task)
    latest = None
    for row in verdicts.verdicts_of_task(session, found.task):
        latest = row if row.field == field else latest
    if latest is not None and (_is_persons(latest) or not _differs(found, latest)):
        return False
    verdicts.add_verdict(
        session,
        {
            "task_id": found.task,
            "field": field,
            "revision": latest.revision + 1 if latest is not None else 1,
            "value": found.value,
            "origin": found.origin,
            "account_id": by.id if by else None,
            "reason": found.reason,
            "label_ids": list(found.label_ids),
            "created_at": now,
        },
    )
    return True
