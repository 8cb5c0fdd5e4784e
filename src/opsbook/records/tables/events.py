"""What outside systems have told us: one row for each event, however often it was delivered."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, String, Table

from opsbook.records.tables.base import Id, Instant, Json, Text, metadata, required

events = Table(
    "events",
    metadata,
    Column("id", Id, primary_key=True),
    required("dedup_key", String(200), unique=True),
    required("source", String(64)),
    required("name", String(100)),
    required("body", Json),
    Column("opt_out", Json),
    required("received_at", Instant),
    required("state", String(20)),
    Column("reason", Text),
    Column("outcome", Json),
    required("attempts", Integer, default=0),
    Column("due_at", Instant),  # when to look at it (again); null when nothing is left to do
    Column("settled_at", Instant),
    Column("receipt", Json),  # a provider's word about one of our messages
    Index("ix_events_received", "received_at"),
    Index("ix_events_due", "due_at"),
)
