"""Connections to other platforms.

Revision ID: 0007
"""

import sqlalchemy as sa
from alembic import op

from storage.types import Json, UtcTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "connection",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("project", sa.String(), nullable=True),
        sa.Column("secret", sa.String(), nullable=True),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("options", Json(), nullable=False),
        sa.Column("every_minutes", sa.Integer(), nullable=True),
        sa.Column("progress", Json(), nullable=False),
        sa.Column("pulled_at", UtcTime(), nullable=True),
        sa.Column("fault", sa.Text(), nullable=True),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("removed_at", UtcTime(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('phoenix', 'mlflow', 'langfuse', 'langsmith')",
            name=op.f("ck_connection_kind"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_connection")),
    )
    with op.batch_alter_table("connection", schema=None) as batch_op:
        batch_op.create_index(
            "uq_connection_name",
            ["name"],
            unique=True,
            sqlite_where=sa.text("removed_at IS NULL"),
            postgresql_where=sa.text("removed_at IS NULL"),
        )
