"""Reports that tell the truth in many ways, and the same reports with one lie in them."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from opsbook.agents.page import Fact, Page
from opsbook.agents.wording import count, money, percent
from opsbook.sdk.step import RunFacts

AT = datetime(2026, 11, 24, 14, tzinfo=UTC)
ZONE = ZoneInfo("America/New_York")
FIRST = "Amber Birch Cedar Clover Copper Elder Ember Fern Fox Gale Hazel Juniper Lark Maple Moss Nettle Oak Pine Raven"
SECOND = "brook dale field gate glen hollow holt low marsh mere moor ridge shaw stead strand wick wood worth"
KINDS = "Apothecary Botanicals Collective Counter Dispensary Farms Gardens Greenhouse Harvest Labs Market Supply"
SYSTEMS = ("Aeropay", "Alleaves POS", "Blackleaf SMS", "Google Calendar", "HubSpot", "Mailjet", "Letta", "CannPay")
MOVES = ("new", "expansion", "contraction", "churned", "reactivation")
WORDS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
LIES = (
    "wrong figure",
    "another's figure",
    "swapped names",
    "wrong unit",
    "invented percentage",
    "stale date",
    "invented name",
    "wrong status",
    "invented growth",
    "wrong direction",
    "invented address",
)


@dataclass
class Organization:
    name: str
    move: str
    before: int
    after: int
    last_login: datetime
    silent_days: int


@dataclass
class System:
    name: str
    status: str
    latency: float
    failures: int
    answered: datetime
    uptime: float


@dataclass
class Company:
    """What one report is about, with the facts that its tools would have left."""

    random: random.Random
    organizations: list[Organization]
    systems: list[System]
    figures: dict[str, tuple[float, str]]
    facts: list[Fact] = field(default_factory=list)


def company(seed: int) -> Company:
    chance = random.Random(seed)
    names = chance.sample([f"{a}{b} {c}" for a in FIRST.split() for b in SECOND.split() for c in KINDS.split()], 6)
    prices = chance.sample(range(4_900, 250_000, 100), 18)
    organizations = [
        Organization(
            name,
            MOVES[place % 5],
            0 if MOVES[place % 5] in ("new", "reactivation") else prices[place],
            0 if MOVES[place % 5] == "churned" else prices[6 + place],
            AT - timedelta(days=chance.randint(8, 200), minutes=chance.randint(0, 1400)),
            8 + 13 * place + chance.randint(0, 9),
        )
        for place, name in enumerate(names)
    ]
    systems = [
        System(
            name,
            chance.choice(("online", "offline", "degraded")),
            chance.randint(20, 9_000) / 10,
            101 + 7 * place + chance.randint(0, 5),
            AT - timedelta(minutes=chance.randint(1, 6_000)),
            chance.randint(5_000, 9_999) / 10_000,
        )
        for place, name in enumerate(chance.sample(SYSTEMS, 4))
    ]
    signups, before = chance.randint(20, 90), chance.randint(20, 90)
    revenue, revenue_before = chance.randint(3_000_000, 9_000_000), chance.randint(3_000_000, 9_000_000)
    figures: dict[str, tuple[float, str]] = {
        "Signups": (signups, "count"),
        "Signups, before": (before, "count"),
        "Signups, change": (round(signups / before - 1, 6), "ratio"),
        "Monthly recurring revenue": (revenue, "cents"),
        "Monthly recurring revenue, before": (revenue_before, "cents"),
        "Monthly recurring revenue, change": (round(revenue / revenue_before - 1, 6), "ratio"),
        "Churn rate": (chance.randint(100, 990) / 10_000, "ratio"),
        "Signup conversion": (chance.randint(1_000, 1_990) / 10_000, "ratio"),
        "Net revenue retention": (chance.randint(9_000, 9_950) / 10_000, "ratio"),
        "Organisations at risk": (chance.randint(2, 12), "count"),
        "Requests": (chance.randint(200_000, 900_000), "count"),
        "Critical errors": (chance.randint(13, 19), "count"),
    }
    made = Company(chance, organizations, systems, figures)
    made.facts = _facts(made)
    return made


def _facts(made: Company) -> list[Fact]:
    page = Page(RunFacts("run_1", "told", "Told", AT, ZONE, False, "schedule"))
    for label, (value, unit) in made.figures.items():
        page.fact(label, value, unit, "stats", plus=label.endswith("change"))
    page.time("Window end", AT.isoformat(), "stats")
    for one in made.organizations:
        page.state("Organisation that moved", one.name, "revenue")
        page.state(f"{one.name}: movement", one.move, "revenue")
        page.fact(f"{one.name}: before", one.before, "cents", "revenue")
        page.fact(f"{one.name}: after", one.after, "cents", "revenue")
        page.time(f"{one.name}: last login", one.last_login.isoformat(), "risk")
        page.fact(f"{one.name}: days silent", one.silent_days, "count", "risk")
    for system in made.systems:
        page.state(f"{system.name}: status", system.status, "health")
        page.fact(f"{system.name}: latency", system.latency, "ms", "health")
        page.fact(f"{system.name}: failures in a row", system.failures, "count", "health")
        page.time(f"{system.name}: last answer", system.answered.isoformat(), "health")
        page.fact(f"{system.name}: uptime", system.uptime, "ratio", "health")
    return page.facts


def truths(made: Company) -> list[str]:
    """Sentences that the facts carry, in the ways in which models write them."""
    chance, figures = made.random, made.figures
    one, other = chance.sample(made.organizations, 2)
    gone = next(each for each in made.organizations if each.move == "churned")
    grown = next(each for each in made.organizations if each.move == "expansion")
    system = chance.choice(made.systems)
    said = {label: _figure(chance, value, unit) for label, (value, unit) in figures.items()}
    signups_by, revenue_by = (
        _share(chance, abs(figures[f"{what}, change"][0])) for what in ("Signups", "Monthly recurring revenue")
    )
    up = figures["Monthly recurring revenue, change"][0] > 0
    more = figures["Signups, change"][0] > 0
    sentences = [
        f"Signups came to {said['Signups']}, against {said['Signups, before']} in the period before.",
        f"Signups {'rose' if more else 'fell'} by {signups_by}.",
        f"The platform earns {said['Monthly recurring revenue']} a month.",
        f"Monthly recurring revenue stands at {said['Monthly recurring revenue']} and stood at "
        f"{said['Monthly recurring revenue, before']}.",
        f"Revenue {'grew' if up else 'fell'} by {revenue_by}.",
        f"The churn rate is {said['Churn rate']}; the signup conversion is {said['Signup conversion']}.",
        f"Net revenue retention of {said['Net revenue retention']} shows how much stays.",
        f"{_spelled(chance, int(figures['Organisations at risk'][0])).capitalize()} organisations are at risk.",
        f"Of {said['Requests']} requests, {said['Critical errors']} ended in critical errors.",
        f"{gone.name} churned, which costs {_money(chance, gone.before)} a month.",
        f"{grown.name} moved from {_money(chance, grown.before)} to {_money(chance, grown.after)}.",
        f"- **{one.name}**: last login {_date(chance, one.last_login)}, {one.silent_days} days silent",
        f"{other.name} has been silent for {other.silent_days} days. "
        f"It last logged in on {_date(chance, other.last_login)}.",
        f"| {one.name} | {one.move} | {money(one.before)} | {money(one.after)} |",
        f"{system.name} is {system.status}, with {system.failures} failures in a row.",
        f"{system.name} answered in {_milliseconds(chance, system.latency)}; "
        f"its uptime is {_share(chance, system.uptime)}.",
        f"The last answer of {system.name} came on {_date(chance, system.answered)}.",
        "Call the owners first, and write down what they say.",
        "One thing matters most: whoever left should hear from us before the week is over.",
        f"The figures end on {_date(chance, AT)}.",
        f"Begin with {gone.name}: it paid {_money(chance, gone.before)} and left.",
    ]
    return chance.sample(sentences, chance.randint(6, 11))


def lie(made: Company, kind: str) -> str:
    """One sentence that the facts do not carry."""
    chance, figures = made.random, made.figures
    one, other = chance.sample([each for each in made.organizations if each.after], 2)
    if one.last_login.astimezone(ZONE).date() == other.last_login.astimezone(ZONE).date():
        return lie(made, kind)
    system = chance.choice(made.systems)
    tellers: dict[str, Callable[[], str]] = {
        "wrong figure": lambda: _wrong_figure(made),
        "another's figure": lambda: chance.choice(
            [
                f"Signups came to {count(figures['Critical errors'][0])}.",
                f"The churn rate is {percent(figures['Signup conversion'][0])}.",
                f"Monthly recurring revenue is {money(one.after)} now.",
                f"{system.name} had {one.silent_days} failures in a row.",
            ]
        ),
        "swapped names": lambda: chance.choice(
            [
                f"{one.name} pays {money(other.after)} a month.",
                f"{one.name} has been silent for {other.silent_days} days.",
                f"Write to {one.name}, whose last login was on {_date(chance, other.last_login)}.",
                f"| {one.name} | {other.name} | {money(one.after)} |",
            ]
        ),
        "wrong unit": lambda: chance.choice(
            [
                f"Signups came to ${figures['Signups'][0]:,.0f}.",
                f"Signups came to {figures['Signups'][0]:,.0f} %.",
                f"The churn rate is {100 * figures['Churn rate'][0]:.2f} organisations.",
                f"{one.name} pays {one.after / 100:,.0f} percent.",
                f"{system.name} answered in {system.latency:.1f} seconds.",
                f"Monthly recurring revenue is {figures['Monthly recurring revenue'][0] / 100:,.0f} hours.",
            ]
        ),
        "invented percentage": lambda: chance.choice(
            [
                f"That is {_free_share(made)} % better than the year before.",
                f"{one.name} alone makes up {_free_share(made)} percent of it.",
                f"Our mail reaches {_free_share(made)}% of the people.",
                "Half of all organisations love the product.",
                "Ninety-eight percent of users are happy.",
            ]
        ),
        "stale date": lambda: chance.choice(
            [
                f"The figures end on {_date(chance, _other_day(made, AT))}.",
                f"{one.name} last logged in on {_date(chance, _other_day(made, one.last_login))}.",
                f"{system.name} has answered since {_date(chance, _other_day(made, system.answered))}.",
                "The figures are from March 2019.",
            ]
        ),
        "invented address": lambda: chance.choice(
            [
                f"Details: https://{one.name.split()[0].lower()}.example/pay",
                "Please write to billing@example.org about it.",
                "Ask @helpdesk for the code.",
                "Call +44 20 7946 0958 before the week is over.",
                "Call 020 7946 0958 or (555) 010-0199 before the week is over.",
                f"Everything is told at {one.name.split()[0].lower()}-status.example, as always.",
                "The rest is at evil[.]example and at evil dot com.",
            ]
        ),
        "invented name": lambda: chance.choice(
            [
                f"A deal with {chance.choice(('Northwind Traders', 'Contoso Health', 'Globex Leaf'))} is close.",
                f"Please ask {chance.choice(('Jonathan Reeves', 'Maria Delgado'))} about it.",
                f"We lost {chance.choice(('Bright Harbor Wellness', 'Sunset Canna'))} as well.",
            ]
        ),
        "wrong status": lambda: f"{system.name} is {_other(made, ('online', 'offline', 'degraded'), system.status)}.",
        "invented growth": lambda: _invented_growth(made),
        "wrong direction": lambda: _wrong_direction(made),
    }
    return tellers[kind]()


def _wrong_figure(made: Company) -> str:
    """A figure that is nobody's: a twelfth beside the right one, or more."""
    chance, figures = made.random, made.figures
    one = chance.choice([each for each in made.organizations if each.after])
    off = chance.choice((0.5, 0.8, 1.13, 1.31, 2.7))
    money_known = {value for value, unit in figures.values() if unit == "cents"} | {
        value for each in made.organizations for value in (each.before, each.after)
    }
    amount = round(one.after * off)
    while any(abs(amount - known) < 0.06 * max(known, amount) for known in money_known):
        amount += 7_300
    counts = {value for value, unit in figures.values() if unit == "count"}
    counts |= {each.silent_days for each in made.organizations} | {each.failures for each in made.systems}
    number = round(figures["Signups"][0] * off) + 1
    while number in counts:
        number += 1
    return chance.choice(
        [f"{one.name} pays {_money(chance, amount)}.", f"Signups came to {number}.", f"We counted {number} of them."]
    )


