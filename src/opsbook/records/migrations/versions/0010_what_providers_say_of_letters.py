"""What providers say of letters, and what a message is found by when they do."""

import sqlalchemy as sa
from alembic import op

from opsbook.records.tables.base import Instant

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "delivery_receipts",
        sa.Column("campaign_id", sa.String(length=80), nullable=False),
        sa.Column("contact_id", sa.String(length=80), nullable=False),
        sa.Column("fate", sa.String(length=16), nullable=False),
        sa.Column("provider", sa.String(length=60), nullable=False),
        sa.Column("at", Instant(length=27), nullable=False),
        sa.Column("detail", sa.String(length=60), nullable=True),
        sa.PrimaryKeyConstraint("campaign_id", "contact_id", "fate", name=op.f("pk_delivery_receipts")),
    )
    with op.batch_alter_table("effects", schema=None) as batch_op:
        batch_op.add_column(sa.Column("mark", sa.String(length=40), nullable=True))
        batch_op.create_index("ix_effects_mark", ["mark"], unique=False)
        batch_op.create_index("ix_effects_provider", ["connector", "provider_id"], unique=False)
    with op.batch_alter_table("events", schema=None) as batch_op:
        batch_op.add_column(sa.Column("receipt", sa.JSON(none_as_null=True), nullable=True))
