"""Alerts: one open row for each (playbook, rule, subject), reminded while it lasts, closed when it is over."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update

from opsbook.records.rows import Row, fetch, fetch_one, insert_absent
from opsbook.records.store import Store
from opsbook.records.tables.inbox import alerts

SEVERITIES = ("low", "normal", "high", "critical")


class Alerts:
    def __init__(self, store: Store) -> None:
        self.store = store

    async def see(self, alert: Mapping[str, Any], now: datetime) -> tuple[Row, bool]:
        """Open this alert, or mark the open one of its key as seen by this run. Answers (row, opened).

        The same run seeing it twice counts once. An open alert is never made less severe: it may have been escalated.
        """

        def write(connection: Connection) -> tuple[Row, bool]:
            fresh = {**alert, "state": "open", "opened_at": now, "last_seen_at": now, "times_seen": 1}
            fresh["reminded_at"] = None
            opened = insert_absent(connection, alerts, fresh)
            row = fetch_one(connection, select(alerts).where(alerts.c.open_key == alert["open_key"]))
            assert row is not None
            if opened:
                return row, True
            if row["run_id"] == alert["run_id"]:
                return row, row["times_seen"] == 1
            change = {
                "last_seen_at": now,
                "times_seen": row["times_seen"] + 1,
                "run_id": alert["run_id"],
                "severity": max(row["severity"], alert["severity"], key=SEVERITIES.index),
                "message": alert["message"],
            }
            connection.execute(update(alerts).where(alerts.c.id == row["id"]).values(**change))
            return {**row, **change}, False

        return await self.store.shared(write)

    async def close(self, alert_id: str, run_id: str, now: datetime) -> None:
        """Close it: the subject is well again. Safe to repeat."""

        def write(connection: Connection) -> None:
            change = update(alerts).where(alerts.c.id == alert_id, alerts.c.state == "open")
            values = {"state": "closed", "open_key": None, "closed_at": now, "run_id": run_id}
            connection.execute(change.values(**values))

        await self.store.shared(write)

    async def reminded(self, alert_id: str, now: datetime) -> None:
        def write(connection: Connection) -> None:
            connection.execute(update(alerts).where(alerts.c.id == alert_id).values(reminded_at=now))

        await self.store.shared(write)

    async def escalated(self, alert_id: str, severity: str, now: datetime) -> None:
        """It is more severe from now on, and people were told so at `now`. Safe to repeat."""

        def write(connection: Connection) -> None:
            change = update(alerts).where(alerts.c.id == alert_id)
            connection.execute(change.values(severity=severity, reminded_at=now))

        await self.store.shared(write)

    def open_of(self, playbook_id: str, rule_id: str | None = None) -> list[Row]:
        """Open alerts of a playbook, oldest first."""
        query = select(alerts).where(alerts.c.state == "open", alerts.c.playbook_id == playbook_id)
        if rule_id:
            query = query.where(alerts.c.rule_id == rule_id)
        with self.store.reading() as connection:
            return fetch(connection, query.order_by(alerts.c.opened_at))

    def closed_by(self, run_id: str) -> list[Row]:
        query = select(alerts).where(alerts.c.state == "closed", alerts.c.run_id == run_id)
        with self.store.reading() as connection:
            return fetch(connection, query)

    def latest(self, *, state: str | None = None, limit: int = 100) -> list[Row]:
        """Newest first."""
        query = select(alerts).order_by(alerts.c.opened_at.desc(), alerts.c.id.desc()).limit(limit)
        if state:
            query = query.where(alerts.c.state == state)
        with self.store.reading() as connection:
            return fetch(connection, query)
