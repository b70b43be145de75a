"""Qualification, tasks whose answer is agreed, repeats, and how fast is too fast.

Revision ID: 0003
"""

import sqlalchemy as sa
from alembic import op

from storage.types import Json, UtcTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _rate(name: str, highest: str) -> sa.Column[float]:
    """A share; with its rule inside the column, so that SQLite need not copy the table."""
    rule = sa.CheckConstraint(f"{name} >= 0 AND {name} <= {highest}", name=op.f(f"ck_queue_{name}"))
    return sa.Column(name, sa.Float(), rule, server_default=sa.text("0"), nullable=False)


def upgrade() -> None:
    op.create_table(
        "gold",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("interaction_id", sa.BigInteger(), nullable=False),
        sa.Column("guideline", sa.String(), nullable=False),
        sa.Column("expected", Json(), nullable=False),
        sa.Column("why", sa.Text(), nullable=True),
        sa.Column("use", sa.String(), nullable=False),
        sa.Column("retired_at", UtcTime(), nullable=True),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.CheckConstraint("use IN ('qualification', 'gold', 'both')", name=op.f("ck_gold_use")),
        sa.ForeignKeyConstraint(
            ["interaction_id"], ["interaction.id"], name=op.f("fk_gold_interaction_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gold")),
        sa.UniqueConstraint("interaction_id", name=op.f("uq_gold_interaction_id")),
    )
    op.create_index(op.f("ix_gold_guideline"), "gold", ["guideline"], unique=False)
    op.create_table(
        "qualification_decision",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("queue_id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("decision", sa.String(), nullable=False),
        sa.Column("decided_by", sa.BigInteger(), nullable=True),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.CheckConstraint(
            "decision IN ('admit', 'again')", name=op.f("ck_qualification_decision_decision")
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_qualification_decision_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["account.id"], name=op.f("fk_qualification_decision_decided_by")
        ),
        sa.ForeignKeyConstraint(
            ["queue_id"], ["queue.id"], name=op.f("fk_qualification_decision_queue_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_qualification_decision")),
    )
    op.create_index(
        "ix_qualification_decision_queue_id_account_id",
        "qualification_decision",
        ["queue_id", "account_id"],
        unique=False,
    )
    op.add_column("queue", sa.Column("qualification", Json(), nullable=True))
    op.add_column("queue", _rate("gold_rate", "0.3"))
    op.add_column("queue", _rate("repeat_rate", "0.1"))
    op.add_column("queue", sa.Column("min_seconds", sa.Float(), nullable=True))
    op.add_column("queue", sa.Column("check_seed", sa.BigInteger(), nullable=True))
