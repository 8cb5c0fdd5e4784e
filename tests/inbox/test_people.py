"""Who is meant, and where they are reached."""

from __future__ import annotations

import pytest

from opsbook.inbox.people import People, Person, phone_digits
from opsbook.sdk.errors import InvalidInput


def test_names_and_addresses_mean_the_same_person_once(people):
    assert people.of("email", ["ops", "OWNER@example.com", " ops "]) == [
        ("ops", "ops@example.com"),
        ("owner", "owner@example.com"),
    ]


def test_an_item_is_the_name_so_that_a_new_address_is_not_a_new_recipient(people):
    moved = People({"ops": Person("ops", "new@example.com")})
    assert moved.of("email", ["ops"])[0][0] == people.of("email", ["ops"])[0][0]


@pytest.mark.parametrize(
    ("asked", "cure"),
    [
        ("ownr", "Did you mean owner?"),
        ("ops@exmaple.com", "Did you mean ops@example.com?"),
        ("zzz", "There are: ops, owner."),
    ],
)
def test_an_unknown_name_or_address_is_refused_with_the_nearest_one(people, asked, cure):
    with pytest.raises(InvalidInput) as refused:
        people.of("email", ["ops", asked])
    assert refused.value.cure == cure
    assert refused.value.code == "unknown_person"


def test_slack_gets_one_message_in_the_alert_channel_and_not_one_for_each_person(people):
    with_channel = People(people.people, slack_channel="C0ALERTS")
    assert with_channel.of("slack", ["owner", "ops"]) == [("alert_channel", "C0ALERTS")]
    assert with_channel.of("slack", []) == [("alert_channel", "C0ALERTS")]


def test_an_unknown_name_is_refused_even_where_the_alert_channel_gets_the_message(people):
    with pytest.raises(InvalidInput):
        People(people.people, slack_channel="C0ALERTS").of("slack", ["ownr"])


def test_without_an_alert_channel_slack_reaches_people_and_an_empty_address_says_who_cannot_be_reached(people):
    assert people.of("slack", ["owner", "ops"]) == [("owner", "U1"), ("ops", "")]


def test_the_dashboard_knows_people_by_name_and_nobody_in_particular_is_everybody(people):
    assert people.of("dashboard", ["ops"]) == [("ops", "ops")]
    assert people.of("dashboard", []) == [("everybody", "*")]


def test_mail_to_nobody_in_particular_goes_nowhere(people):
    assert people.of("email", []) == []


def test_expressions_see_names_with_their_addresses(people):
    assert people.names() == {"owner": "owner@example.com", "ops": "ops@example.com"}


def test_what_nobody_was_named_for_belongs_to_the_owners_else_to_everybody(people):
    assert [person.name for person in people.owners()] == ["owner"]
    named = People({"owner": Person("owner", "a@example.com"), "ops": Person("ops", "b@example.com")})
    assert [person.name for person in named.owners()] == ["owner"]
    others = People({"x": Person("x", "x@example.com"), "y": Person("y", "y@example.com")})
    assert [person.name for person in others.owners()] == ["x", "y"]
    with pytest.raises(InvalidInput, match="name no people"):
        People({}).owners()


def test_two_people_with_one_address_get_one_message():
    people = People(
        {
            "owner": Person("owner", "owner@example.com"),
            "night": Person("night", "Owner@example.com"),
            "other": Person("other", "other@example.com"),
        }
    )
    to = ("owner", "night", "other")
    assert list(people.of("email", to)) == [("owner", "owner@example.com"), ("other", "other@example.com")]
    assert [name for name, _ in people.of("slack", to)] == ["owner", "night", "other"]  # each is told as unreachable


def test_a_text_message_goes_to_the_persons_number_and_who_has_none_cannot_be_reached():
    book = People(
        {
            "ada": Person("ada", "ada@example.com", phone="15550100123"),
            "bob": Person("bob", "bob@example.com"),
        }
    )
    assert book.of("sms", ["bob@example.com", "ada"]) == [("bob", ""), ("ada", "15550100123")]
    assert book.of("sms", []) == []


@pytest.mark.parametrize("written", ["15550100123", "+1 (555) 010-0123", "1.555.010.0123", "+1/555 0100123"])
def test_a_number_is_kept_as_its_digits_however_it_is_written(written):
    assert phone_digits(written) == "15550100123"


@pytest.mark.parametrize("written", ["5550100123", "+44 20 7946 0000", "1555010012", "1 555 010 01x3", ""])
def test_what_is_no_number_of_ours_is_refused(written):
    with pytest.raises(ValueError, match="11 digits"):
        phone_digits(written)
