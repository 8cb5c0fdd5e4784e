"""No figure, date, status or name leaves that no fact of the run carries; and what is true is let through."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from agents.telling import LIES, company, lie, truths
from opsbook.agents.checking import faults_in
from opsbook.agents.checking.dates import days_in
from opsbook.agents.checking.numbers import numbers_in
from opsbook.agents.page import Fact, Page
from opsbook.sdk.step import RunFacts

AT = datetime(2026, 11, 24, 14, tzinfo=UTC)


@pytest.fixture
def run() -> RunFacts:
    return RunFacts("run_1", "told", "Told", AT, ZoneInfo("America/New_York"), False, "schedule")


@pytest.fixture
def facts(run: RunFacts) -> list[Fact]:
    page = Page(run)
    page.fact("Signups", 62, "count", "s")
    page.fact("Signups, before", 31, "count", "s")
    page.fact("Signups, change", 1.0, "ratio", "s", plus=True)
    page.fact("Monthly recurring revenue", 7_546_700, "cents", "s")
    page.fact("Monthly recurring revenue, change", -0.027, "ratio", "s", plus=True)
    page.fact("Churn rate", 0.036, "ratio", "s")
    page.time("Window end", AT.isoformat(), "s")
    for name, amount, status, login in (
        ("Elm Row", 24_900, "churned", "2026-10-02T18:00:00+00:00"),
        ("Mill Yard", 49_900, "new", "2026-11-20T09:00:00+00:00"),
    ):
        page.state("Organisation that moved", name, "m")
        page.state(f"{name}: movement", status, "m")
        page.fact(f"{name}: recurring revenue", amount, "cents", "m")
        page.time(f"{name}: last login", login, "m")
        page.fact(f"{name}: days silent", 53 if name == "Elm Row" else 4, "count", "m")
    page.fact("Aeropay: latency", 665.4, "ms", "h")
    page.state("Aeropay: status", "offline", "h")
    return page.facts


def test_growth_below_zero_may_be_told_with_its_sign_and_not_without(run: RunFacts) -> None:
    page = Page(run)
    page.fact("Growth", -0.0642, "ratio", "s", plus=True)
    assert faults_in("Growth: -6.4 %. Begin with it.", page.facts) == []
    assert faults_in("Growth came to 6.4 %.", page.facts)
    assert faults_in("Growth rose by -6.4 %.", page.facts)


@pytest.mark.parametrize(
    "text",
    [
        "Signups came to 62, against 31 before.",
        "Sixty-two signups came in.",
        "Signups doubled.",
        "Signups rose by 100 %.",
        "Revenue stands at $75,467, about $75 thousand.",
        "Revenue of 75,467.00 dollars fell by 2.7 percent.",
        "The churn rate is 3.6 %, or roughly 4 percent.",
        "Elm Row churned; it paid $249 a month and last logged in on 2 October 2026.",
        "Mill Yard is new at $499.00. It was last seen on Nov 20.",
        "Elm Row: 53 days silent, last login Fri 2 Oct 2026, 14:00 EDT.",
        "Elm Row has been silent for fifty-three days.",
        "Aeropay is offline and took 665 ms, which is 0.67 s.",
        "The figures end on Tuesday, 24 November 2026 at 09:00 EST.",
        "One thing first: call the owner. They should not wait for that.",
        "",
    ],
)
def test_what_the_facts_carry_is_let_through(facts: list[Fact], text: str) -> None:
    assert faults_in(text, facts) == []


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Signups came to 63.", "No fact says 63."),
        ("Signups came to $62.", "No fact says $62."),
        ("Signups came to 62 %.", "No fact says 62 %."),
        ("The churn rate is 3.6 signups.", "No fact says 3.6."),
        ("The churn rate is 62.", "62 is not the figure of Churn rate."),
        ("Elm Row pays $499.00.", "$499.00 is a fact of Mill Yard, not of Elm Row."),
        ("Mill Yard churned.", "churned is a fact of Elm Row, not of Mill Yard."),
        ("Somebody pays $499.00.", "$499.00 is a fact of Mill Yard, and the text does not say of whom it speaks."),
        ("Aeropay is online.", "No fact says online."),
        ("Aeropay took 665 seconds.", "No fact says 665 seconds."),
        ("Revenue rose by 2.7 %.", "Monthly recurring revenue, change is a fall, not a rise."),
        ("Signups tripled.", "No fact says tripled."),
        ("Half of the signups stay.", "No fact says Half."),
        ("Dozens of them came.", "No fact says Dozens."),
        ("Elm Row last logged in on 3 October 2026.", "No fact says 3 October 2026."),
        ("Elm Row last logged in on Nov 20.", "Nov 20 is a fact of Mill Yard, not of Elm Row."),
        ("The figures end in March 2019.", "No fact says March 2019."),
        ("It happened yesterday.", "No fact says yesterday."),
        ("A deal with Northwind Traders is close.", "No fact is about Northwind Traders."),
        ("Signups: ６３.", "No fact says 63."),
        ("It is ½ of them.", "No fact says 1⁄2."),
        ("Signups came to sixty-three.", "No fact says sixty-three."),
    ],
)
def test_what_no_fact_carries_is_named_with_its_reason(facts: list[Fact], text: str, told: str) -> None:
    assert [fault.sentence for fault in faults_in(text, facts)][:1] == [told]


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("$1,234.50", "123450", "cents"),
        ("75.5k", "75500", ""),
        ("$75 thousand", "7500000", "cents"),
        ("-2.7 %", "-0.027", "ratio"),
        ("three quarters", "0.75", "ratio"),
        ("two hundred and sixty-five", "265", ""),
        ("a hundred", "100", ""),
        ("four minutes", "240", "seconds"),
        ("12 ms", "0.012", "seconds"),
        ("twice", "2", "times"),
        ("3rd", "3", ""),
        ("none", "0", ""),
    ],
)
def test_figures_are_read_as_people_write_them(text: str, value: str, unit: str) -> None:
    (found,) = numbers_in(f"It is {text} here.")
    assert (found.value, found.unit) == (Decimal(value), unit)


@pytest.mark.parametrize("text", ["Q3", "fact f12", "one of them", "section_2"])
def test_what_only_looks_like_a_figure_is_none(text: str) -> None:
    assert list(numbers_in(text)) == []


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("2026-11-24T09:05:00-05:00", {"year": 2026, "month": 11, "day": 24, "clock": (9, 5)}),
        ("Tue 24 Nov 2026, 21:28 EST", {"year": 2026, "month": 11, "day": 24, "weekday": 2, "clock": (21, 28)}),
        ("the 3rd of May", {"month": 5, "day": 3}),
        ("Sept. 4, 2026", {"year": 2026, "month": 9, "day": 4}),
        ("11/24/2026", {"year": 2026, "month": 11, "day": 24}),
        ("in October", {"month": 10}),
        ("at 9:30 p.m.", {"clock": (21, 30)}),
        ("on Monday", {"weekday": 1}),
        ("in 2019", {"year": 2019}),
    ],
)
def test_days_are_read_with_the_parts_that_were_written(text: str, parts: dict[str, object]) -> None:
    (found,) = days_in(text)
    assert found.parts == parts


@pytest.mark.parametrize("text", ["It may be so.", "We march on.", "$2,019", "2019 %", "10:1"])
def test_what_only_looks_like_a_day_is_none(text: str) -> None:
    assert list(days_in(text)) == []


@pytest.mark.parametrize("seed", range(60))
def test_a_true_report_is_let_through_in_whatever_words(seed: int) -> None:
    made = company(seed)
    report = "\n".join(truths(made))
    assert faults_in(report, made.facts) == []


@pytest.mark.parametrize("kind", LIES)
@pytest.mark.parametrize("seed", range(12))
def test_one_lie_among_truths_is_caught(kind: str, seed: int) -> None:
    made = company(1_000_000 + seed)
    said = truths(made)
    said.insert(made.random.randint(0, len(said)), lie(made, kind))
    assert faults_in("\n".join(said), made.facts)
