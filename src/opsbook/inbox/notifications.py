"""The `dashboard` channel: notifications that people read in the console. A connector like any other, but our own."""

from __future__ import annotations

from datetime import timedelta

from opsbook.inbox.people import EVERYBODY
from opsbook.records.notifications import Notifications as NotificationRows
from opsbook.records.rows import Row
from opsbook.records.store import Store
from opsbook.sdk.clock import Clock, Ids
from opsbook.sdk.effects import ConnectorClass, Parcel, Receipt


class Notifications:
    """Implements `sdk.effects.Connector`. A notification for everybody is read when one person has read it."""

    name = "dashboard"
    channel = "dashboard"
    effect_class = ConnectorClass.OWN
    search_after = timedelta(0)

    def __init__(self, store: Store, clock: Clock, ids: Ids) -> None:
        self.rows = NotificationRows(store)
        self.clock = clock
        self.ids = ids

    async def send(self, parcel: Parcel) -> Receipt:
        """Put it on the dashboard. The same key again changes nothing and answers the same id."""
        stands = await self.rows.write(
            {
                "id": self.ids.new("notification"),
                "effect_key": parcel.key,
                "person": parcel.to,
                "title": parcel.subject,
                "body": parcel.text,
                "severity": parcel.severity,
                "dedup_key": parcel.dedup_key,
                "created_at": self.clock.now(),
            }
        )
        return Receipt(stands)

    async def find(self, key: str) -> Receipt | None:
        row = self.rows.by_key(key)
        return None if row is None else Receipt(row["id"])

    def latest(self, person: str | None = None, *, unread: bool = False, limit: int = 50) -> list[Row]:
        """Newest first: those of a person and those for everybody; no person: all that there are."""
        return self.rows.latest(persons=_with_everybody(person), unread=unread, limit=limit)

    def unread(self, person: str) -> int:
        """How many a person has not read."""
        return self.rows.unread((person, EVERYBODY))

    def read(self, notification_id: str, person: str) -> bool:
        """Mark it as read by its person; True when it was theirs and unread. Safe to repeat."""
        return self.rows.read(notification_id, (person, EVERYBODY), self.clock.now())


def _with_everybody(person: str | None) -> tuple[str, str] | None:
    return None if person is None else (person, EVERYBODY)
