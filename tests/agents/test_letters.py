"""A letter claims nothing that none of its facts carries: true ones are let through, and one lie is enough."""

from __future__ import annotations

import random

import pytest

from inbox.lying import LIES, letters
from opsbook.agents.letters import unbacked
from opsbook.inbox.told import Backing

FEW = 150


def test_every_claim_of_every_letter_is_backed() -> None:
    for made in letters(3, FEW):
        assert unbacked(f"{made.subject}\n{made.body}", made.facts) == [], made.body


@pytest.mark.parametrize("kind", LIES)
def test_one_lie_is_enough_to_keep_a_letter_back(kind: str) -> None:
    told = [(LIES[kind](made, random.Random(place)), made) for place, made in enumerate(letters(4, FEW))]
    lied = [(text, made) for text, made in told if text is not None]
    assert len(lied) > FEW // 6
    for text, made in lied:
        assert unbacked(text, made.facts), text


@pytest.mark.parametrize(
    "name", ["420", "April", "May", "Ten Pack", "St. Mary & Sons, Inc.", "The Hundred 2026", "Café №7"]
)
def test_a_name_is_a_name_whatever_it_reads_like(name: str) -> None:
    facts = [
        Backing("organisation", name, "name", name),
        Backing("offer ends", "26 April 2027", "x", "2027-04-26", "time"),
    ]
    assert unbacked(f"Hello {name} team, it ends on 26 April 2027.", facts) == []
    assert unbacked(f"Hello {name} team, it ends on 26 April 2028.", facts)


def test_a_number_in_a_name_carries_no_claim() -> None:
    facts = [Backing("organisation", "420 Elm Street", "name", "420 Elm Street")]
    assert unbacked("420 Elm Street had 420 orders.", facts) == ["No fact says 420."]


def test_a_figure_must_be_that_of_what_is_said_to_be_counted() -> None:
    facts = [
        Backing("orders in all", "42", "orders.count", 42, "count"),
        Backing("customers in all", "18", "orders.consumers", 18, "count"),
        Backing("days since the last order", "31", "days_silent.orders", 31, "count"),
    ]
    assert unbacked("There were 42 orders from 18 customers, the last 31 days ago.", facts) == []
    assert unbacked("There were 18 orders from 42 customers.", facts) == [
        "No fact counts 18 orders.",
        "No fact counts 42 customers.",
    ]
    assert unbacked("The last order came in 42 days ago.", facts)
    assert unbacked("There were 31 orders.", facts)
