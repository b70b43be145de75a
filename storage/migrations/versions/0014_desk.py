"""Noted failure patterns, rules on texts, report schedules, sections as they were made.

Revision ID: 0014
"""

import sqlalchemy as sa
from alembic import op

from storage.types import Json, UtcTime

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    with op.batch_alter_table("guideline_note") as notes:
        notes.add_column(sa.Column("queue_id", sa.BigInteger(), nullable=True))
        notes.add_column(sa.Column("pattern", Json(), nullable=True))
        notes.add_column(sa.Column("figures", Json(), nullable=True))
        notes.create_foreign_key(op.f("fk_guideline_note_queue_id"), "queue", ["queue_id"], ["id"])
    op.create_index(op.f("ix_guideline_note_queue_id"), "guideline_note", ["queue_id"])
    op.add_column("report", sa.Column("period", sa.String(), nullable=True))
    op.create_index("ix_report_queue_id_period", "report", ["queue_id", "period"], unique=True)
    _text_rules()
    _report_schedules()
    _sections()


def _text_rules() -> None:
    op.create_table(
        "text_rule",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("words", Json(), nullable=False),
        sa.Column("at_least", sa.Integer(), nullable=False),
        sa.Column("read_to", sa.BigInteger(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("ended_at", UtcTime(), nullable=True),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_text_rule_account_id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_text_rule")),
        sa.UniqueConstraint("name", name=op.f("uq_text_rule_name")),
    )


def _report_schedules() -> None:
    op.create_table(
        "report_schedule",
        sa.Column("queue_id", ID, autoincrement=False, nullable=False),
        sa.Column("every", sa.String(), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("minute", sa.Integer(), nullable=False),
        sa.Column("next_at", UtcTime(), nullable=False),
        sa.CheckConstraint("every IN ('week', 'month')", name=op.f("ck_report_schedule_every")),
        sa.ForeignKeyConstraint(["queue_id"], ["queue.id"], name="fk_report_schedule_queue_id"),
        sa.PrimaryKeyConstraint("queue_id", name=op.f("pk_report_schedule")),
    )


def _sections() -> None:
    op.create_table(
        "section",
        sa.Column("queue_id", ID, autoincrement=False, nullable=False),
        sa.Column("asked", sa.String(), nullable=False),
        sa.Column("mark", sa.String(), nullable=False),
        sa.Column("made_at", UtcTime(), nullable=False),
        sa.Column("body", Json(), nullable=False),
        sa.ForeignKeyConstraint(["queue_id"], ["queue.id"], name=op.f("fk_section_queue_id")),
        sa.PrimaryKeyConstraint("queue_id", "asked", name=op.f("pk_section")),
    )
