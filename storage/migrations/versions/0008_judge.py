"""Checks of what comes in, and judges with the calls they were paid for.

Revision ID: 0008
"""

import sqlalchemy as sa
from alembic import op

from storage.types import Json, UtcTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _key(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}"))


def upgrade() -> None:
    op.create_table(
        "check_rules",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("toml", sa.Text(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        _key("check_rules", "created_by", "account"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_check_rules")),
    )
    op.create_index(op.f("ix_check_rules_source"), "check_rules", ["source"])
    op.create_table(
        "judge_run",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("queue_id", sa.BigInteger(), nullable=False),
        sa.Column("guideline_id", sa.BigInteger(), nullable=False),
        sa.Column("model", Json(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("fields", Json(), nullable=False),
        sa.Column("scores_named", sa.String(), nullable=True),
        sa.Column("design", Json(), nullable=False),
        sa.Column("as_of", UtcTime(), nullable=False),
        sa.Column("budget_usd", sa.Float(), nullable=False),
        sa.Column("budget_calls", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.Column("finished_at", UtcTime(), nullable=True),
        sa.CheckConstraint(
            "state IN ('waiting', 'running', 'done', 'budget_spent', 'stopped')",
            name=op.f("ck_judge_run_state"),
        ),
        _key("judge_run", "queue_id", "queue"),
        _key("judge_run", "guideline_id", "guideline"),
        _key("judge_run", "created_by", "account"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_judge_run")),
    )
    op.create_index(op.f("ix_judge_run_queue_id"), "judge_run", ["queue_id"])
    op.create_table(
        "judge_item",
        sa.Column("run_id", ID, autoincrement=False, nullable=False),
        sa.Column("interaction_id", ID, autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("pi", sa.Float(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.Column("detail", Json(), nullable=True),
        _key("judge_item", "run_id", "judge_run"),
        _key("judge_item", "interaction_id", "interaction"),
        sa.PrimaryKeyConstraint("run_id", "interaction_id", name=op.f("pk_judge_item")),
    )
    op.create_index(op.f("ix_judge_item_interaction_id"), "judge_item", ["interaction_id"])
    op.create_table(
        "judge_call",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("interaction_id", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("sent_at", UtcTime(), nullable=False),
        sa.Column("most_usd", sa.Float(), nullable=False),
        _key("judge_call", "run_id", "judge_run"),
        _key("judge_call", "interaction_id", "interaction"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_judge_call")),
    )
    op.create_index(op.f("ix_judge_call_key"), "judge_call", ["key"])
    op.create_index(
        op.f("ix_judge_call_run_id_interaction_id"), "judge_call", ["run_id", "interaction_id"]
    )
    op.create_table(
        "judge_reply",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("call_id", sa.BigInteger(), nullable=False),
        sa.Column("received_at", UtcTime(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("usage", Json(), nullable=True),
        sa.Column("cost_usd", sa.Float(), nullable=False),
        _key("judge_reply", "call_id", "judge_call"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_judge_reply")),
        sa.UniqueConstraint("call_id", name=op.f("uq_judge_reply_call_id")),
    )
