"""Rows for tests, straight into the tables: say what matters, the rest is filled in.

Every function takes the open session first and returns the id of what it made.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from itertools import count
from typing import Any

from sqlalchemy import Table, insert, select

from storage import Session
from storage import tables as t
from storage.types import new_id

NOON = datetime(2026, 11, 1, 12, 0, 0, 250_000, tzinfo=UTC)
FIELDS: list[dict[str, Any]] = [
    {"kind": "rating", "name": "quality", "label": "Quality", "min": 1, "max": 5},
    {
        "kind": "tags",
        "name": "issues",
        "label": "Issues",
        "options": [{"value": "hallucination"}, {"value": "incomplete"}, {"value": "wrong_tone"}],
    },
    {"kind": "answer", "name": "expected_answer", "label": "Better"},
    {
        "kind": "choice",
        "name": "confidence",
        "label": "Sure?",
        "options": [{"value": "low"}, {"value": "medium"}, {"value": "high"}],
    },
    {
        "kind": "choice",
        "name": "difficulty",
        "label": "Difficulty",
        "options": [{"value": "easy"}, {"value": "hard"}],
    },
    {"kind": "boolean", "name": "requires_context", "label": "Context?"},
    {"kind": "text", "name": "notes", "label": "Notes"},
]
_numbers = count(1)


def _hash63(text: str) -> int:
    return int.from_bytes(sha256(text.encode()).digest()[:8], "big") >> 1


def add(session: Session, table: Table, values: Mapping[str, Any]) -> Any:
    """Insert one row; its primary key (of one column)."""
    key = next(iter(table.primary_key.columns))
    return session.execute(insert(table).values(**values).returning(key)).scalar_one()


def account(session: Session, name: str | None = None, **columns: Any) -> int:
    values = {"name": name or f"person-{next(_numbers)}", "role": "annotator", "created_at": NOON}
    return int(add(session, t.account, values | columns))


def guideline(
    session: Session, fields: Sequence[Mapping[str, Any]] = FIELDS, **columns: Any
) -> int:
    markdown = columns.get("markdown", "# How to judge\n\nRead it twice.\n")
    values = {
        "slug": "toy",
        "version": "1",
        "title": "Toy",
        "markdown": markdown,
        "fields": list(fields),
        "hash": sha256(repr((markdown, fields)).encode()).hexdigest(),
        "created_at": NOON,
    }
    return int(add(session, t.guideline, values | columns))


def queue(
    session: Session, name: str = "support", guideline_id: int | None = None, **columns: Any
) -> int:
    values = {
        "name": name,
        "guideline_id": guideline_id or guideline(session),
        "overlap": 1,
        "overlap_rate": 1.0,
        "lease_seconds": 1800,
        "show": [],
        "everyone": True,
        "created_at": NOON,
    }
    return int(add(session, t.queue, values | columns))


def interaction(
    session: Session,
    external_id: str | None = None,
    *,
    messages: Sequence[Any] | None = None,
    responses: Sequence[Any] | None = None,
    context: Sequence[Any] | None = None,
    extra: Mapping[str, Any] | None = None,
    **columns: Any,
) -> int:
    """One exchange with its texts."""
    name = external_id or f"req-{next(_numbers)}"
    source = columns.get("source", "bot")
    if messages is None:
        messages = [{"role": "user", "content": f"What about {name}?"}]
    if responses is None:
        responses = [{"id": "r1", "text": f"This about {name}."}]
    values = {
        "source": source,
        "external_id": name,
        "sample_key": _hash63(f"{source}\x1f{name}"),
        "input_hash": _hash63(repr(messages)),
        "created_at": NOON,
        "received_at": NOON,
        "chars": sum(len(str(one.get("text", ""))) for one in responses),
    }
    key = int(add(session, t.interaction, values | columns))
    texts = {"messages": list(messages), "responses": list(responses)}
    rest = {"context": context if context is None else list(context), "extra": extra}
    session.execute(insert(t.content).values(interaction_id=key, **texts, **rest))
    return key


def task(session: Session, queue_id: int, interaction_id: int, **columns: Any) -> int:
    values = {
        "id": new_id(),
        "queue_id": queue_id,
        "interaction_id": interaction_id,
        "purpose": "sample",
        "planned_labels": 1,
        "labels_wanted": 1,
        "free_slots": 0,
        "position": next(_numbers),
        "reason": "taken at random",
        "created_at": NOON,
    }
    return int(add(session, t.task, values | columns))


def assignment(session: Session, task_id: int, account_id: int, **columns: Any) -> int:
    """A finished hold on a task, without a slot unless one is given."""
    queue_id = session.scalar(select(t.task.c.queue_id).where(t.task.c.id == task_id))
    form = select(t.queue.c.guideline_id).where(t.queue.c.id == queue_id)
    values = {
        "id": new_id(),
        "task_id": task_id,
        "queue_id": queue_id,
        "account_id": account_id,
        "role": "planned",
        "round": 0,
        "guideline_id": session.scalar(form),
        "state": "submitted",
        "leased_at": NOON,
        "finished_at": NOON,
    }
    return int(add(session, t.assignment, values | columns))


def label(
    session: Session,
    task_id: int,
    account_id: int,
    values: Mapping[str, Any] | None,
    *,
    assignment_id: int | None = None,
    role: str = "planned",
    **columns: Any,
) -> int:
    """An answer to a task, under a hold of its own unless one is given (a later revision)."""
    held = assignment_id or assignment(session, task_id, account_id, role=role)
    form = select(t.assignment.c.guideline_id).where(t.assignment.c.id == held)
    row = {
        "assignment_id": held,
        "task_id": task_id,
        "account_id": account_id,
        "revision": 1,
        "values": values,
        "guideline_id": session.scalar(form),
        "seconds": 12.5,
        "body_hash": next(_numbers),
        "created_at": NOON,
    }
    return int(add(session, t.label, row | columns))


def verdict(
    session: Session, task_id: int, field: str, value: Any, label_ids: Sequence[int], **columns: Any
) -> int:
    values = {
        "task_id": task_id,
        "field": field,
        "revision": 1,
        "value": value,
        "origin": "adjudicated",
        "label_ids": list(label_ids),
        "created_at": NOON,
    }
    return int(add(session, t.verdict, values | columns))


def draw(session: Session, queue_id: int, **columns: Any) -> int:
    values = {
        "queue_id": queue_id,
        "strategy": "random",
        "params": {},
        "code_version": "0.1.0",
        "seed": next(_numbers),
        "where": {},
        "as_of": NOON,
        "population": 10,
        "eligible": 10,
        "drawn": 2,
        "added": 10,
        "record": {"version": 1},
        "created_at": NOON,
    }
    return int(add(session, t.draw, values | columns))


def a_row_in_every_table(
    session: Session, text: str = "Grüße, \U0001f600 \u202e = 'quoted'"
) -> None:
    """A small history that leaves no table empty and no kind of value out."""
    ada, lead = account(session, "ada"), account(session, "lead", role="lead", disabled_at=NOON)
    queue_id = queue(session, everyone=False, created_by=lead, paused_at=NOON, show=["model"])
    one = interaction(
        session, "req:1", messages=[{"role": "user", "content": text + "\x00"}],
        context=[text, {"text": text}], extra={"n": 1.5, "deep": [None, {"x": []}]},
        confidence=0.1 + 0.2, flags=["short"], tags=[], latency_ms=1e-9, input_tokens=2**31 - 1,
        cost_usd=12345.678901, session_id="", category=text,
    )  # fmt: skip
    other = interaction(session, "req:2")
    first = task(session, queue_id, one)
    second = task(session, queue_id, other, purpose="import", position=None, reason=None)
    label_id = label(session, first, ada, {"quality": 4, "notes": text}, idempotency_key="k")
    label(session, second, ada, None, role="import", response_order=["r1"], seconds=None)
    held = assignment(session, first, lead, state="leased", lease_expires_at=NOON, slot=0)
    verdict(session, first, "quality", None, [label_id], account_id=lead, reason=text)
    drawn = draw(session, queue_id, seed=2**63 - 1, window_from=NOON, created_by=lead)
    rows: list[tuple[Table, dict[str, Any]]] = [
        (t.draft, {"assignment_id": held, "values": {"notes": text}, "version": 3,
                   "updated_at": NOON}),
        (t.draw_task, {"draw_id": drawn, "task_id": first, "stratum": "all", "weight": 1 / 3,
                       "priority": 1e300, "certain": False, "picked": True, "position": 0}),
        (t.draw_task, {"draw_id": drawn, "task_id": second, "stratum": "all", "weight": None,
                       "priority": None, "certain": True, "picked": False}),
        (t.token, {"account_id": ada, "hash": "t" * 64, "created_at": NOON}),
        (t.login_session, {"hash": "s" * 64, "account_id": ada, "created_at": NOON,
                           "expires_at": NOON}),
        (t.audit, {"at": NOON, "account_id": None, "action": "a", "subject": text,
                   "detail": {"x": text}}),
        (t.feedback, {"interaction_id": one, "fingerprint": 1, "raw": {"thumb": "up"},
                      "comment": text, "created_at": NOON, "received_at": NOON}),
        (t.score, {"interaction_id": one, "fingerprint": 2, "name": "judge", "kind": "judge",
                   "value": 2.5, "created_at": NOON, "received_at": NOON}),
        (t.waiting_event, {"source": "bot", "external_id": "later", "kind": "score",
                           "fingerprint": 3, "row": {"value": 1}, "received_at": NOON}),
        (t.consensus_fit, {"queue_id": queue_id, "field": text, "model": {"marginals": [1 / 3]},
                           "labels": 2, "fitted_at": NOON}),
        (t.queue_member, {"queue_id": queue_id, "account_id": ada}),
        (t.schedule, {"queue_id": queue_id, "strategy": "random", "params": {}, "size": 5,
                      "where": {}, "every_seconds": 3600, "next_at": NOON, "window_from": NOON,
                      "enabled": True}),
        (t.question, {"id": 7, "assignment_id": held, "account_id": lead, "queue_id": queue_id,
                      "guideline_id": 1, "field": None, "text": text, "created_at": NOON}),
        (t.answer, {"question_id": 7, "revision": 1, "account_id": lead, "text": text,
                    "created_at": NOON}),
        (t.precedent, {"question_id": 7, "revision": 1, "account_id": lead, "question": text,
                       "answer": text, "created_at": NOON}),
        (t.guideline_note, {"guideline_id": 1, "task_id": first, "field": None, "text": text,
                            "account_id": lead, "created_at": NOON, "closed_at": NOON,
                            "closed_by": lead}),
        (t.report, {"queue_id": queue_id, "made_at": NOON, "mark": "m", "seconds": 1 / 3,
                    "body": {"words": {"a": text}}}),
        (t.report_schedule, {"queue_id": queue_id, "every": "week", "day": 1, "minute": 420,
                             "next_at": NOON}),
        (t.section, {"queue_id": queue_id, "asked": "a", "mark": "m", "made_at": NOON,
                     "body": {"x": text}}),
        (t.text_rule, {"id": 2, "name": text, "words": [text], "at_least": 1, "read_to": 2**40,
                       "created_at": NOON, "account_id": lead}),
        (t.gold, {"interaction_id": other, "guideline": "toy", "expected": {"quality": 4},
                  "why": text, "use": "both", "created_at": NOON}),
        (t.qualification_decision, {"queue_id": queue_id, "account_id": ada, "decision": "admit",
                                    "decided_by": lead, "created_at": NOON}),
        (t.check_rules, {"source": text, "toml": "[checks]\n", "created_at": NOON}),
        (t.judge_run, {"id": 3, "queue_id": queue_id, "guideline_id": 1, "model": {"name": text},
                       "version": "m@1", "fields": ["quality"], "design": {"seed": 2**62},
                       "as_of": NOON, "budget_usd": 1 / 3, "budget_calls": 2, "state": "done",
                       "created_at": NOON}),
        (t.judge_item, {"run_id": 3, "interaction_id": one, "position": 0, "pi": 1 / 3}),
        (t.judge_call, {"id": 5, "run_id": 3, "interaction_id": one, "key": "k" * 64,
                        "sent_at": NOON, "most_usd": 1e-9}),
        (t.judge_reply, {"call_id": 5, "received_at": NOON, "kind": "answered", "text": text,
                         "usage": {"input_tokens": 1}, "cost_usd": 0.1}),
        (t.dataset, {"id": 3, "name": text, "canary": "c", "licence": "CC0", "description": text,
                     "splits": {"dev": 1.0}, "created_at": NOON, "created_by": lead,
                     "recipe": {"queues": ["support"]}, "rotate_seconds": 60, "rotate_keep": 1,
                     "rotate_at": NOON}),
        (t.dataset_version, {"id": 5, "dataset_id": 3, "number": 1, "hash": "h", "note": text,
                             "made_from": {}, "report": {"left_out": {}}, "items": 1,
                             "planned_at": NOON, "created_at": NOON}),
        (t.dataset_item, {"hash": "i", "body": {"row": {"text": text}}}),
        (t.dataset_place, {"id": 6, "dataset_id": 3, "key": text, "split": "dev",
                           "item_hash": "i", "rotations": 1, "retired_at": NOON}),
        (t.dataset_member, {"version_id": 5, "place_id": 6, "item_hash": "i", "pi": 1 / 3,
                            "draw_pi": 0.5}),
        (t.dataset_export, {"version_id": 5, "at": NOON, "account_id": lead, "format": "jsonl",
                            "splits": ["dev"], "reason": text, "root": "r"}),
        (t.redaction_policy, {"source": "bot", "policy": "hash", "kinds": ["email"],
                              "regions": ["DE"], "patterns": {"ticket": "T-[0-9]+"},
                              "set_by": lead, "set_at": NOON}),
        (t.redaction_key, {"fingerprint": "0" * 16, "since": NOON}),
        (t.redaction_count, {"source": "bot", "day": "2026-11-01", "policy": "hash",
                             "version": "1", "kind": "email", "found": 3}),
        (t.connection, {"id": 3, "name": text, "kind": "phoenix", "url": "http://127.0.0.1:1",
                        "source": "bot", "options": {"x": text}, "progress": {"after": text},
                        "created_at": NOON}),
        (t.sending, {"id": 4, "queue_id": queue_id, "connection_id": 3, "labels": "raw",
                     "names": True, "standing": True, "tries": 1, "next_at": NOON,
                     "fault": text, "unplaced": 0, "created_by": lead, "created_at": NOON}),
        (t.outgoing, {"sending_id": 4, "key": "k", "task_id": first, "place": {"span_id": "b"},
                      "body": {"value": text}, "state": "waiting", "tries": 2, "fault": text,
                      "changed_at": NOON}),
        (t.webhook, {"id": 5, "name": "bi", "url": "http://127.0.0.1:1", "queue_id": queue_id,
                     "events": ["queue.done"], "secret": "bi", "active": True, "progress": {},
                     "tries": 0, "created_at": NOON}),
        (t.delivery, {"id": 6, "webhook_id": 5, "event_id": "e", "type": "queue.done",
                      "body": "{}", "state": "waiting", "tries": 1, "created_at": NOON}),
        (t.delivery_attempt, {"delivery_id": 6, "at": NOON, "seconds": 1 / 3, "body_hash": "h",
                              "fault": text}),
        (t.trace, {"id": 9, "trace_id": text, "changes": 2, "received_at": NOON, "due_at": NOON,
                   "late": 0, "rejected": 1, "fault": text}),
        (t.fragment, {"trace_number": 9, "span_id": "s", "digest": 2**62, "kind": "span",
                      "source": "bot", "place": 0, "body": {"name": text}}),
        (t.generation, {"trace_id": "t", "span_id": "s", "above": "", "source": "bot",
                        "external_id": "t:s", "started_at": NOON, "digest": 1}),
        (t.remark, {"digest": 1, "kind": "feedback", "trace_id": "t", "body": {"x": text},
                    "received_at": NOON, "due_at": NOON}),
        (t.lease, {"name": "scheduler", "holder": "host:1", "expires_at": NOON}),
    ]  # fmt: skip
    for table, values in rows:
        session.execute(insert(table).values(**values))
