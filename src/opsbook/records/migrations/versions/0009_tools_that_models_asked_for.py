"""The tools that models asked for by themselves, counted against budgets."""

import sqlalchemy as sa
from alembic import op

from opsbook.records.tables.base import Instant

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "model_tool_calls",
        sa.Column("id", sa.String(length=80), nullable=False),
        sa.Column("run_id", sa.String(length=80), nullable=False),
        sa.Column("playbook_id", sa.String(length=80), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("agent", sa.String(length=64), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("tool", sa.String(length=120), nullable=False),
        sa.Column("asked_at", Instant(length=27), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_model_tool_calls")),
    )
    op.create_index("ix_model_tool_calls_run_id", "model_tool_calls", ["run_id"])
    op.create_index("ix_model_tool_calls_playbook_id_month", "model_tool_calls", ["playbook_id", "month"])
