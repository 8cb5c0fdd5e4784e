"""The rules for words: what may stand, and what may not."""

from __future__ import annotations

import pytest

from opsbook.inbox.compliance import Violation, check_campaign, check_channel, check_letter, verdict, wording
from opsbook.sdk.errors import NotAllowed


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("It cures everything.", "medical_claim"),
        ("Fast relief for your back", "medical_claim"),
        ("treats chronic pain", "medical_claim"),
        ("A natural REMEDY", "medical_claim"),
        ("helps with insomnia", "medical_claim"),
        ("Kids love it", "appeal_to_minors"),
        ("back to school", "appeal_to_minors"),
        ("Cotton Candy Chews", "appeal_to_minors"),
        ("Ask about your dosage", "clinical_wording"),
        ("patients prefer it", "clinical_wording"),
        ("clinically proven", "clinical_wording"),
        ("without a prescription", "clinical_wording"),
    ],
)
def test_forbidden_words_are_found(text, rule):
    assert [found for found, _ in wording(text)] == [rule]


@pytest.mark.parametrize(
    "text",
    [
        "Sweet Treats",
        "A secure login",
        "We miss you",
        "Orders have healthy margins",
        "the minor league",
        "Kidder Farms",
    ],
)
def test_words_that_only_look_alike_may_stand(text):
    assert wording(text) == []


def test_the_customers_own_names_are_not_judged_but_the_words_around_them_are():
    assert wording("Welcome back, Harbor Clinic", ["Harbor Clinic"]) == []
    assert wording("Harbor Clinic cures pain", ["Harbor Clinic"]) == [("medical_claim", "cures")]
    assert wording("We love children", ["Chi"]) == [("appeal_to_minors", "children")]


def test_braces_in_a_letter_are_an_error():
    (found,) = check_letter("u1", "Hello {{ first_name }}", "Body", [])
    assert (found.rule, found.severity) == ("unfilled_text", "error")


def test_a_missing_address_or_link_is_a_warning_and_plain_http_too():
    assert [one.rule for one in check_campaign("", False, False)] == ["no_postal_address", "no_unsubscribe"]
    assert [one.rule for one in check_campaign("1 Harbor Street", True, False)] == ["unsubscribe_not_https"]
    assert check_campaign("1 Harbor Street", True, True) == []


def test_one_error_fails_whatever_else_there_is_and_comes_first():
    warning, error = Violation("a", "warning", ""), Violation("b", "error", "")
    assert verdict([])["status"] == "passed"
    assert verdict([warning])["status"] == "warning"
    failed = verdict([warning, error])
    assert (failed["status"], failed["violations"][0]["rule"], failed["count"]) == ("failed", "b", 2)


def test_a_thousand_violations_are_counted_and_a_hundred_listed():
    many = verdict([Violation("a", "warning", "")] * 1000)
    assert (many["count"], len(many["violations"])) == (1000, 100)


@pytest.mark.parametrize("channel", ["sms", "slack", ""])
def test_a_discount_goes_out_by_mail_only(channel):
    with pytest.raises(NotAllowed):
        check_channel(channel)
    check_channel("email")
