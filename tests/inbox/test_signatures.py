"""Codes that nobody guesses, links that nobody forges."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsbook.inbox.signatures import Signer

SIGNER = Signer(b"k" * 32)


def test_a_code_depends_on_key_campaign_and_contact_and_is_the_same_again():
    codes = {Signer(key).code(effect, contact) for key in (b"a", b"b") for effect in "xy" for contact in "12"}
    assert len(codes) == 8
    assert SIGNER.code("x", "1") == SIGNER.code("x", "1")
    assert re.fullmatch(r"[BCDFGHJKLMNPQRSTVWXZ2-9]{5}-[BCDFGHJKLMNPQRSTVWXZ2-9]{5}", SIGNER.code("x", "1"))


def test_twenty_thousand_contacts_have_twenty_thousand_codes():
    assert len({SIGNER.code("key", f"u{i}") for i in range(20_000)}) == 20_000


def test_where_one_part_ends_and_the_next_begins_is_part_of_the_signature():
    assert SIGNER.code("ab", "c") != SIGNER.code("a", "bc")


@given(campaign=st.text("abc_0123", min_size=1), contact=st.text(min_size=1))
def test_a_token_reads_back_to_what_it_was_made_of(campaign, contact):
    assert SIGNER.read(SIGNER.token(campaign, contact)) == (campaign, contact)


@given(st.text(max_size=80))
def test_whatever_somebody_sends_is_no_token(text):
    assert SIGNER.read(text) is None


@pytest.mark.parametrize("place", [0, 5, -1, -10])
def test_a_changed_token_is_refused(place):
    token = SIGNER.token("campaign_1", "u1")
    other = "B" if token[place] != "B" else "C"
    at = place % len(token)
    changed = token[:at] + other + token[at + 1 :]
    assert SIGNER.read(changed) is None or changed == token


def test_another_deployments_token_is_refused_and_no_token_holds_an_address():
    token = SIGNER.token("campaign_1", "u1")
    assert Signer(b"other").read(token) is None
    assert "@" not in token
    assert re.fullmatch(r"[A-Za-z0-9_.-]+", token)
