"""Three weeks of daily syncs from a system that changes what it tells: each change is told on its day, and on no other.

A field that nobody reads changes no figure. One that every row needs leaves figures unknown, by the name of the source,
and they are right again when it is declared under its new name.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from integrations.reading import reader
from integrations.till import FIELDS, SETTINGS, Till
from opsbook.sdk.clock import SteppedClock
from opsbook.sdk.values import JsonObject
from opsbook.warehouse import Warehouse
from opsbook.warehouse.activity import gmv
from opsbook.warehouse.sources._feeds import sync_feed
from opsbook.warehouse.sources._synced import Synced
from opsbook.warehouse.sources.alleaves.orders import orders

FIRST, DAYS, EACH, DAY = date(2026, 10, 1), 22, 5, timedelta(days=1)
COMES, GOES, RENAMED, MENDED = 8, 12, 15, 18


@dataclass
class Weeks:
    """One order of each day is cancelled; at eight in the morning the orders of the day before are read."""

    warehouse: Warehouse
    clock: SteppedClock
    till: Till = field(default_factory=Till)
    fields: dict[str, str] = field(default_factory=lambda: dict(FIELDS))

    def day(self, number: int) -> tuple[Synced, JsonObject]:
        """What the sync of a day said, and what was ordered in the 24 hours before it."""
        day = FIRST + number * DAY
        self.clock.at = datetime.combine(day, time(8), UTC)
        for place in range(EACH):
            status = "cancelled" if place == 0 else "completed"
            self.till.keep(number * EACH + place, day - DAY, total=number + place + 0.5, status=status)
        for order in self.till.orders.values():
            self._told(order, number)
        feed = reader("alleaves", "orders", SETTINGS, self.till, self.clock.at).feed
        found = asyncio.run(sync_feed(feed, self.warehouse, orders(self.fields, "UTC")))
        return found, gmv(self.warehouse, self.clock.at - DAY, self.clock.at)

    def _told(self, order: dict[str, object], number: int) -> None:
        """An order as the system tells it on a day."""
        order.pop("note", None)
        if COMES <= number < GOES:
            order["note"] = "gift"
        if number >= RENAMED and "total" in order:
            order["amount"] = order.pop("total")


def cents(number: int) -> int:
    return sum(100 * (number + place) + 50 for place in range(1, EACH))


def test_three_weeks_of_a_schema_that_changes(tmp_path: Path) -> None:
    clock = SteppedClock(datetime.combine(FIRST, time(8), UTC))
    weeks = Weeks(Warehouse(tmp_path / "warehouse", clock), clock)
    told, figures = {}, {}
    for number in range(DAYS):
        if number == MENDED:
            weeks.fields["total_cents"] = "amount:usd"
        found, figures[number] = weeks.day(number)
        assert found.useless is (RENAMED <= number < MENDED)
        if found.drift:
            told[number] = found.drift
    assert told.pop(COMES) == ("the field note is new (text)",)
    assert told.pop(GOES) == ("the field note has gone",)
    for number in range(RENAMED, MENDED):  # nothing of these days is kept, so it is news until it is mended
        assert told.pop(number)[:2] == ("the field amount is new (number)", "the field total has gone")
    assert told == {}
    known = [number for number in range(DAYS) if not RENAMED <= number < MENDED]
    assert {number: figures[number]["value"] for number in known} == {number: cents(number) for number in known}
    for number in range(RENAMED, MENDED):
        assert figures[number]["status"] == "unknown"
        assert str(figures[number]["reason"]).startswith("orders were last read from alleaves ")
