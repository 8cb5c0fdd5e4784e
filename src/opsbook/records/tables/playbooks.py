"""Playbooks, their immutable versions, and what starts them."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, Integer, String, Table

from opsbook.records.tables.base import Id, Instant, Json, Text, metadata, required

playbooks = Table(
    "playbooks",
    metadata,
    Column("id", Id, primary_key=True),
    required("name", Text),
    required("enabled", Boolean),
    required("enabled_at", Instant),
    required("version", Integer),
    required("created_at", Instant),
    required("updated_at", Instant),
)

playbook_versions = Table(
    "playbook_versions",
    metadata,
    Column("playbook_id", Id, primary_key=True),
    Column("version", Integer, primary_key=True),
    required("sha256", String(64)),
    required("document", Json),
    required("text", Text),
    required("author", Text),
    required("created_at", Instant),
)

triggers = Table(
    "triggers",
    metadata,
    Column("dedup_key", String(200), primary_key=True),
    required("kind", String(20)),
    required("playbook_id", Id),
    required("run_id", Id),
    required("body_digest", String(64)),
    required("at", Instant),
)

schedules = Table(
    "schedules",
    metadata,
    Column("playbook_id", Id, primary_key=True),
    Column("cron", String(120), primary_key=True),
    Column("timezone", String(64), primary_key=True),
    required("seen_until", Instant),
)

slots = Table(
    "slots",
    metadata,
    Column("playbook_id", Id, primary_key=True),
    Column("slot", String(40), primary_key=True),
    required("due_at", Instant),
    required("state", String(20)),
    Column("reason", Text),
    Column("run_id", Id),
    required("seen_at", Instant),
    Index("ix_slots_state_due", "state", "due_at"),
)
