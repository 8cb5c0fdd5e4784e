"""The words of a letter: about this organisation, from what was measured, with nothing left to fill in."""

from __future__ import annotations

import html
import re
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsbook.effects.delivery import WRITER
from opsbook.inbox.audience import Organization
from opsbook.inbox.letters import Footer, Terms, first_name, spoken, write_letter
from opsbook.sdk.values import Unknown

TERMS = Terms(20, date(2026, 12, 24), "ABCDE-FGHIJ")
FOOTER = Footer("1 Harbor Street, Albany NY", "https://ops.example.com/unsubscribe/token")
UNKNOWN = Unknown("orders were never loaded").as_json()


def letter(item, footer=FOOTER, terms=TERMS):
    read = Organization.model_validate(item)
    return write_letter(read, read.contacts[0], terms, footer)


@pytest.mark.parametrize(
    ("reason", "subject", "sentence"),
    [
        ("never_started", "Harbor o1: everything is ready for your first day", "it has not been used yet"),
        ("no_login", "Ada, we miss you at Harbor o1", "It has been 9 days since anyone signed in for Harbor o1"),
        (
            "no_orders",
            "Harbor o1: let us bring the orders back",
            "It has been 31 days since the last order reached Harbor o1",
        ),
        (
            "no_campaigns",
            "Harbor o1: your customers have not heard from you",
            "It has been 12 days since the last campaign went out for Harbor o1",
        ),
    ],
)
def test_the_subject_and_the_first_sentence_follow_the_reason(organization, reason, subject, sentence):
    made = letter(organization(reason=reason))
    assert made.subject == subject
    assert sentence in made.body


def test_the_reason_is_told_first_and_then_the_other_signals(organization):
    made = letter(organization())
    assert (
        "It has been 31 days since the last order reached Harbor o1, and we would like to help with the next one. "
        "Meanwhile, the last login was 9 days ago and the last campaign went out 12 days ago."
    ) in made.body


def test_what_was_ordered_is_told_from_the_evidence(organization):
    made = letter(organization())
    assert "Your order history holds 42 orders, the latest on 24 October 2026." in made.body
    assert "Ordered most often: Mint Tin and Blue Dream." in made.body
    assert "remind the customers you have of Mint Tin; nothing is ordered more often." in made.body
    assert "Your next step: sign in and prepare a campaign about Mint Tin." in made.body


SOLD = {
    "count": 42,
    "consumers": 18,
    "first_order_at": "2025-03-03T10:00:00+00:00",
    "last_order_at": "2026-10-24T12:00:00+00:00",
    "recent_orders": 12,
    "earlier_orders": 20,
    "top_products": [{"name": "Mint Tin", "orders": 12}, {"name": "Blue Dream", "orders": 9}],
}


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({}, "there were 12 orders, down 40% against the 20 orders of the 90 days before."),
        ({"recent_orders": 25}, "there were 25 orders, up 25% against the 20 orders of the 90 days before."),
        ({"recent_orders": 21}, "there were 21 orders, about as many as the 20 of the 90 days before."),
    ],
)
def test_the_trend_is_told_with_what_it_compares(organization, change, sentence):
    made = letter(organization(orders={**SOLD, **change}))
    assert "42 orders from 18 customers, the first on 3 March 2025 and the latest on 24 October 2026." in made.body
    assert "Ordered most often: Mint Tin (12 orders) and Blue Dream (9 orders)." in made.body
    assert sentence in made.body


@pytest.mark.parametrize(
    "change",
    [
        {"recent_orders": 3, "earlier_orders": 4},
        {"recent_orders": UNKNOWN},
        {"earlier_orders": 0},
        {"first_order_at": "2026-06-01T10:00:00+00:00"},
        {"first_order_at": "2025-03-03"},
    ],
)
def test_a_trend_that_rests_on_too_little_is_not_told(organization, change):
    made = letter(organization(orders={**SOLD, **change}))
    assert "90 days" not in made.body
    assert "42 orders" in made.body


def test_the_most_ordered_product_is_called_so_only_when_it_may_be_named(organization):
    made = letter(organization(orders={**SOLD, "top_products": ["Kids Candy", *SOLD["top_products"]]}))
    assert "Among what is ordered most: Mint Tin (12 orders) and Blue Dream (9 orders)." in made.body
    assert "nothing is ordered more often" not in made.body


def test_where_nothing_is_known_of_orders_the_letter_is_shorter_and_recommends_nothing(organization):
    whole, thin = letter(organization(orders=SOLD)), letter(organization(orders=UNKNOWN))
    assert len(thin.body.split("\n\n")) == len(whole.body.split("\n\n")) - 2
    assert "recommendation" not in thin.body
    assert "introduce yourselves first" in letter(organization(orders={"count": 0})).body


def test_somebody_who_shops_there_reads_nothing_of_how_the_organisation_does(organization, contact):
    made = letter(organization(orders=SOLD, contacts=[contact(role="customer")]))
    assert "Often ordered here: Mint Tin and Blue Dream." in made.body
    assert "For adults of 21 and over only." in made.body
    for word in ("days", "42", "18", "login", "campaign", "down"):
        assert word not in made.body


