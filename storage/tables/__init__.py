"""The tables, and the rules that the database itself enforces; words as in docs/vocabulary.md."""

from storage.tables.care import gold, qualification_decision
from storage.tables.checks import check_rules
from storage.tables.columns import metadata
from storage.tables.connections import connection
from storage.tables.datasets import (
    dataset,
    dataset_export,
    dataset_item,
    dataset_member,
    dataset_place,
    dataset_version,
)
from storage.tables.judging import judge_call, judge_item, judge_reply, judge_run
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
from storage.tables.redaction import redaction_count, redaction_key, redaction_policy
from storage.tables.reports import report, report_schedule, section
from storage.tables.sending import outgoing, sending
from storage.tables.texts import text_rule
from storage.tables.traces import fragment, generation, remark, trace
from storage.tables.traffic import content, feedback, interaction, score, waiting_event
from storage.tables.webhooks import delivery, delivery_attempt, webhook

__all__ = [
    "account",
    "answer",
    "assignment",
    "audit",
    "check_rules",
    "connection",
    "consensus_fit",
    "content",
    "dataset",
    "dataset_export",
    "dataset_item",
    "dataset_member",
    "dataset_place",
    "dataset_version",
    "delivery",
    "delivery_attempt",
    "draft",
    "draw",
    "draw_task",
    "feedback",
    "fragment",
    "generation",
    "gold",
    "guideline",
    "guideline_note",
    "interaction",
    "judge_call",
    "judge_item",
    "judge_reply",
    "judge_run",
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
    "redaction_count",
    "redaction_key",
    "redaction_policy",
    "remark",
    "report",
    "report_schedule",
    "schedule",
    "score",
    "section",
    "sending",
    "task",
    "text_rule",
    "token",
    "trace",
    "verdict",
    "waiting_event",
    "webhook",
]
