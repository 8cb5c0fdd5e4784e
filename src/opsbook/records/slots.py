"""The occurrences of schedules: one row for each that was expected, and how far each schedule has been looked at."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select, update

from opsbook.records.rows import Row, fetch, insert_absent, upsert
from opsbook.records.store import Store
from opsbook.records.tables.playbooks import schedules, slots


class Slots:
    def __init__(self, store: Store) -> None:
        self.store = store

    def seen_until(self, playbook_id: str, cron: str, timezone: str) -> datetime | None:
        """How far this schedule has been looked at; None for one that is new."""
        query = select(schedules.c.seen_until).where(
            schedules.c.playbook_id == playbook_id, schedules.c.cron == cron, schedules.c.timezone == timezone
        )
        with self.store.reading() as connection:
            found: datetime | None = connection.execute(query).scalar()
            return found

    def follow(self, playbook_id: str, followed: Sequence[tuple[str, str]], since: datetime) -> None:
        """These (cron, timezone) are the playbook's schedules now.

        What is new is looked at from `since` on; what is gone is forgotten, so that it is new when it comes again.
        """
        mine = schedules.c.playbook_id == playbook_id
        with self.store.reading() as connection:
            rows = fetch(connection, select(schedules.c.cron, schedules.c.timezone).where(mine))
        known, wanted = {(row["cron"], row["timezone"]) for row in rows}, set(followed)
        if known == wanted:
            return
        with self.store.transaction() as connection:
            for cron, timezone in known - wanted:
                gone = delete(schedules).where(mine, schedules.c.cron == cron, schedules.c.timezone == timezone)
                connection.execute(gone)
            for cron, timezone in wanted - known:
                row = {"playbook_id": playbook_id, "cron": cron, "timezone": timezone, "seen_until": since}
                insert_absent(connection, schedules, row)

    def expect(
        self, playbook_id: str, cron: str, timezone: str, due: Sequence[tuple[str, datetime]], until: datetime
    ) -> None:
        """Write the occurrences down as expected and move on, in one transaction. Known ones are left alone."""
        with self.store.transaction() as connection:
            for key, due_at in due:
                row = {"playbook_id": playbook_id, "slot": key, "due_at": due_at, "state": "expected", "seen_at": until}
                insert_absent(connection, slots, row)
            cursor = {"playbook_id": playbook_id, "cron": cron, "timezone": timezone, "seen_until": until}
            upsert(connection, schedules, [cursor])

    def undecided(self, playbook_id: str) -> list[Row]:
        """Expected slots, oldest first."""
        query = select(slots).where(slots.c.playbook_id == playbook_id, slots.c.state == "expected")
        with self.store.reading() as connection:
            return fetch(connection, query.order_by(slots.c.due_at))

    def decide(self, playbook_id: str, key: str, state: str, reason: str | None, run_id: str | None) -> bool:
        """True when the slot was undecided: the first decision stands."""
        with self.store.transaction() as connection:
            change = update(slots).where(
                slots.c.playbook_id == playbook_id, slots.c.slot == key, slots.c.state == "expected"
            )
            return connection.execute(change.values(state=state, reason=reason, run_id=run_id)).rowcount == 1

    def latest(self, playbook_id: str | None = None, limit: int = 50) -> list[Row]:
        """Newest first."""
        query = select(slots).order_by(slots.c.due_at.desc()).limit(limit)
        if playbook_id:
            query = query.where(slots.c.playbook_id == playbook_id)
        with self.store.reading() as connection:
            return fetch(connection, query)