def test_every_fact_stands_in_the_letter_and_comes_from_where_it_says(organization):
    item = organization(orders=SOLD)
    made = letter(item)
    for fact in made.facts:
        found: Any = item
        for part in fact.source.split("."):
            found = found.get(part) if isinstance(found, dict) else None
        assert fact.text in made.subject + made.body
        assert found is None or fact.value == found
    assert {fact.source for fact in made.facts} >= {"days_silent.orders", "orders.count", "orders.consumers", "name"}


def test_the_offer_has_code_terms_and_the_day_it_ends(organization):
    made = letter(organization())
    assert "20% off for Harbor o1" in made.body
    assert "Your code: ABCDE-FGHIJ" in made.body
    assert "until the end of 24 December 2026" in made.body
    assert "12.5% off" in letter(organization(), terms=Terms(12.5, date(2026, 12, 24), "A")).body


def test_address_and_unsubscribe_link_stand_under_it_and_a_missing_one_leaves_no_gap(organization):
    assert letter(organization()).body.endswith(
        "1 Harbor Street, Albany NY\nUnsubscribe: https://ops.example.com/unsubscribe/token"
    )
    assert letter(organization(), Footer()).body.endswith("has an account with us.")


@pytest.mark.parametrize(
    "days",
    [{"login": UNKNOWN, "orders": UNKNOWN, "campaigns": UNKNOWN}, None, {"login": 0, "orders": 0, "campaigns": 0}],
)
def test_what_nobody_could_measure_is_not_claimed(organization, days):
    made = letter(organization(days_silent=days, orders=UNKNOWN, reason="no_orders"))
    assert "for 0 day" not in made.body
    assert "yet" not in made.body
    assert "days ago" not in made.body
    assert "quiet around Harbor o1" in made.body


def test_a_signal_that_never_was_is_told_as_such(organization):
    made = letter(organization(reason="no_campaigns", days_silent={"login": 9, "orders": 31, "campaigns": None}))
    assert "No campaign has gone out for Harbor o1 yet, which leaves your customers without news" in made.body


def test_one_day_is_one_day(organization):
    made = letter(organization(reason="no_login", days_silent={"login": 1, "orders": UNKNOWN, "campaigns": UNKNOWN}))
    assert "It has been 1 day since anyone signed in" in made.body


@pytest.mark.parametrize(
    ("more", "called"),
    [
        ({}, "Ada"),
        ({"first_name": None}, "Ada"),
        ({"first_name": "", "display_name": "Grace Lee"}, "Grace"),
        ({"first_name": "Anna Maria"}, "Anna Maria"),
        ({"first_name": "Jean-Luc"}, "Jean-Luc"),
        ({"first_name": "O’Neil"}, "O’Neil"),
        ({"first_name": "Zoë"}, "Zoë"),
        ({"first_name": UNKNOWN, "display_name": None}, ""),
        ({"first_name": "ada@example.com", "display_name": "ada@example.com"}, ""),
        ({"first_name": "user1234", "display_name": "user1234"}, ""),
    ],
)
def test_people_are_called_by_a_name_or_by_none(organization, contact, more, called):
    item = organization(contacts=[contact(**more)])
    assert first_name(Organization.model_validate(item).contacts[0]) == called
    greeting = f"Hello {called}," if called else "Hello Harbor o1 team,"
    assert letter(item).body.startswith(greeting)


def test_a_product_that_no_campaign_may_name_is_left_out_and_said_to_be(organization):
    orders = {"count": 1, "top_products": ["Kids Candy", {"name": "Pain Relief Balm"}, {"product": "Mint Tin"}, 7]}
    made = letter(organization(orders=orders))
    assert made.products == ("Mint Tin",)
    assert made.left_out == ("Kids Candy", "Pain Relief Balm")
    assert "Kids" not in made.body
    assert "Pain" not in made.body
    assert "Your order history holds 1 order." in made.body


HOSTILE = st.text(max_size=120) | st.sampled_from(
    ["{{ 7*7 }}", '{"name": "x"}', "<script>alert(1)</script>", "a\r\nBcc: b@example.com", "\u202egnp.exe", "`[x](y)`"]
)


@given(name=HOSTILE, first=HOSTILE, product=HOSTILE)
def test_whatever_names_hold_a_letter_has_one_subject_line_and_no_braces_or_markup(name, first, product):
    item = {
        "organization_id": "o1",
        "name": name,
        "reason": "no_login",
        "days_silent": {"login": 9},
        "contacts": [{"contact_id": "u1", "first_name": first, "email": "u1@example.com"}],
        "orders": {"count": 3, "top_products": [product]},
    }
    made = letter(item)
    assert made.subject.isprintable() or "\u00a0" in made.subject or not made.subject.isascii()
    assert not set("{}<>[]`\r") & set(made.subject + made.body)
    assert "\n" not in made.subject
    assert len(made.subject) < 150
    parts = html.unescape(re.sub(r"<[^>]+>", " ", WRITER.render(made.body)))
    assert parts.split() == made.body.split()


def test_a_long_name_is_cut_and_nothing_is_not_a_name():
    assert len(spoken("x" * 200)) == 80
    assert spoken(None) == ""
    assert spoken(" a \t b ") == "a b"
