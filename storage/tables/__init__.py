"""The tables, and the rules that the database itself enforces; words as in docs/vocabulary.md."""

from storage.tables.care import gold, qualification_decision
from storage.tables.columns import metadata
from storage.tables.connections import connection
from storage.tables.labels import assignment, draft, label, verdict
from storage.tables.people import account, audit, lease, login_session, token
from storage.tables.questions import answer, guideline_note, precedent, question
from storage.tables.queues import (
    consensus_fit,
    draw,
    draw_task,
    guideline,
    queue,
    queue_member,
    schedule,
    task,
)
from storage.tables.reports import report
from storage.tables.sending import outgoing, sending
from storage.tables.traffic import content, feedback, interaction, score, waiting_event
from storage.tables.webhooks import delivery, delivery_attempt, webhook

__all__ = [
    "account",
    "answer",
    "assignment",
    "audit",
    "connection",
    "consensus_fit",
    "content",
    "delivery",
    "delivery_attempt",
    "draft",
    "draw",
    "draw_task",
    "feedback",
    "gold",
    "guideline",
    "guideline_note",
    "interaction",
    "label",
    "lease",
    "login_session",
    "metadata",
    "outgoing",
    "precedent",
    "qualification_decision",
    "question",
    "queue",
    "queue_member",
    "report",
    "schedule",
    "score",
    "sending",
    "task",
    "token",
    "verdict",
    "waiting_event",
    "webhook",
]