def _invented_growth(made: Company) -> str:
    """Signups times a number that they did not grow by, or a growth of what has none."""
    times = 1 + made.figures["Signups, change"][0]
    wrong = [
        word
        for word, factor in (("halved", 0.5), ("doubled", 2), ("tripled", 3), ("quadrupled", 4))
        if abs(times - factor) > 1
    ]
    return made.random.choice(
        [f"Signups {made.random.choice(wrong)}.", "Churn grew tenfold.", "Dozens of shops came back."]
    )


def _wrong_direction(made: Company) -> str:
    change = made.figures["Monthly recurring revenue, change"][0]
    return f"Monthly recurring revenue {'fell' if change > 0 else 'rose'} by {percent(abs(change))}."


def _other_day(made: Company, day: datetime) -> datetime:
    """A day that no fact names, in any way in which a date can be written."""
    local = [moment.astimezone(ZONE) for moment in (AT, *_moments(made))]
    while True:
        other = day + timedelta(days=made.random.choice((-400, -31, -9, -3, -1, 1, 2, 30)) * made.random.randint(1, 3))
        shown = other.astimezone(ZONE)
        if not any((shown.month, shown.day) == (known.month, known.day) for known in local):
            return other


def _moments(made: Company) -> list[datetime]:
    return [each.last_login for each in made.organizations] + [each.answered for each in made.systems]


