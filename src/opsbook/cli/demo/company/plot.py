"""The story of the sample company: what is planted in it, and the draft that its rows are written on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from random import Random
from typing import Any

Row = dict[str, Any]
WEEK, DAY = timedelta(days=7), timedelta(days=1)


class Plot(StrEnum):
    """What happens to an organisation."""

    STEADY = "steady"  # pays, logs in, sends, sells
    PAST_DUE = "past_due"  # as steady, but its last payment failed
    FREE = "free"  # uses the platform without a contract
    TRIAL = "trial"  # on trial
    YOUNG = "young"  # came within the last days, on trial
    NEW = "new"  # paid for the first time within the last week
    RETURNED = "returned"  # stopped paying last month and came back within the last week
    EXPANDED = "expanded"  # went to a higher price within the last week
    CONTRACTED = "contracted"  # went to a lower price within the last week
    CHURNED = "churned"  # cancelled within the last week
    LEFT = "left"  # cancelled longer ago
    INACTIVE = "inactive"  # pays or tries, and has gone silent
    TEST = "test"  # our own test account, which no figure may count


GONE = frozenset({Plot.CHURNED, Plot.LEFT})


@dataclass
class Organization:
    """One organisation and what the generator knows of it beyond its row. Times of None: it never happened."""

    id: str
    name: str
    slug: str
    kind: str
    plot: Plot
    state: str
    created_at: datetime
    canceled_at: datetime | None = None
    owner_id: str = ""
    source: str | None = None
    campaign: str | None = None
    opt_out: bool = False
    reason: str = ""  # of an inactive one
    last_login: datetime | None = None
    last_order: datetime | None = None
    last_campaign: datetime | None = None
    open_tickets: int = 0
    mrr_cents: int = 0
    mrr_week_ago_cents: int = 0

    @property
    def counted(self) -> bool:
        return self.plot not in GONE and self.plot is not Plot.TEST


@dataclass(frozen=True)
class Movement:
    """What an organisation paid a month a week ago, and now."""

    kind: str
    organization_id: str
    name: str
    before_cents: int
    after_cents: int


@dataclass(frozen=True)
class Silent:
    """An organisation gone silent and why; days of None: that signal never came."""

    organization_id: str
    name: str
    reason: str
    days: Mapping[str, float | None]


@dataclass(frozen=True)
class AtRisk:
    organization_id: str
    name: str
    signals: frozenset[str]
    mrr_cents: int


@dataclass(frozen=True)
class LeftOut:
    """Somebody of an inactive organisation to whom no campaign may be written, and why."""

    organization: str
    email: str | None
    reason: str


@dataclass(frozen=True)
class Signups:
    """Signups of one window, by cohort and by source; each of the two sums to `total`."""

    total: int
    cohorts: Mapping[str, int]
    sources: Mapping[str, int]


@dataclass(frozen=True)
class Planted:
    """The answers: what is true of the sample company at `as_of`, by the generator's own bookkeeping.

    Money is cents. Windows end at `as_of` and leave it out; a week is 7 days, a day is 24 hours.
    """

    as_of: datetime
    offline: str
    slow: str
    quotas: Mapping[str, float]
    mrr_now: int
    mrr_week_ago: int
    past_due_mrr: int
    trialing: int
    paying_week_ago: int
    movements: tuple[Movement, ...]
    eligible: int
    inactive: tuple[Silent, ...]
    writable: Mapping[str, str]  # address: the organisation's name
    left_out: tuple[LeftOut, ...]
    at_risk: tuple[AtRisk, ...]
    signups_week: Signups
    signups_day: Signups
    funnel_week: Mapping[str, int]
    active_users_day: int
    gmv_day: int
    errors_day: Mapping[str, int]  # by level
    requests_day: int
    server_errors_day: int

    def moved(self, kind: str) -> int:
        """The sum of one kind of movement: a gain or a loss, both positive."""
        return sum(abs(one.after_cents - one.before_cents) for one in self.movements if one.kind == kind)

    @property
    def growth(self) -> float:
        return (self.mrr_now - self.mrr_week_ago) / self.mrr_week_ago

    @property
    def churn_rate(self) -> float:
        return sum(1 for one in self.movements if one.kind == "churned") / self.paying_week_ago


@dataclass
class Books:
    """What is noted down while rows are written, so that no answer is read back out of them."""

    signups: list[tuple[datetime, str, str]] = field(default_factory=list)  # when, cohort, source
    funnel: Counter[str] = field(default_factory=Counter)
    active_users: int = 0
    gmv: int = 0
    errors: Counter[str] = field(default_factory=Counter)
    requests: int = 0
    server_errors: int = 0
    quotas: dict[str, float] = field(default_factory=dict)
    writable: dict[str, str] = field(default_factory=dict)
    left_out: list[LeftOut] = field(default_factory=list)


@dataclass
class Draft:
    """The company while it is being written: time, chance, the rows so far and the books."""

    as_of: datetime
    chance: Random
    rows: dict[str, list[Row]] = field(default_factory=dict)
    books: Books = field(default_factory=Books)
    _last: Counter[str] = field(default_factory=Counter)

    def add(self, table: str, **cells: Any) -> Row:
        self.rows.setdefault(table, []).append(cells)
        return cells

    def id(self, prefix: str) -> str:
        self._last[prefix] += 1
        return f"{prefix}-{self._last[prefix]:05d}"

    def ago(self, days: float) -> datetime:
        return self.as_of - timedelta(days=days)

    def between(self, oldest_days: float, newest_days: float) -> datetime:
        """Some moment between so many days ago and so many days ago."""
        return self.ago(self.chance.uniform(newest_days, oldest_days))

    def in_window(self, at: datetime | None, length: timedelta) -> bool:
        return at is not None and self.as_of - length <= at < self.as_of
