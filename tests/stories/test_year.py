"""A year of daily snapshots: nothing is compared before there is a baseline, and then what is told is right."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any

import pytest

from opsbook.sdk.values import unknown_in
from opsbook.tools.snapshotting import Snapshotter
from tools.served import NEW_YORK, TODAY, Served, contract, serving

DAYS, WEEK = 366, timedelta(days=7)
CLOCK_CHANGES = (date(2027, 3, 14), date(2027, 11, 7))
GAP = {TODAY + timedelta(days=away) for away in range(103, 108)}  # longer than any baseline reaches


def at(day: date, hour: int = 8) -> datetime:
    return datetime.combine(day, time(hour), NEW_YORK)


@dataclass(frozen=True)
class Deal:
    """What an organisation pays from three in the afternoon of one day to that of another."""

    organization: str
    cents: int
    began: date
    ended: date | None

    def runs(self, day: date) -> bool:
        """Whether it is paid for at eight in the morning of a day."""
        return self.began < day and (self.ended is None or day <= self.ended)


def deals(chance: Random) -> list[Deal]:
    """Organisations that begin, change their price, leave, and come back or do not."""
    found = []
    for number in range(22):
        day = TODAY + timedelta(days=chance.randint(-60, 200))
        for _ in range(chance.randint(1, 5)):
            ends = day + timedelta(days=chance.randint(5, 120))
            found.append(Deal(f"org-{number}", chance.randrange(500, 90_000), day, ends))
            day = ends + timedelta(days=chance.choice((0, 0, 12, 40)))
        if chance.random() < 0.5:
            found.append(Deal(f"org-{number}", chance.randrange(500, 90_000), day, None))
    return found


def known_on(every: list[Deal], day: date) -> list[dict[str, Any]]:
    """The contracts as the provider tells them at eight in the morning: nothing of what is still to come."""
    return [
        contract(f"c-{number}", deal.organization, deal.cents, at(deal.began, 15))
        if deal.runs(day)
        else contract(
            f"c-{number}",
            deal.organization,
            deal.cents,
            at(deal.began, 15),
            status="canceled",
            ended_at=at(deal.ended or day, 15),
        )
        for number, deal in enumerate(every)
        if deal.began < day
    ]


def mrr(every: list[Deal], day: date) -> dict[str, int]:
    paid: dict[str, int] = {}
    for deal in every:
        if deal.runs(day):
            paid[deal.organization] = paid.get(deal.organization, 0) + deal.cents
    return paid


@dataclass
class Year:
    every: list[Deal]
    missed: set[date]
    taken: set[date] = field(default_factory=set)
    reviews: dict[date, Any] = field(default_factory=dict)
    trends: list[Any] = field(default_factory=list)
    stored: dict[date, Any] = field(default_factory=dict)

    def baseline(self, day: date) -> date | None:
        return next(
            (day - WEEK + timedelta(days=off) for off in (0, -1, 1) if day - WEEK + timedelta(days=off) in self.taken),
            None,
        )


async def live(served: Served) -> Year:
    chance = Random(11)
    every = deals(chance)
    days = [TODAY + timedelta(days=ahead) for ahead in range(DAYS)]
    missed = ({day for day in days[8:] if chance.random() < 0.05} | GAP) - set(CLOCK_CHANGES)
    year = Year(every, missed)
    snapshotter = Snapshotter(served.warehouse, served.snapshots, served.clock)
    loaded: list[dict[str, Any]] = []
    for day in (one for one in days if one not in missed):
        now = at(day)
        served.clock.forward(now - served.clock.now())
        known = known_on(every, day)
        if known != loaded:
            served.load(subscriptions=known)
        if (day - TODAY).days % 7 == 0:
            year.reviews[day] = (await served.call("getRevenueMetrics", at=now, days=7)).value
        if len(year.trends) < 5:
            stats: Any = (await served.call("crmGetStats", at=now, include_metrics=["revenue"])).value
            year.trends.append(stats["trends"]["revenue"])
        again = day in CLOCK_CHANGES or day.day == 1
        await monitors(served, snapshotter, now, again=again)
        year.taken.add(day)
        loaded = [] if again else known
    year.stored = {day: served.snapshots.mrr_near(day, 0) for day in days}
    return year


async def monitors(served: Served, snapshotter: Snapshotter, now: datetime, *, again: bool) -> None:
    """The first run of a day; and `again` two more within the day, one in another process, after more was sold."""
    run = {"id": "run_1", "as_of": now, "timezone": "America/New_York"}
    await snapshotter.before(run)
    if again:
        served.load(subscriptions=[contract("x", "late", 999, now - WEEK)])
        served.clock.forward(timedelta(hours=1))
        later = {**run, "id": "run_2", "as_of": served.clock.now()}
        await snapshotter.before(later)
        await Snapshotter(served.warehouse, served.snapshots, served.clock).before(later)


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> Year:
    with serving(tmp_path_factory.mktemp("year")) as served:
        return asyncio.run(live(served))


def test_every_day_with_a_run_is_kept_as_its_first_run_saw_it_and_no_other_day_is(year: Year) -> None:
    assert {day for day, kept in year.stored.items() if kept is None} == year.missed
    for day in year.taken:
        kept = year.stored[day]
        assert (dict(kept.mrr), kept.taken_at, kept.reconstructed) == (mrr(year.every, day), at(day), False), day


def test_in_the_first_week_there_is_no_baseline_yet(year: Year) -> None:
    first = year.reviews[TODAY]
    for name in ("mrr_start", "growth", "nrr", "new", "movements"):
        assert "no baseline yet" in first[name]["reason"], name
    assert first["mrr_end"]["value"] == sum(mrr(year.every, TODAY).values())


def test_from_the_second_week_on_growth_and_movements_are_what_the_contracts_say(year: Year) -> None:
    kinds = set()
    for day, told in year.reviews.items():
        base = year.baseline(day)
        if base is None:
            assert unknown_in(told["growth"]) is not None, day
            continue
        before, after = mrr(year.every, base), mrr(year.every, day)
        start, end = sum(before.values()), sum(after.values())
        assert told["baseline_date"] == base.isoformat()
        assert (told["mrr_start"]["value"], told["mrr_end"]["value"]) == (start, end), day
        assert told["growth"]["value"] == round((end - start) / start, 6), day
        ever = {deal.organization for deal in year.every if deal.began < base}
        came = {key for key in after if key not in before}
        assert told["new"]["value"] == sum(after[key] for key in came - ever), day
        assert told["reactivation"]["value"] == sum(after[key] for key in came & ever), day
        assert told["churned_mrr"]["value"] == sum(cents for key, cents in before.items() if key not in after), day
        kinds |= {one["kind"] for one in told["movements"]}
    assert kinds == {"new", "reactivation", "expansion", "contraction", "churned"}


def test_after_a_gap_that_no_baseline_reaches_over_growth_is_unknown_and_then_comes_back(year: Year) -> None:
    blind = [day for day in year.reviews if year.baseline(day) is None]
    assert blind[0] == TODAY
    assert len(blind) > 1
    assert max(year.reviews) not in blind


def test_a_trend_needs_three_days(year: Year) -> None:
    assert [one["status"] for one in year.trends] == ["unknown", "unknown", "unknown", "ok", "ok"]
    assert year.trends[3]["days"] == 3
