"""What is done to texts before they are stored, and how much was found.

Revision ID: 0010
"""

import sqlalchemy as sa
from alembic import op

from storage.types import Json, UtcTime

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

COUNTED = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "redaction_policy",
        sa.Column("id", COUNTED, autoincrement=True, nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("policy", sa.String(), nullable=False),
        sa.Column("kinds", Json(), nullable=False),
        sa.Column("regions", Json(), nullable=False),
        sa.Column("patterns", Json(), nullable=False),
        sa.Column("set_by", sa.BigInteger(), nullable=True),
        sa.Column("set_at", UtcTime(), nullable=False),
        sa.CheckConstraint(
            "policy IN ('off', 'mask', 'hash', 'drop')", name=op.f("ck_redaction_policy_policy")
        ),
        sa.ForeignKeyConstraint(
            ["set_by"], ["account.id"], name=op.f("fk_redaction_policy_set_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_redaction_policy")),
    )
    op.create_index(op.f("ix_redaction_policy_source"), "redaction_policy", ["source"])
    op.create_index(op.f("ix_redaction_policy_set_by"), "redaction_policy", ["set_by"])
    op.create_table(
        "redaction_key",
        sa.Column("id", COUNTED, autoincrement=True, nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("since", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_redaction_key")),
    )
    op.create_table(
        "redaction_count",
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("day", sa.String(), nullable=False),
        sa.Column("policy", sa.String(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("found", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint(
            "source", "day", "policy", "version", "kind", name=op.f("pk_redaction_count")
        ),
    )
