"""Traces until they are interactions, and the calls that lead back to them.

Revision ID: 0013
"""

import sqlalchemy as sa
from alembic import op

from storage.types import Json, UtcTime

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "generation",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("trace_id", sa.String(), nullable=False),
        sa.Column("span_id", sa.String(), nullable=False),
        sa.Column("above", sa.Text(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("external_id", sa.String(), nullable=False),
        sa.Column("response_id", sa.String(), nullable=True),
        sa.Column("session_id", sa.String(), nullable=True),
        sa.Column("started_at", UtcTime(), nullable=False),
        sa.Column("digest", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_generation")),
        sa.UniqueConstraint("trace_id", "span_id", name=op.f("uq_generation_trace_id_span_id")),
    )
    op.create_index(op.f("ix_generation_response_id"), "generation", ["response_id"])
    op.create_index(op.f("ix_generation_session_id"), "generation", ["session_id"])
    op.create_index(op.f("ix_generation_span_id"), "generation", ["span_id"])

    op.create_table(
        "remark",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("digest", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("trace_id", sa.String(), nullable=True),
        sa.Column("span_id", sa.String(), nullable=True),
        sa.Column("response_id", sa.String(), nullable=True),
        sa.Column("session_id", sa.String(), nullable=True),
        sa.Column("body", Json(), nullable=False),
        sa.Column("received_at", UtcTime(), nullable=False),
        sa.Column("due_at", UtcTime(), nullable=False),
        sa.CheckConstraint("kind IN ('feedback', 'score')", name=op.f("ck_remark_kind")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_remark")),
        sa.UniqueConstraint("digest", name=op.f("uq_remark_digest")),
    )
    op.create_index(op.f("ix_remark_due_at"), "remark", ["due_at"])
    op.create_index(op.f("ix_remark_trace_id"), "remark", ["trace_id"])

    op.create_table(
        "trace",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("trace_id", sa.String(), nullable=False),
        sa.Column("changes", sa.Integer(), nullable=False),
        sa.Column("received_at", UtcTime(), nullable=False),
        sa.Column("due_at", UtcTime(), nullable=True),
        sa.Column("assembled_at", UtcTime(), nullable=True),
        sa.Column("late", sa.Integer(), nullable=False),
        sa.Column("rejected", sa.Integer(), nullable=False),
        sa.Column("fault", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trace")),
        sa.UniqueConstraint("trace_id", name=op.f("uq_trace_trace_id")),
    )
    op.create_index(op.f("ix_trace_assembled_at"), "trace", ["assembled_at"])
    op.create_index(op.f("ix_trace_due_at"), "trace", ["due_at"])

    op.create_table(
        "fragment",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("trace_number", sa.BigInteger(), nullable=False),
        sa.Column("span_id", sa.String(), nullable=False),
        sa.Column("digest", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("body", Json(), nullable=False),
        sa.CheckConstraint("kind IN ('span', 'record')", name=op.f("ck_fragment_kind")),
        sa.ForeignKeyConstraint(
            ["trace_number"], ["trace.id"], name=op.f("fk_fragment_trace_number")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fragment")),
        sa.UniqueConstraint(
            "trace_number",
            "span_id",
            "digest",
            name=op.f("uq_fragment_trace_number_span_id_digest"),
        ),
    )
    op.create_index(op.f("ix_fragment_span_id"), "fragment", ["span_id"])
