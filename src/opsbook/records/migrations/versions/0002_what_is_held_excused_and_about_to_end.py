"""What is held back, excused and about to end: thresholds, maintenance and credentials in the rows of the systems."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("probes", schema=None) as batch_op:
        batch_op.add_column(sa.Column("maintenance", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("integration_states", schema=None) as batch_op:
        batch_op.add_column(sa.Column("observed", sa.String(length=20), nullable=False, server_default="unknown"))
        batch_op.add_column(sa.Column("settled", sa.String(length=20), nullable=True))
        batch_op.add_column(sa.Column("consecutive_successes", sa.Integer(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("maintenance", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column("credentials", sa.JSON(none_as_null=True), nullable=True))
    # Until now nothing was held back: what was reported is what was observed.
    op.execute("update integration_states set observed = status")
    op.execute("update integration_states set settled = status where status in ('online', 'degraded', 'offline')")
