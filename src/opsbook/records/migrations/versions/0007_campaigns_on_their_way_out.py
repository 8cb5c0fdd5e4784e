"""Campaigns on their way out: who sends one, and what became of each letter."""

import sqlalchemy as sa
from alembic import op

from opsbook.records.tables.base import Instant

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "campaign_sendings",
        sa.Column("campaign_id", sa.String(length=80), nullable=False),
        sa.Column("due_at", Instant(length=27), nullable=False),
        sa.Column("holder", sa.String(length=120), nullable=True),
        sa.Column("lease_until", Instant(length=27), nullable=True),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("started_at", Instant(length=27), nullable=True),
        sa.Column("finished_at", Instant(length=27), nullable=True),
        sa.Column("note", sa.JSON(none_as_null=True), nullable=True),
        sa.PrimaryKeyConstraint("campaign_id", name=op.f("pk_campaign_sendings")),
    )
    with op.batch_alter_table("campaign_sendings", schema=None) as batch_op:
        batch_op.create_index("ix_campaign_sendings_due", ["due_at"], unique=False)
    op.create_table(
        "campaign_deliveries",
        sa.Column("campaign_id", sa.String(length=80), nullable=False),
        sa.Column("contact_id", sa.String(length=80), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=60), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("effect_key", sa.String(length=64), nullable=True),
        sa.Column("provider_id", sa.Text(), nullable=True),
        sa.Column("changed_at", Instant(length=27), nullable=False),
        sa.PrimaryKeyConstraint("campaign_id", "contact_id", name=op.f("pk_campaign_deliveries")),
        sa.UniqueConstraint("effect_key", name=op.f("uq_campaign_deliveries_effect_key")),
    )
    with op.batch_alter_table("campaign_deliveries", schema=None) as batch_op:
        batch_op.create_index("ix_campaign_deliveries_state", ["campaign_id", "state"], unique=False)