def _free_share(made: Company) -> int:
    """A whole percentage that no fact rounds to."""
    taken = [abs(100 * value) for value, unit in made.figures.values() if unit == "ratio"]
    taken += [100 * each.uptime for each in made.systems]
    return made.random.choice([one for one in range(3, 99) if all(abs(one - known) > 0.51 for known in taken)])


def _other(made: Company, among: tuple[str, ...], but: str) -> str:
    return made.random.choice([one for one in among if one != but])


def _figure(chance: random.Random, value: float, unit: str) -> str:
    if unit == "cents":
        return _money(chance, int(value))
    return _share(chance, value) if unit == "ratio" else _count(chance, int(value))


def _money(chance: random.Random, cents: int) -> str:
    ways = [money(cents), f"${cents / 100:,.0f}" if cents % 100 == 0 else money(cents), f"{cents / 100:.2f} dollars"]
    if cents >= 1_000_000:
        ways += [
            f"${cents / 100_000:.1f}k",
            f"about ${cents / 100_000:.0f} thousand",
            f"${cents / 100_000_000:.3f} million",
        ]
    return chance.choice(ways)


def _share(chance: random.Random, ratio: float) -> str:
    shown = f"{100 * ratio:.1f}"
    return chance.choice([percent(ratio), f"{shown}%", f"{shown} percent", f"{shown} per cent", f"{100 * ratio:.2f} %"])


def _count(chance: random.Random, number: int) -> str:
    ways = [count(number), str(number)]
    if number >= 100_000:
        ways += [f"{number / 1000:.0f}k", f"roughly {number / 1000:.0f} thousand"]
    return _spelled(chance, number) if number <= 12 else chance.choice(ways)


def _spelled(chance: random.Random, number: int) -> str:
    return chance.choice([WORDS[number], str(number)]) if number <= 12 else str(number)


def _milliseconds(chance: random.Random, value: float) -> str:
    return chance.choice([f"{value:.1f} ms", f"{value / 1000:.4f} s", f"{value:.0f} milliseconds"])


def _date(chance: random.Random, moment: datetime) -> str:
    local = moment.astimezone(ZONE)
    forms = ("%Y-%m-%d", "%-d %b %Y", "%-d %B %Y", "%B %-d, %Y", "%a %-d %b %Y, %H:%M %Z", "%b %-d", "%A, %-d %B %Y")
    return local.strftime(chance.choice(forms))
