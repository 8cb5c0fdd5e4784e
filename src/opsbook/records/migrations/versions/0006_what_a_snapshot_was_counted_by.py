"""The words that a snapshot was counted by. Those that were taken before it was kept say nothing of it."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("mrr_days", "metric_snapshots"):
        op.add_column(table, sa.Column("terms", sa.String(length=16), nullable=True))
