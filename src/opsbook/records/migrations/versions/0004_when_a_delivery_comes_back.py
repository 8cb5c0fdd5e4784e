"""When a delivery that a provider put off may be tried again, and how many it took on a day."""

import sqlalchemy as sa
from alembic import op

import opsbook.records.tables.base

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("effects", schema=None) as batch_op:
        batch_op.add_column(sa.Column("not_before", opsbook.records.tables.base.Instant(length=27), nullable=True))
        batch_op.create_index("ix_effects_day", ["connector", "started_at"], unique=False)
        batch_op.create_index("ix_effects_held", ["connector", "not_before"], unique=False)
