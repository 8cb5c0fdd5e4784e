"""What of our records stands in somebody else's database, and in which state it was written there."""

from __future__ import annotations

from sqlalchemy import Column, Index, String, Table

from opsbook.records.tables.base import Id, Instant, Text, metadata, required

mirrored = Table(
    "mirrored",
    metadata,
    Column("kind", String(20), primary_key=True),
    Column("id", Id, primary_key=True),
    required("mark", String(120)),
    Column("error", Text),
    Column("writer", String(80)),
    required("at", Instant),
    Index("ix_mirrored_kind_mark", "kind", "mark"),
)
