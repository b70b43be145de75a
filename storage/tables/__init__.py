"""The tables, and the rules that the database itself enforces; words as in docs/vocabulary.md."""

from storage.tables.care import gold, qualification_decision
from storage.tables.columns import metadata
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
from storage.tables.reports import report, report_schedule, section
from storage.tables.texts import text_rule
from storage.tables.traffic import content, feedback, interaction, score, waiting_event

__all__ = [
    "account",
    "answer",
    "assignment",
    "audit",
    "consensus_fit",
    "content",
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
    "precedent",
    "qualification_decision",
    "question",
    "queue",
    "queue_member",
    "report",
    "report_schedule",
    "schedule",
    "score",
    "section",
    "task",
    "text_rule",
    "token",
    "verdict",
    "waiting_event",
]
