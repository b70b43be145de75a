"""The first schema: every table in one step, as Alembic wrote it.

Revision ID: 0001
"""

import sqlalchemy as sa
from alembic import op

from storage.types import Json, UtcTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "account",
        sa.Column(
            "id",
            ID,
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=True),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("disabled_at", UtcTime(), nullable=True),
        sa.CheckConstraint(
            "role IN ('annotator', 'lead', 'engineer', 'admin')", name=op.f("ck_account_role")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("name", name=op.f("uq_account_name")),
    )
    op.create_table(
        "guideline",
        sa.Column(
            "id",
            ID,
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("markdown", sa.Text(), nullable=False),
        sa.Column("fields", Json(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guideline")),
        sa.UniqueConstraint("slug", "hash", name=op.f("uq_guideline_slug_hash")),
    )
    op.create_table(
        "interaction",
        sa.Column(
            "id",
            ID,
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("external_id", sa.String(), nullable=False),
        sa.Column("sample_key", sa.BigInteger(), nullable=False),
        sa.Column("input_hash", sa.BigInteger(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("received_at", UtcTime(), nullable=False),
        sa.Column("session_id", sa.String(), nullable=True),
        sa.Column("user_id", sa.String(), nullable=True),
        sa.Column("trace_id", sa.String(), nullable=True),
        sa.Column("category", sa.String(), nullable=True),
        sa.Column("model", sa.String(), nullable=True),
        sa.Column("variant", sa.String(), nullable=True),
        sa.Column("confidence", sa.Float(), nullable=True),
        sa.Column("flags", Json(), nullable=True),
        sa.Column("tags", Json(), nullable=True),
        sa.Column("chars", sa.Integer(), nullable=False),
        sa.Column("latency_ms", sa.Float(), nullable=True),
        sa.Column("input_tokens", sa.Integer(), nullable=True),
        sa.Column("output_tokens", sa.Integer(), nullable=True),
        sa.Column("cost_usd", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_interaction")),
        sa.UniqueConstraint(
            "source", "external_id", name=op.f("uq_interaction_source_external_id")
        ),
    )
    op.create_index(
        op.f("ix_interaction_received_at"), "interaction", ["received_at"], unique=False
    )
    op.create_table(
        "lease",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("holder", sa.String(), nullable=False),
        sa.Column("expires_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_lease")),
    )
    op.create_table(
        "waiting_event",
        sa.Column(
            "id",
            ID,
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("external_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.BigInteger(), nullable=False),
        sa.Column("row", Json(), nullable=False),
        sa.Column("received_at", UtcTime(), nullable=False),
        sa.CheckConstraint("kind IN ('feedback', 'score')", name=op.f("ck_waiting_event_kind")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_waiting_event")),
        sa.UniqueConstraint(
            "source",
            "external_id",
            "kind",
            "fingerprint",
            name=op.f("uq_waiting_event_source_external_id_kind_fingerprint"),
        ),
    )
    op.create_table(
        "audit",
        sa.Column(
            "id",
            ID,
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("detail", Json(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_audit_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    op.create_index(op.f("ix_audit_account_id"), "audit", ["account_id"], unique=False)
    op.create_index(
        "ix_audit_action_subject_at", "audit", ["action", "subject", "at"], unique=False
    )
    op.create_table(
        "content",
        sa.Column(
            "interaction_id",
            ID,
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("messages", Json(), nullable=False),
        sa.Column("responses", Json(), nullable=False),
        sa.Column("context", Json(), nullable=True),
        sa.Column("extra", Json(), nullable=True),
        sa.ForeignKeyConstraint(
            ["interaction_id"], ["interaction.id"], name=op.f("fk_content_interaction_id")
        ),
        sa.PrimaryKeyConstraint("interaction_id", name=op.f("pk_content")),
    )
    op.create_table(
        "feedback",
        sa.Column(
            "id",
            ID,
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("interaction_id", sa.BigInteger(), nullable=False),
        sa.Column("fingerprint", sa.BigInteger(), nullable=False),
        sa.Column("value", sa.Float(), nullable=True),
        sa.Column("raw", Json(), nullable=False),
        sa.Column("actor", sa.String(), nullable=True),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("received_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["interaction_id"], ["interaction.id"], name=op.f("fk_feedback_interaction_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feedback")),
        sa.UniqueConstraint(
            "interaction_id", "fingerprint", name=op.f("uq_feedback_interaction_id_fingerprint")
        ),
    )
    op.create_table(
        "login_session",
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("expires_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_login_session_account_id")
        ),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_login_session")),
    )
    op.create_index(
        op.f("ix_login_session_account_id"), "login_session", ["account_id"], unique=False
    )
    op.create_index(
        op.f("ix_login_session_expires_at"), "login_session", ["expires_at"], unique=False
    )
    op.create_table(
        "queue",
        sa.Column(
            "id",
            ID,
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("guideline_id", sa.BigInteger(), nullable=False),
        sa.Column("overlap", sa.Integer(), nullable=False),
        sa.Column("overlap_rate", sa.Float(), nullable=False),
        sa.Column("lease_seconds", sa.Integer(), nullable=False),
        sa.Column("show", Json(), nullable=False),
        sa.Column("everyone", sa.Boolean(), nullable=False),
        sa.Column("paused_at", UtcTime(), nullable=True),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("lease_seconds >= 10", name=op.f("ck_queue_lease_seconds")),
        sa.CheckConstraint("overlap >= 1", name=op.f("ck_queue_overlap")),
        sa.CheckConstraint(
            "overlap_rate >= 0 AND overlap_rate <= 1", name=op.f("ck_queue_overlap_rate")
        ),
        sa.ForeignKeyConstraint(["created_by"], ["account.id"], name=op.f("fk_queue_created_by")),
        sa.ForeignKeyConstraint(
            ["guideline_id"], ["guideline.id"], name=op.f("fk_queue_guideline_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_queue")),
        sa.UniqueConstraint("name", name=op.f("uq_queue_name")),
    )
    op.create_index(op.f("ix_queue_created_by"), "queue", ["created_by"], unique=False)
    op.create_index(op.f("ix_queue_guideline_id"), "queue", ["guideline_id"], unique=False)
    op.create_table(
        "score",
        sa.Column(
            "id",
            ID,
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("interaction_id", sa.BigInteger(), nullable=False),
        sa.Column("fingerprint", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("value", sa.Float(), nullable=False),
        sa.Column("version", sa.String(), nullable=True),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("received_at", UtcTime(), nullable=False),
        sa.CheckConstraint("kind IN ('check', 'judge')", name=op.f("ck_score_kind")),
        sa.ForeignKeyConstraint(
            ["interaction_id"], ["interaction.id"], name=op.f("fk_score_interaction_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_score")),
        sa.UniqueConstraint(
            "interaction_id", "fingerprint", name=op.f("uq_score_interaction_id_fingerprint")
        ),
    )
    op.create_index(
        "ix_score_name_interaction_id", "score", ["name", "interaction_id"], unique=False
    )
    op.create_table(
        "token",
        sa.Column(
            "id",
            ID,
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("revoked_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_token_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_token")),
        sa.UniqueConstraint("hash", name=op.f("uq_token_hash")),
    )
    op.create_index(op.f("ix_token_account_id"), "token", ["account_id"], unique=False)
    op.create_table(
        "queue_member",
        sa.Column(
            "queue_id",
            ID,
            autoincrement=False,
            nullable=False,
        ),
        sa.Column(
            "account_id",
            ID,
            autoincrement=False,
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_queue_member_account_id")
        ),
        sa.ForeignKeyConstraint(["queue_id"], ["queue.id"], name=op.f("fk_queue_member_queue_id")),
        sa.PrimaryKeyConstraint("queue_id", "account_id", name=op.f("pk_queue_member")),
    )
    op.create_index(
        op.f("ix_queue_member_account_id"), "queue_member", ["account_id"], unique=False
    )
    op.create_table(
        "schedule",
        sa.Column(
            "id",
            ID,
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("queue_id", sa.BigInteger(), nullable=False),
        sa.Column("strategy", sa.String(), nullable=False),
        sa.Column("params", Json(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=True),
        sa.Column("rate", sa.Float(), nullable=True),
        sa.Column("where", Json(), nullable=False),
        sa.Column("every_seconds", sa.Integer(), nullable=False),
        sa.Column("next_at", UtcTime(), nullable=False),
        sa.Column("window_from", UtcTime(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.CheckConstraint("every_seconds >= 60", name=op.f("ck_schedule_every_seconds")),
        sa.ForeignKeyConstraint(["queue_id"], ["queue.id"], name=op.f("fk_schedule_queue_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_schedule")),
        sa.UniqueConstraint("queue_id", name=op.f("uq_schedule_queue_id")),
    )
    op.create_index(op.f("ix_schedule_next_at"), "schedule", ["next_at"], unique=False)
    op.create_table(
        "task",
        sa.Column(
            "id",
            ID,
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("queue_id", sa.BigInteger(), nullable=False),
        sa.Column("interaction_id", sa.BigInteger(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("planned_labels", sa.Integer(), nullable=False),
        sa.Column("labels_wanted", sa.Integer(), nullable=False),
        sa.Column("free_slots", sa.Integer(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.CheckConstraint(
            "purpose IN ('sample', 'gold', 'qualification', 'import')", name=op.f("ck_task_purpose")
        ),
        sa.CheckConstraint(
            "free_slots >= 0 AND free_slots <= labels_wanted", name=op.f("ck_task_free_slots")
        ),
        sa.CheckConstraint("labels_wanted >= planned_labels", name=op.f("ck_task_labels_wanted")),
        sa.ForeignKeyConstraint(
            ["interaction_id"], ["interaction.id"], name=op.f("fk_task_interaction_id")
        ),
        sa.ForeignKeyConstraint(["queue_id"], ["queue.id"], name=op.f("fk_task_queue_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task")),
        sa.UniqueConstraint(
            "queue_id",
            "interaction_id",
            "purpose",
            name=op.f("uq_task_queue_id_interaction_id_purpose"),
        ),
    )
    op.create_index(
        "ix_task_free",
        "task",
        ["queue_id", "position"],
        unique=False,
        sqlite_where=sa.text("free_slots > 0"),
        postgresql_where=sa.text("free_slots > 0"),
    )
    op.create_index(op.f("ix_task_interaction_id"), "task", ["interaction_id"], unique=False)
    op.create_table(
        "assignment",
        sa.Column(
            "id",
            ID,
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("task_id", sa.BigInteger(), nullable=False),
        sa.Column("queue_id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("slot", sa.Integer(), nullable=True),
        sa.Column("guideline_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("leased_at", UtcTime(), nullable=False),
        sa.Column("lease_expires_at", UtcTime(), nullable=True),
        sa.Column("finished_at", UtcTime(), nullable=True),
        sa.Column("skip_reason", sa.String(), nullable=True),
        sa.CheckConstraint(
            "role IN ('planned', 'extra', 'repeat', 'gold', 'qualification', 'import')",
            name=op.f("ck_assignment_role"),
        ),
        sa.CheckConstraint(
            "slot IS NULL OR (slot >= 0 AND role IN ('planned', 'extra'))",
            name=op.f("ck_assignment_slot"),
        ),
        sa.CheckConstraint(
            "state IN ('leased', 'submitted', 'skipped', 'returned', 'expired')",
            name=op.f("ck_assignment_state"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_assignment_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["guideline_id"], ["guideline.id"], name=op.f("fk_assignment_guideline_id")
        ),
        sa.ForeignKeyConstraint(["queue_id"], ["queue.id"], name=op.f("fk_assignment_queue_id")),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_assignment_task_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignment")),
        sa.UniqueConstraint(
            "task_id", "account_id", "round", name=op.f("uq_assignment_task_id_account_id_round")
        ),
    )
    op.create_index(
        "ix_assignment_account_id_queue_id_state",
        "assignment",
        ["account_id", "queue_id", "state"],
        unique=False,
    )
    op.create_index(
        "ix_assignment_lease",
        "assignment",
        ["lease_expires_at"],
        unique=False,
        sqlite_where=sa.text("state = 'leased'"),
        postgresql_where=sa.text("state = 'leased'"),
    )
    op.create_index(
        "ix_assignment_queue_id_state", "assignment", ["queue_id", "state"], unique=False
    )
    op.create_index(
        "uq_assignment_slot",
        "assignment",
        ["task_id", "slot"],
        unique=True,
        sqlite_where=sa.text("state IN ('leased', 'submitted') AND slot IS NOT NULL"),
        postgresql_where=sa.text("state IN ('leased', 'submitted') AND slot IS NOT NULL"),
    )
    op.create_table(
        "draw",
        sa.Column(
            "id",
            ID,
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("queue_id", sa.BigInteger(), nullable=False),
        sa.Column("schedule_id", sa.BigInteger(), nullable=True),
        sa.Column("planned_at", UtcTime(), nullable=True),
        sa.Column("strategy", sa.String(), nullable=False),
        sa.Column("params", Json(), nullable=False),
        sa.Column("code_version", sa.String(), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("where", Json(), nullable=False),
        sa.Column("window_from", UtcTime(), nullable=True),
        sa.Column("window_to", UtcTime(), nullable=True),
        sa.Column("as_of", UtcTime(), nullable=False),
        sa.Column("population", sa.BigInteger(), nullable=False),
        sa.Column("eligible", sa.BigInteger(), nullable=False),
        sa.Column("drawn", sa.BigInteger(), nullable=False),
        sa.Column("added", sa.BigInteger(), nullable=False),
        sa.Column("record", Json(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["created_by"], ["account.id"], name=op.f("fk_draw_created_by")),
        sa.ForeignKeyConstraint(["queue_id"], ["queue.id"], name=op.f("fk_draw_queue_id")),
        sa.ForeignKeyConstraint(["schedule_id"], ["schedule.id"], name=op.f("fk_draw_schedule_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draw")),
        sa.UniqueConstraint("queue_id", "seed", name=op.f("uq_draw_queue_id_seed")),
        sa.UniqueConstraint(
            "schedule_id", "planned_at", name=op.f("uq_draw_schedule_id_planned_at")
        ),
    )
    op.create_index(op.f("ix_draw_created_by"), "draw", ["created_by"], unique=False)
    op.create_table(
        "verdict",
        sa.Column(
            "id",
            ID,
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("task_id", sa.BigInteger(), nullable=False),
        sa.Column("field", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("value", Json(), nullable=True),
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("label_ids", Json(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.CheckConstraint(
            "origin IN ('unanimous', 'majority', 'model', 'adjudicated')",
            name=op.f("ck_verdict_origin"),
        ),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_verdict_account_id")),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_verdict_task_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_verdict")),
        sa.UniqueConstraint(
            "task_id", "field", "revision", name=op.f("uq_verdict_task_id_field_revision")
        ),
    )
    op.create_table(
        "draft",
        sa.Column(
            "assignment_id",
            ID,
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("values", Json(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("updated_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["assignment_id"], ["assignment.id"], name=op.f("fk_draft_assignment_id")
        ),
        sa.PrimaryKeyConstraint("assignment_id", name=op.f("pk_draft")),
    )
    op.create_table(
        "draw_task",
        sa.Column(
            "draw_id",
            ID,
            autoincrement=False,
            nullable=False,
        ),
        sa.Column(
            "task_id",
            ID,
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("stratum", sa.String(), nullable=False),
        sa.Column("weight", sa.Float(), nullable=True),
        sa.Column("priority", sa.Float(), nullable=True),
        sa.Column("certain", sa.Boolean(), nullable=False),
        sa.Column("picked", sa.Boolean(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.CheckConstraint(
            "NOT picked OR position IS NOT NULL", name=op.f("ck_draw_task_position")
        ),
        sa.ForeignKeyConstraint(["draw_id"], ["draw.id"], name=op.f("fk_draw_task_draw_id")),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_draw_task_task_id")),
        sa.PrimaryKeyConstraint("draw_id", "task_id", name=op.f("pk_draw_task")),
    )
    op.create_index(op.f("ix_draw_task_task_id"), "draw_task", ["task_id"], unique=False)
    op.create_table(
        "label",
        sa.Column(
            "id",
            ID,
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("assignment_id", sa.BigInteger(), nullable=False),
        sa.Column("task_id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("values", Json(), nullable=True),
        sa.Column("guideline_id", sa.BigInteger(), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=True),
        sa.Column("response_order", Json(), nullable=True),
        sa.Column("idempotency_key", sa.String(), nullable=True),
        sa.Column("body_hash", sa.BigInteger(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_label_account_id")),
        sa.ForeignKeyConstraint(
            ["assignment_id"], ["assignment.id"], name=op.f("fk_label_assignment_id")
        ),
        sa.ForeignKeyConstraint(
            ["guideline_id"], ["guideline.id"], name=op.f("fk_label_guideline_id")
        ),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_label_task_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_label")),
        sa.UniqueConstraint(
            "account_id", "idempotency_key", name=op.f("uq_label_account_id_idempotency_key")
        ),
        sa.UniqueConstraint(
            "assignment_id", "revision", name=op.f("uq_label_assignment_id_revision")
        ),
    )
    op.create_index(op.f("ix_label_task_id"), "label", ["task_id"], unique=False)
