"""What waits for a decision: approvals, the manifests that they bind, who decided, and everything that was tried."""

import sqlalchemy as sa
from alembic import op

from opsbook.records.tables.base import Instant

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("campaigns", schema=None) as batch_op:
        batch_op.add_column(sa.Column("edited_by", sa.String(length=80), nullable=True))
    _approvals()
    op.create_table(
        "manifest_parts",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("content", sa.JSON(none_as_null=True), nullable=False),
        sa.PrimaryKeyConstraint("digest", "number", name=op.f("pk_manifest_parts")),
    )
    op.create_table(
        "decisions",
        sa.Column("approval_id", sa.String(length=80), nullable=False),
        sa.Column("person", sa.String(length=80), nullable=False),
        sa.Column("decision", sa.String(length=12), nullable=False),
        sa.Column("via", sa.String(length=12), nullable=False),
        sa.Column("at", Instant(length=27), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("form", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("approval_id", "person", name=op.f("pk_decisions")),
    )
    op.create_table(
        "approval_audit",
        sa.Column("approval_id", sa.String(length=80), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", Instant(length=27), nullable=False),
        sa.Column("event", sa.String(length=16), nullable=False),
        sa.Column("person", sa.String(length=80), nullable=True),
        sa.Column("via", sa.String(length=12), nullable=True),
        sa.Column("code", sa.String(length=40), nullable=True),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("details", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("approval_id", "number", name=op.f("pk_approval_audit")),
    )


def _approvals() -> None:
    op.create_table(
        "approvals",
        sa.Column("id", sa.String(length=80), nullable=False),
        sa.Column("ask_key", sa.String(length=400), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("subject", sa.String(length=380), nullable=False),
        sa.Column("run_id", sa.String(length=80), nullable=True),
        sa.Column("playbook_id", sa.String(length=80), nullable=True),
        sa.Column("thread_id", sa.String(length=80), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("facts", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("asked_by", sa.String(length=80), nullable=False),
        sa.Column("barred", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("deciders", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("escalate_to", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("quorum", sa.Integer(), nullable=False),
        sa.Column("form", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("on_deadline", sa.String(length=12), nullable=False),
        sa.Column("length_seconds", sa.Float(), nullable=False),
        sa.Column("asked_at", Instant(length=27), nullable=False),
        sa.Column("deadline", Instant(length=27), nullable=False),
        sa.Column("rounds", sa.Integer(), nullable=False),
        sa.Column("remind_at", Instant(length=27), nullable=True),
        sa.Column("tell", sa.String(length=24), nullable=True),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("answer", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("ended_at", Instant(length=27), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approvals")),
        sa.UniqueConstraint("ask_key", name=op.f("uq_approvals_ask_key")),
    )
    op.create_index("ix_approvals_state", "approvals", ["state", "deadline"], unique=False)
    op.create_index("ix_approvals_subject", "approvals", ["subject"], unique=False)
