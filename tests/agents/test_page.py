"""What a page makes of a figure that was judged, of one that may not be, and of one that is not there."""

from __future__ import annotations

import pytest

from opsbook.agents.page import Page
from opsbook.sdk.step import RunFacts
from opsbook.sdk.values import Unknown, measured

TOO_FEW = {**Unknown("measured on 3 people, at least 20 are needed").as_json(), "observed": 0.333333, "n": 3}


@pytest.fixture
def page(run_facts: RunFacts) -> Page:
    return Page(run_facts)


def test_a_share_says_on_how_many_it_rests(page: Page) -> None:
    assert page.resting("Conversion", measured(0.0957, n=376), "ratio", "stats") == "9.6 % (n = 376)"
    assert {(fact.label, fact.text) for fact in page.facts} == {("Conversion", "9.6 %"), ("Conversion: n", "376")}


def test_what_may_not_be_judged_shows_what_was_seen_and_is_missing_all_the_same(page: Page) -> None:
    told = page.resting("Conversion", TOO_FEW, "ratio", "stats")
    assert told == "could not be judged: measured on 3 people, at least 20 are needed (seen: 33.3 %)"
    assert page.missing == {"Conversion": "measured on 3 people, at least 20 are needed"}
    assert [(fact.label, fact.text) for fact in page.facts] == [("Conversion, not judged", "33.3 %")]


def test_what_was_not_seen_shows_nothing_but_the_reason(page: Page) -> None:
    missing = Unknown("leads were never loaded").as_json()
    assert page.resting("Conversion", missing, "ratio", "stats") == "could not be measured: leads were never loaded"
    assert page.facts == []
