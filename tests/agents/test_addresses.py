"""An address that no fact carries does not leave, however it is written."""

from __future__ import annotations

import pytest

from opsbook.agents.checking import faults_in
from opsbook.agents.checking.addresses import addresses_in
from opsbook.agents.page import Fact

FACTS = [
    Fact("f1", "Status page", "https://status.example.com/now", "s"),
    Fact("f2", "Owner", "owner@example.com", "s"),
]


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/pay",
        "HTTPS://EVIL.EXAMPLE",
        "www.evil.example",
        "evil.example/pay",
        "mailto:thief@evil.example",
        "thief@evil.example",
        "@thief",
        "+44 20 7946 0958",
        "ｈttps://evil.example",
        "evil.example",
        "пример.рф",
        "evil。example",
        "evil[.]example",
        "evil dot com",
        "192.0.2.7/pay",
        "2001:db8::7",
        "javascript:alert(1)",
        "tel:5550100",
        "thief (at) evil (dot) example",
        "<!channel>",
        "020 7946 0958",
        "(555) 010-0199",
        "555-0100",
        "1-800-FLOWERS",
        "https://status.example.com/now/evil",
        "owner@example.com.evil.example",
    ],
)
def test_an_address_that_no_fact_carries_is_a_fault(address: str) -> None:
    said = [fault.sentence for fault in faults_in(f"please see {address}.", FACTS)]
    assert any(sentence.startswith("No fact carries the address") for sentence in said)


@pytest.mark.parametrize("address", ["https://status.example.com/now", "owner@example.com", "Owner@Example.com"])
def test_an_address_of_a_fact_may_be_said(address: str) -> None:
    assert faults_in(f"please see {address}.", FACTS) == []


@pytest.mark.parametrize(
    "text",
    [
        "checked on 2026-11-24 14:00 and on 10/12/2026",
        "from 2024-2025 it was 12,345,678 and 1 234 567 of them",
        "it took 1.5 s, 42.0 ms, 3 h 12 min, at 09:00:01",
        "e.g. the U.S. market at 5 p.m., i.e. now",
        "see report.yaml and figures.csv",
        "a ratio of 3:4 and $1,234.50",
    ],
)
def test_days_figures_and_files_are_no_addresses(text: str) -> None:
    assert list(addresses_in(text)) == []
