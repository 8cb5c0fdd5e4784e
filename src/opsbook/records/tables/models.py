"""Requests to language models, what they cost and were about; and the tools that models asked for."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, String, Table

from opsbook.records.tables.base import Id, Instant, Json, Text, metadata, required

model_requests = Table(
    "model_requests",
    metadata,
    Column("id", Id, primary_key=True),
    required("run_id", Id),
    required("playbook_id", Id),
    required("path", Text),
    required("agent", String(64)),
    required("purpose", String(40)),
    required("month", String(7)),  # of the run's scheduled time in its zone: 2026-11
    required("model", String(120)),
    required("state", String(20)),
    required("reserved_tokens", Integer),
    Column("reserved_micros", BigInteger),  # millionths of a US dollar; NULL: the model's price is not known
    Column("input_tokens", Integer),
    Column("output_tokens", Integer),
    Column("cache_read_tokens", Integer),
    Column("cache_write_tokens", Integer),
    Column("micros", BigInteger),
    Column("priced_on", String(10)),
    required("asked_at", Instant),
    Column("answered_at", Instant),
    Column("error", String(120)),
    Column("asked", Json),
    Column("answered", Json),
    Index("ix_model_requests_run_id", "run_id"),
    Index("ix_model_requests_playbook_id_month", "playbook_id", "month"),
)

model_tool_calls = Table(
    "model_tool_calls",
    metadata,
    Column("id", Id, primary_key=True),
    required("run_id", Id),
    required("playbook_id", Id),
    required("path", Text),
    required("agent", String(64)),
    required("month", String(7)),
    required("tool", String(120)),
    required("asked_at", Instant),
    Index("ix_model_tool_calls_run_id", "run_id"),
    Index("ix_model_tool_calls_playbook_id_month", "playbook_id", "month"),
)
