"""Notes on what a guideline does not settle.

Revision ID: 0004
"""

import sqlalchemy as sa
from alembic import op

from storage.types import UtcTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
REFERENCES = {
    "guideline_id": "guideline",
    "task_id": "task",
    "account_id": "account",
    "closed_by": "account",
}


def upgrade() -> None:
    op.create_table(
        "guideline_note",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("guideline_id", sa.BigInteger(), nullable=False),
        sa.Column("task_id", sa.BigInteger(), nullable=True),
        sa.Column("field", sa.String(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("closed_at", UtcTime(), nullable=True),
        sa.Column("closed_by", sa.BigInteger(), nullable=True),
        *(
            sa.ForeignKeyConstraint(
                [column], [f"{table}.id"], name=op.f(f"fk_guideline_note_{column}")
            )
            for column, table in REFERENCES.items()
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guideline_note")),
    )
    for column in ("guideline_id", "task_id"):
        op.create_index(
            op.f(f"ix_guideline_note_{column}"), "guideline_note", [column], unique=False
        )
