"""What the probes found: every row, the latest state of each system, and what follows for a window."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from opsbook.records.rows import Row, fetch, fetch_one, upsert
from opsbook.records.store import Store
from opsbook.records.tables.systems import integration_states, probes
from opsbook.records.uptime import HELD, Sample
from opsbook.sdk.integration import ProbeReport


class Probes:
    """The history that the monitor keeps, and the questions that tools and pages ask of it."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def last(self, integration: str) -> Row | None:
        """The latest state, `{status, checked_at, last_success_at, consecutive_failures, ...}`, or None.

        `status` is what was reported, `observed` what the probe found; rows of probes hold what was found.
        """
        query = select(integration_states).where(integration_states.c.integration == integration)
        with self.store.reading() as connection:
            return fetch_one(connection, query)

    def record(self, report: ProbeReport) -> None:
        """Store one probe, and make it the latest state unless a later one stands. Safe to repeat."""
        self.record_all([report])

    def record_all(self, reports: Sequence[ProbeReport]) -> None:
        """`record` for the probes of one check, in one transaction: all of them or none."""
        with self.store.transaction() as connection:
            _write(connection, reports)

    def between(self, integrations: Sequence[str] | None, start: datetime, end: datetime, limit: int) -> list[Row]:
        """Probe rows of `[start, end)`, newest first, at most `limit` of each system; None: of every system."""
        place = func.row_number().over(partition_by=probes.c.integration, order_by=probes.c.at.desc())
        ranked = select(probes, place.label("place")).where(probes.c.at >= start, probes.c.at < end)
        if integrations is not None:
            ranked = ranked.where(probes.c.integration.in_(integrations))
        found = ranked.subquery()
        query = select(found).where(found.c.place <= limit).order_by(found.c.at.desc(), found.c.integration)
        with self.store.reading() as connection:
            return [{name: value for name, value in row.items() if name != "place"} for row in fetch(connection, query)]

    def samples(self, integrations: Sequence[str], start: datetime, end: datetime) -> dict[str, list[Sample]]:
        """The probes of `[start, end]` by system, oldest first, with what held when the window began.

        That is the probes of `uptime.HELD` before the window too. A system without a probe has no key.
        """
        wanted = (probes.c.integration, probes.c.at, probes.c.status, probes.c.latency_ms, probes.c.maintenance)
        query = (
            select(*wanted)
            .where(probes.c.integration.in_(integrations), probes.c.at >= start - HELD, probes.c.at <= end)
            .order_by(probes.c.at)
        )
        found: dict[str, list[Sample]] = {}
        with self.store.reading() as connection:
            for row in connection.execute(query):
                sample = Sample(row.at, row.status, row.latency_ms, row.maintenance)
                found.setdefault(row.integration, []).append(sample)
        return found

    def counts(self, integrations: Sequence[str] | None, start: datetime, end: datetime) -> dict[str, dict[str, int]]:
        """How many probes of `[start, end)` found each system in each status."""
        query = (
            select(probes.c.integration, probes.c.status, func.count().label("count"))
            .where(probes.c.at >= start, probes.c.at < end)
            .group_by(probes.c.integration, probes.c.status)
        )
        if integrations is not None:
            query = query.where(probes.c.integration.in_(integrations))
        found: dict[str, dict[str, int]] = {}
        with self.store.reading() as connection:
            for row in fetch(connection, query):
                found.setdefault(row["integration"], {})[row["status"]] = row["count"]
        return found

    def last_with(self, integrations: Sequence[str], error_class: str) -> dict[str, Row]:
        """The newest probe of each system that ended in an error class: `{at, status, error_class, message}`."""
        newest = (
            select(probes.c.integration, func.max(probes.c.at).label("at"))
            .where(probes.c.integration.in_(integrations), probes.c.error_class == error_class)
            .group_by(probes.c.integration)
            .subquery()
        )
        query = select(probes.c.integration, probes.c.at, probes.c.status, probes.c.error_class, probes.c.message).join(
            newest, (probes.c.integration == newest.c.integration) & (probes.c.at == newest.c.at)
        )
        with self.store.reading() as connection:
            return {row.pop("integration"): row for row in fetch(connection, query)}

    def states(self) -> list[Row]:
        """The latest state of every system, by id."""
        with self.store.reading() as connection:
            return fetch(connection, select(integration_states).order_by(integration_states.c.integration))


def _write(connection: Connection, reports: Sequence[ProbeReport]) -> None:
    upsert(connection, probes, [_probe_row(report) for report in reports])
    standing = {
        row["integration"]: row["checked_at"]
        for row in fetch(connection, select(integration_states.c.integration, integration_states.c.checked_at))
    }
    latest = sorted(reports, key=lambda report: report.checked_at)  # the newest of one system is written last
    upsert(
        connection,
        integration_states,
        [
            _state_row(report)
            for report in latest
            if report.id not in standing or standing[report.id] <= report.checked_at
        ],
    )


def _probe_row(report: ProbeReport) -> dict[str, Any]:
    # One system is not probed twice in a microsecond, so the key is the same when a probe is recorded again.
    key = f"{report.id}@{report.checked_at.isoformat(timespec='microseconds')}"
    return {"id": key, "at": report.checked_at, "attempts": report.attempts, **_seen(report)}


def _state_row(report: ProbeReport) -> dict[str, Any]:
    seen = report.observation
    return {
        **_seen(report),
        "status": report.status.value,
        "observed": seen.status.value,
        "settled": report.settled.value if report.settled else None,
        "checked_at": report.checked_at,
        "last_success_at": report.last_success_at,
        "consecutive_failures": report.consecutive_failures,
        "consecutive_successes": report.consecutive_successes,
        "quota": seen.quota,
        "credentials": seen.expiry.as_json() if seen.expiry else None,
    }


def _seen(report: ProbeReport) -> dict[str, Any]:
    seen = report.observation
    return {
        "integration": report.id,
        "status": seen.status.value,
        "latency_ms": seen.latency_ms,
        "error_class": seen.error_class.value if seen.error_class else None,
        "message": seen.message,
        "maintenance": report.maintenance is not None,
    }
