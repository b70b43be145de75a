"""Further labels while a task is unsure, and what was learnt of the people who give them.

Revision ID: 0006
"""

import sqlalchemy as sa
from alembic import op

from storage.types import Json, UtcTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "consensus_fit",
        sa.Column(
            "queue_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("field", sa.String(), nullable=False),
        sa.Column("model", Json(), nullable=False),
        sa.Column("labels", sa.Integer(), nullable=False),
        sa.Column("fitted_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["queue_id"], ["queue.id"], name=op.f("fk_consensus_fit_queue_id")),
        sa.PrimaryKeyConstraint("queue_id", name=op.f("pk_consensus_fit")),
    )
    op.add_column("queue", sa.Column("overlap_until", Json(), nullable=True))
