"""What organisations do: consumer orders with a long tail, campaigns, tickets."""

from __future__ import annotations

from datetime import timedelta
from itertools import accumulate

from opsbook.cli.demo.company.plot import DAY, Draft, Organization, Plot, Row

YEAR = 365
WEEKDAY = (0.8, 0.82, 0.9, 1.0, 1.45, 1.4, 0.85)  # Monday first: the weekend is when people shop
PRODUCTS = {
    "flower": ("Harbor Haze 3.5 g", "Slow Sunday 7 g", "Copper Dusk 3.5 g"),
    "pre-rolls": ("Evening Five-Pack", "Lantern Single"),
    "edibles": ("Plum Gummies", "Dark Chocolate Squares", "Honey Lozenges"),
    "vapes": ("Cedar Cartridge", "Mint Disposable"),
    "topicals": ("Arnica Balm",),
}
CATEGORIES = ("flower", "pre-rolls", "edibles", "vapes", "topicals")
CATEGORY_WEIGHTS = (42, 20, 21, 14, 3)
OPEN, DONE = ("new", "triaging", "in_progress", "waiting_on_user"), ("resolved", "closed")


def write_orders(draft: Draft, founded: list[Organization], wanted: int) -> None:
    """About `wanted` orders: few organisations sell much, many sell little; more on weekends, more than a year ago."""
    selling = [one for one in founded if one.last_order]
    sizes = [draft.chance.paretovariate(1.15) for _ in selling]
    days = draft.chance.choices(range(YEAR), cum_weights=_day_weights(draft), k=wanted)
    for one, day in zip(draft.chance.choices(selling, sizes, k=wanted), days, strict=True):
        end = (one.last_order if one.reason else one.canceled_at) or draft.as_of
        at = draft.ago(day + 1) + timedelta(days=draft.chance.betavariate(2, 2))
        if not one.created_at < at < end:
            at = one.created_at + draft.chance.random() * (end - one.created_at)
        chance = draft.chance.random()
        mode, cancelled = ("demo", False) if chance < 0.03 else ("live", chance < 0.07)
        row = _order(draft, one, mode=mode, cancelled=cancelled)
        row["ordered_at"] = at
        _book(draft, one, row)
    for one in selling:  # of an inactive one the last live order, of any other one order that is surely recent
        row = _order(draft, one)
        row["ordered_at"] = one.last_order
        _book(draft, one, row)
    for one in founded:
        if one.plot is Plot.INACTIVE:  # neither a demo nor a cancelled order is a sign of life
            _order(draft, one, mode="demo")["ordered_at"] = draft.between(1.5, 0.5)
            _order(draft, one, cancelled=True)["ordered_at"] = draft.between(3.5, 2)


def _day_weights(draft: Draft) -> list[float]:
    return list(accumulate(WEEKDAY[draft.ago(day + 0.5).weekday()] * (1 - 0.45 * day / YEAR) for day in range(YEAR)))


def _order(draft: Draft, one: Organization, *, mode: str = "live", cancelled: bool = False) -> Row:
    category = draft.chance.choices(CATEGORIES, CATEGORY_WEIGHTS)[0]
    return draft.add(
        "orders",
        id=draft.id("ord"),
        organization_id=one.id,
        consumer_id=f"con-{one.id[-5:]}-{int(draft.chance.paretovariate(0.6)) % 400:03d}",
        ordered_at=None,
        total_cents=round(draft.chance.lognormvariate(8.55, 0.55)),
        currency="usd",
        status="cancelled" if cancelled else "completed",
        mode=mode,
        product=draft.chance.choice(PRODUCTS[category]),
        category=category,
    )


def _book(draft: Draft, one: Organization, row: Row) -> None:
    live = row["mode"] == "live" and row["status"] != "cancelled" and one.plot is not Plot.TEST
    if live and draft.in_window(row["ordered_at"], DAY):
        draft.books.gmv += row["total_cents"]


def write_campaigns(draft: Draft, founded: list[Organization]) -> None:
    """Each organisation's campaigns back from its last one, some drafts, and nothing sent by those who never did."""
    for one in founded:
        at, every = one.last_campaign, draft.chance.uniform(6, 25)
        while at and at > max(one.created_at, draft.ago(YEAR)):
            _campaign(draft, one, "sent", at)
            at -= draft.chance.uniform(0.6, 1.4) * every * DAY
        if one.plot is Plot.INACTIVE or draft.chance.random() < 0.1:
            _campaign(draft, one, "draft", None)


def _campaign(draft: Draft, one: Organization, status: str, sent_at: object) -> None:
    draft.add(
        "campaigns",
        id=draft.id("cmp"),
        organization_id=one.id,
        status=status,
        channel=draft.chance.choice(("email", "email", "sms")),
        sent_at=sent_at,
        created_at=sent_at or draft.between(2, 0.5),
    )


def write_tickets(draft: Draft, founded: list[Organization]) -> None:
    """A year of tickets that are done, and those that are still open."""
    for one in founded:
        end = one.canceled_at or draft.as_of
        for _ in range(draft.chance.choice((0, 1, 2, 3, 5))):
            at = one.created_at + draft.chance.random() * 0.9 * (end - one.created_at)
            _ticket(draft, one, draft.chance.choice(DONE), at, at + draft.chance.random() * (end - at))
        for _ in range(one.open_tickets):
            _ticket(draft, one, draft.chance.choice(OPEN), draft.between(9, 0.5), None)


def _ticket(draft: Draft, one: Organization, status: str, at: object, resolved_at: object) -> None:
    draft.add(
        "tickets",
        id=draft.id("tck"),
        organization_id=one.id,
        status=status,
        priority=draft.chance.choice(("low", "medium", "medium", "high")),
        category=draft.chance.choice(("billing", "menu", "pos_sync", "campaigns", "account")),
        created_at=at,
        resolved_at=resolved_at,
    )
