"""Campaigns on their way out: who sends one, and what became of each of its letters."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, String, Table

from opsbook.records.tables.base import Id, Instant, Json, Text, metadata, required

sendings = Table(
    "campaign_sendings",
    metadata,
    Column("campaign_id", Id, primary_key=True),
    required("due_at", Instant),  # nothing of it is sent before
    Column("holder", String(120)),  # the worker that sends it, until `lease_until`
    Column("lease_until", Instant),
    required("epoch", Integer),
    Column("started_at", Instant),
    Column("finished_at", Instant),
    Column("note", Json),  # {code, message}: why it waits, was paused or failed
    Index("ix_campaign_sendings_due", "due_at"),
)

deliveries = Table(
    "campaign_deliveries",
    metadata,
    Column("campaign_id", Id, primary_key=True),
    Column("contact_id", Id, primary_key=True),
    required("state", String(16)),
    Column("reason", String(60)),  # why it was left out, failed or is uncertain
    required("attempts", Integer),
    Column("effect_key", String(64), unique=True),
    Column("provider_id", Text),
    required("changed_at", Instant),
    Index("ix_campaign_deliveries_state", "campaign_id", "state"),
)

receipts = Table(
    "delivery_receipts",
    metadata,
    Column("campaign_id", Id, primary_key=True),
    Column("contact_id", Id, primary_key=True),
    Column("fate", String(16), primary_key=True),
    required("provider", String(60)),
    required("at", Instant),
    Column("detail", String(60)),
)
