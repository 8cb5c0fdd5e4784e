"""What the probes found: one row for each, and the latest of each system."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Float, Index, Integer, String, Table

from opsbook.records.tables.base import Id, Instant, Json, Text, metadata, required

probes = Table(
    "probes",
    metadata,
    Column("id", Id, primary_key=True),
    required("integration", String(40)),
    required("at", Instant),
    required("status", String(20)),
    Column("latency_ms", Float),
    Column("error_class", String(20)),
    required("message", Text),
    required("attempts", Integer),
    required("maintenance", Boolean, default=False),
    Index("ix_probes_integration_at", "integration", "at"),
)

integration_states = Table(
    "integration_states",
    metadata,
    Column("integration", String(40), primary_key=True),
    required("status", String(20)),
    required("checked_at", Instant),
    Column("last_success_at", Instant),
    required("consecutive_failures", Integer),
    Column("latency_ms", Float),
    Column("error_class", String(20)),
    required("message", Text),
    Column("quota", Json),
    required("observed", String(20), default="unknown"),
    Column("settled", String(20)),  # the last reported status that says up or down
    required("consecutive_successes", Integer, default=0),
    required("maintenance", Boolean, default=False),
    Column("credentials", Json),
)
