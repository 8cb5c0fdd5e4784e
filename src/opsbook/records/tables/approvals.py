"""What waits for a person's decision: approvals, what they are about, who decided, and everything that was tried."""

from __future__ import annotations

from sqlalchemy import Column, Float, Index, Integer, String, Table

from opsbook.records.tables.base import Id, Instant, Json, Text, metadata, required

approvals = Table(
    "approvals",
    metadata,
    Column("id", Id, primary_key=True),
    required("ask_key", String(400), unique=True),  # the same question is asked once
    required("kind", String(12)),
    required("subject", String(380)),
    Column("run_id", Id),
    Column("playbook_id", Id),
    Column("thread_id", Id),
    required("title", Text),
    required("message", Text),
    required("facts", Json),
    required("digest", String(64)),
    required("asked_by", String(80)),
    required("barred", Json),  # persons who asked or edited
    required("deciders", Json),
    required("escalate_to", Json),
    required("quorum", Integer),
    required("form", Json),
    required("on_deadline", String(12)),
    required("length_seconds", Float),
    required("asked_at", Instant),
    required("deadline", Instant),
    required("rounds", Integer),  # deadlines that have passed
    Column("remind_at", Instant),
    Column("tell", String(24)),  # what people are still to be told
    required("state", String(12)),
    Column("reason", Text),
    Column("answer", Json),
    Column("ended_at", Instant),
    Index("ix_approvals_state", "state", "deadline"),
    Index("ix_approvals_subject", "subject"),
)

manifest_parts = Table(
    "manifest_parts",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("number", Integer, primary_key=True),  # 0 is the manifest without its messages
    required("content", Json),
)

decisions = Table(
    "decisions",
    metadata,
    Column("approval_id", Id, primary_key=True),
    Column("person", String(80), primary_key=True),
    required("decision", String(12)),
    required("via", String(12)),
    required("at", Instant),
    required("digest", String(64)),
    Column("note", Text),
    required("form", Json),
    Column("key", String(64)),
)

approval_audit = Table(
    "approval_audit",
    metadata,
    Column("approval_id", Id, primary_key=True),
    Column("number", Integer, primary_key=True),
    required("at", Instant),
    required("event", String(16)),
    Column("person", String(80)),
    Column("via", String(12)),
    Column("code", String(40)),
    required("words", Text),
    required("details", Json),
    required("previous", String(64)),
    required("sha256", String(64)),
)
