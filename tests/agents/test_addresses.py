"""An address that no fact carries does not leave, however it is written."""

from __future__ import annotations

import pytest

from opsbook.agents.checking import faults_in
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
