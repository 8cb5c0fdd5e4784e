"""What people answer: threads, their messages and artifacts, campaigns, notifications, alerts."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, String, Table

from opsbook.records.tables.base import Id, Instant, Json, Text, metadata, required

threads = Table(
    "threads",
    metadata,
    Column("id", Id, primary_key=True),
    required("type", String(40)),
    required("status", String(20)),
    required("title", String(200)),
    required("preview", Text),
    required("primary_agent", String(64)),
    required("agents", Json),
    required("assignees", Json),
    Column("open_key", String(200), unique=True),
    Column("dedup_key", String(200)),
    Column("campaign_id", Id),
    Column("run_id", Id),
    Column("playbook_id", Id),
    required("created_at", Instant),
    required("updated_at", Instant),
    Index("ix_threads_updated", "updated_at"),
)

thread_messages = Table(
    "thread_messages",
    metadata,
    Column("id", Id, primary_key=True),
    required("thread_id", Id),
    required("author", String(80)),
    required("body", Text),
    Column("run_id", Id),
    Column("effect_key", String(64), unique=True),
    Column("answer", Json),  # what the step that wrote it was told: a repeat is told the same
    required("at", Instant),
    Index("ix_thread_messages_thread", "thread_id", "at"),
)

artifacts = Table(
    "artifacts",
    metadata,
    Column("id", Id, primary_key=True),
    required("thread_id", Id),
    required("type", String(40)),
    required("status", String(20)),
    required("title", Text),
    required("data", Json),
    required("digest", String(64)),
    required("created_by", String(80)),
    required("created_at", Instant),
    Index("ix_artifacts_thread", "thread_id"),
)

campaigns = Table(
    "campaigns",
    metadata,
    Column("id", Id, primary_key=True),
    required("effect_key", String(64), unique=True),
    required("name", Text),
    required("goal", String(40)),
    required("status", String(24)),
    required("channel", String(20)),
    required("created_by_agent", String(64)),
    Column("run_id", Id),
    Column("thread_id", Id),
    required("discount", Json),
    required("compliance_status", String(20)),
    required("compliance", Json),
    required("digest", String(64)),
    required("recipients", Integer),
    required("excluded", Integer),
    required("created_at", Instant),
    Column("edited_by", String(80)),  # the person who changed it last
)

campaign_messages = Table(
    "campaign_messages",
    metadata,
    Column("campaign_id", Id, primary_key=True),
    Column("contact_id", Id, primary_key=True),
    required("organization_id", Id),
    required("organization_name", Text),
    required("recipient", Text),
    required("status", String(20)),
    required("subject", Text),
    required("body", Text),
    required("reason", String(40)),
    Column("discount_code", String(40)),
    required("headers", Json),
    required("evidence", Json),
    Column("sent_at", Instant),
    Index("ix_campaign_messages_recipient", "recipient", "sent_at"),
)

campaign_exclusions = Table(
    "campaign_exclusions",
    metadata,
    Column("campaign_id", Id, primary_key=True),
    Column("organization_id", Id, primary_key=True),
    Column("contact_id", Id, primary_key=True),  # empty: the organisation has nobody to write to
    required("reason", String(60)),
)

signing_keys = Table(
    "signing_keys",
    metadata,
    Column("purpose", String(40), primary_key=True),
    required("key", String(64)),  # hexadecimal
    required("created_at", Instant),
)

suppressions = Table(
    "suppressions",
    metadata,
    Column("channel", String(20), primary_key=True),
    Column("address", String(320), primary_key=True),
    required("reason", String(40)),
    required("at", Instant),
)

notifications = Table(
    "dashboard_notifications",  # the engine below owns the short name on an embedded store
    metadata,
    Column("id", Id, primary_key=True),
    required("effect_key", String(64), unique=True),
    required("person", String(80)),
    required("title", Text),
    required("body", Text),
    required("severity", String(12)),
    required("source", Json),
    Column("dedup_key", String(200)),
    required("created_at", Instant),
    Column("read_at", Instant),
    Index("ix_notifications_created", "created_at"),
)

alerts = Table(
    "alerts",
    metadata,
    Column("id", Id, primary_key=True),
    Column("open_key", String(400), unique=True),
    required("playbook_id", Id),
    required("rule_id", String(80)),
    required("subject", String(200)),
    required("severity", String(12)),
    required("message", Text),
    Column("thread_key", String(200)),
    required("state", String(12)),
    required("opened_at", Instant),
    required("last_seen_at", Instant),
    Column("reminded_at", Instant),
    Column("closed_at", Instant),
    required("run_id", Id),
    required("times_seen", Integer),
    Index("ix_alerts_state", "state", "opened_at"),
)
