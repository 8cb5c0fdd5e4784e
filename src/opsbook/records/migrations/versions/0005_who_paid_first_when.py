"""The first day on which each organisation paid, filled from the days that are stored."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "mrr_payers",
        sa.Column("organization_id", sa.String(length=80), nullable=False),
        sa.Column("first_paid_on", sa.String(length=10), nullable=False),
        sa.PrimaryKeyConstraint("organization_id", name=op.f("pk_mrr_payers")),
    )
    with op.batch_alter_table("mrr_payers", schema=None) as batch_op:
        batch_op.create_index("ix_mrr_payers_first_paid_on", ["first_paid_on", "organization_id"], unique=False)
    op.execute(
        "insert into mrr_payers (organization_id, first_paid_on)"
        " select organization_id, min(local_date) from mrr_snapshots where mrr_cents > 0 group by organization_id"
    )
