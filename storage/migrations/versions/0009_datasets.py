"""Datasets, their versions and items, and what left the house of them.

Revision ID: 0009
"""

import sqlalchemy as sa
from alembic import op

from storage.types import Json, UtcTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "dataset_item",
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("body", Json(), nullable=False),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_dataset_item")),
    )
    op.create_table(
        "dataset",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("canary", sa.String(), nullable=False),
        sa.Column("licence", sa.String(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("splits", Json(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.Column("recipe", Json(), nullable=True),
        sa.Column("rotate_seconds", sa.Integer(), nullable=True),
        sa.Column("rotate_keep", sa.Integer(), nullable=True),
        sa.Column("rotate_at", UtcTime(), nullable=True),
        sa.CheckConstraint("rotate_keep >= 1", name=op.f("ck_dataset_rotate_keep")),
        sa.CheckConstraint("rotate_seconds >= 60", name=op.f("ck_dataset_rotate_seconds")),
        sa.ForeignKeyConstraint(["created_by"], ["account.id"], name=op.f("fk_dataset_created_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dataset")),
        sa.UniqueConstraint("canary", name=op.f("uq_dataset_canary")),
        sa.UniqueConstraint("name", name=op.f("uq_dataset_name")),
    )
    op.create_index("ix_dataset_created_by", "dataset", ["created_by"], unique=False)
    op.create_index("ix_dataset_rotate_at", "dataset", ["rotate_at"], unique=False)

    op.create_table(
        "dataset_place",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("dataset_id", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("split", sa.String(), nullable=False),
        sa.Column("item_hash", sa.String(), nullable=False),
        sa.Column("rotations", sa.Integer(), nullable=False),
        sa.Column("retired_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["dataset_id"], ["dataset.id"], name=op.f("fk_dataset_place_dataset_id")
        ),
        sa.ForeignKeyConstraint(
            ["item_hash"], ["dataset_item.hash"], name=op.f("fk_dataset_place_item_hash")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dataset_place")),
        sa.UniqueConstraint("dataset_id", "key", name=op.f("uq_dataset_place_dataset_id_key")),
    )
    op.create_index("ix_dataset_place_item_hash", "dataset_place", ["item_hash"], unique=False)

    op.create_table(
        "dataset_version",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("dataset_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("parent_id", sa.BigInteger(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("made_from", Json(), nullable=False),
        sa.Column("report", Json(), nullable=False),
        sa.Column("items", sa.Integer(), nullable=False),
        sa.Column("planned_at", UtcTime(), nullable=True),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["created_by"], ["account.id"], name=op.f("fk_dataset_version_created_by")
        ),
        sa.ForeignKeyConstraint(
            ["dataset_id"], ["dataset.id"], name=op.f("fk_dataset_version_dataset_id")
        ),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["dataset_version.id"], name=op.f("fk_dataset_version_parent_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dataset_version")),
        sa.UniqueConstraint(
            "dataset_id", "number", name=op.f("uq_dataset_version_dataset_id_number")
        ),
        sa.UniqueConstraint(
            "dataset_id", "planned_at", name=op.f("uq_dataset_version_dataset_id_planned_at")
        ),
    )
    op.create_index(
        "ix_dataset_version_created_by", "dataset_version", ["created_by"], unique=False
    )
    op.create_index("ix_dataset_version_parent_id", "dataset_version", ["parent_id"], unique=False)

    op.create_table(
        "dataset_export",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("version_id", sa.BigInteger(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("format", sa.String(), nullable=False),
        sa.Column("splits", Json(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("root", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_dataset_export_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["version_id"], ["dataset_version.id"], name=op.f("fk_dataset_export_version_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dataset_export")),
    )
    op.create_index("ix_dataset_export_account_id", "dataset_export", ["account_id"], unique=False)
    op.create_index("ix_dataset_export_root", "dataset_export", ["root"], unique=False)
    op.create_index(
        "ix_dataset_export_version_id_at", "dataset_export", ["version_id", "at"], unique=False
    )

    op.create_table(
        "dataset_member",
        sa.Column("version_id", ID, autoincrement=False, nullable=False),
        sa.Column("place_id", ID, autoincrement=False, nullable=False),
        sa.Column("item_hash", sa.String(), nullable=False),
        sa.Column("pi", sa.Float(), nullable=True),
        sa.Column("draw_pi", sa.Float(), nullable=True),
        sa.ForeignKeyConstraint(
            ["item_hash"], ["dataset_item.hash"], name=op.f("fk_dataset_member_item_hash")
        ),
        sa.ForeignKeyConstraint(
            ["place_id"], ["dataset_place.id"], name=op.f("fk_dataset_member_place_id")
        ),
        sa.ForeignKeyConstraint(
            ["version_id"], ["dataset_version.id"], name=op.f("fk_dataset_member_version_id")
        ),
        sa.PrimaryKeyConstraint("version_id", "place_id", name=op.f("pk_dataset_member")),
    )
    op.create_index("ix_dataset_member_item_hash", "dataset_member", ["item_hash"], unique=False)
    op.create_index("ix_dataset_member_place_id", "dataset_member", ["place_id"], unique=False)
