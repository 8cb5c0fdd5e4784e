"""Figures that cannot be rebuilt later: monthly recurring revenue by organisation, and the daily metrics."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Float, Index, Integer, String, Table

from opsbook.records.tables.base import Id, Instant, Text, metadata, required

mrr_days = Table(
    "mrr_days",
    metadata,
    Column("local_date", String(10), primary_key=True),
    required("taken_at", Instant),
    Column("run_id", Id),
    required("reconstructed", Boolean),
    Column("terms", String(16)),
)

mrr_snapshots = Table(
    "mrr_snapshots",
    metadata,
    Column("local_date", String(10), primary_key=True),
    Column("organization_id", Id, primary_key=True),
    required("mrr_cents", Integer),
)

mrr_payers = Table(  # of every organisation that ever paid the first day in `mrr_snapshots` on which it did
    "mrr_payers",
    metadata,
    Column("organization_id", Id, primary_key=True),
    required("first_paid_on", String(10)),
    Index("ix_mrr_payers_first_paid_on", "first_paid_on", "organization_id"),
)

metric_snapshots = Table(
    "metric_snapshots",
    metadata,
    Column("local_date", String(10), primary_key=True),
    Column("metric", String(60), primary_key=True),
    Column("value", Float),
    required("status", String(20)),
    Column("reason", Text),
    required("taken_at", Instant),
    Column("run_id", Id),
    required("reconstructed", Boolean),
    Column("terms", String(16)),
)
