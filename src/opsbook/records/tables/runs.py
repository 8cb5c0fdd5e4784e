"""Runs, their steps, the calls made in them, their segments and waits, and the effects ledger."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Float, Index, Integer, String, Table

from opsbook.records.tables.base import Id, Instant, Json, Text, metadata, required

runs = Table(
    "runs",
    metadata,
    Column("id", Id, primary_key=True),
    required("playbook_id", Id),
    required("playbook_name", Text),
    required("version", Integer),
    required("sha256", String(64)),
    required("trigger", String(20)),
    required("actor", Text),
    required("as_of", Instant),
    required("timezone", String(64)),
    required("dry_run", Boolean),
    required("inputs", Json),
    required("state", String(20)),
    Column("verdict", String(20)),
    Column("reason", Text),
    Column("error", Json),
    required("accepted_at", Instant),
    Column("started_at", Instant),
    Column("ended_at", Instant),
    Column("duration_ms", Float),
    required("steps_executed", Integer, default=0),
    Column("results", Json),
    Column("conditions", Json),
    Column("criteria", Json),
    Column("alerts", Json),
    Column("cost", Json),
    Column("parent_run_id", Id),
    Column("event", Json),  # the event that started it: id, name, received_at and what came with it
    required("stop_requested", Boolean, default=False),
    required("segment", Integer, default=1),
    required("attempt", Integer, default=1),
    Column("earlier", Json),
    required("active_ms", Float, default=0.0),
    Index("ix_runs_playbook_accepted", "playbook_id", "accepted_at"),
    Index("ix_runs_state", "state", "accepted_at"),
    Index("ix_runs_accepted", "accepted_at"),
    Index("ix_runs_attempt", "attempt"),
)

run_steps = Table(
    "run_steps",
    metadata,
    Column("run_id", Id, primary_key=True),
    Column("path", String(300), primary_key=True),
    required("position", Integer),
    required("segment", Integer),
    required("step_id", String(80)),
    required("type", String(40)),
    required("name", Text),
    required("status", String(20)),
    Column("reason", Text),
    Column("started_at", Instant),
    Column("ended_at", Instant),
    Column("duration_ms", Float),
    required("attempts", Integer, default=0),
    Column("error", Json),
    required("outcome", Json),
)

calls = Table(
    "calls",
    metadata,
    Column("id", Id, primary_key=True),
    required("run_id", Id),
    required("path", String(300)),
    required("kind", String(20)),
    required("name", String(120)),
    Column("agent", String(64)),
    required("started_at", Instant),
    required("duration_ms", Float),
    required("ok", Boolean),
    Column("error_code", String(60)),
    Column("cost", Json),
    Index("ix_calls_run", "run_id", "started_at"),
)

segments = Table(
    "segments",
    metadata,
    Column("id", String(160), primary_key=True),
    required("run_id", Id),
    required("epoch", Integer),
    required("deaths", Integer, default=0),
    Column("entered_at", Instant),
)

waits = Table(
    "waits",
    metadata,
    Column("id", String(380), primary_key=True),
    required("run_id", Id),
    required("path", String(300)),
    required("segment", Integer),
    required("kind", String(20)),
    Column("subject", Id),
    required("deadline", Instant),
    required("state", String(20)),
    Column("answer", Json),
    Column("answered_at", Instant),
    Index("ix_waits_open", "state", "deadline"),
    Index("ix_waits_subject", "subject"),
)

effects = Table(
    "effects",
    metadata,
    Column("key", String(64), primary_key=True),
    required("run_id", Id),
    required("path", String(300)),
    required("item", String(200)),
    required("connector", String(60)),
    required("channel", String(20)),
    required("recipient", Text),
    required("subject", Text),
    required("effect_class", String(4)),
    required("request_digest", String(64)),
    required("state", String(12)),
    required("attempts", Integer),
    required("epoch", Integer),
    Column("provider_id", Text),
    Column("error", Json),
    required("planned_at", Instant),
    Column("started_at", Instant),
    Column("finished_at", Instant),
    Column("not_before", Instant),
    Column("mark", String(40)),  # what the message carries; null for those that left before it was kept
    Index("ix_effects_run", "run_id"),
    Index("ix_effects_state", "state"),
    Index("ix_effects_day", "connector", "started_at"),
    Index("ix_effects_held", "connector", "not_before"),
    Index("ix_effects_mark", "mark"),
    Index("ix_effects_provider", "connector", "provider_id"),
)

contacts = Table(
    "contacts",
    metadata,
    Column("channel", String(20), primary_key=True),
    Column("recipient", String(320), primary_key=True),
    Column("dedup_key", String(200), primary_key=True),
    required("sent_at", Instant),
    required("effect_key", String(64)),
)

heartbeats = Table(
    "heartbeats",
    metadata,
    Column("executor_id", String(120), primary_key=True),
    required("label", String(60)),
    required("last_seen", Instant),
)
