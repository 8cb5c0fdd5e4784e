"""HubSpot's contacts by its search: none is lost and none is told twice, whatever the search answers in between."""

from __future__ import annotations

from datetime import timedelta

import pytest

from integrations.crm import START, TOKEN, Crm, stamp
from integrations.reading import NOW, Reader, reader
from opsbook.integrations.configuration import configure
from opsbook.sdk.errors import NeverWorks, OpsbookError, PersonNeeded, RetryLater
from opsbook.sdk.http import Answer, HttpClient
from opsbook.sdk.testing import json_answer

MILLISECOND = timedelta(milliseconds=1)


@pytest.fixture
def crm() -> Crm:
    return Crm()


@pytest.fixture
def contacts(crm: Crm) -> Reader:
    return reader("hubspot", "contacts", {"access_token": TOKEN}, crm)


def ids(found: list[dict]) -> list[int]:
    return [int(one["id"]) for one in found]


async def test_more_contacts_than_one_search_ever_gives_are_read_each_once_in_the_order_of_their_change(crm, contacts):
    crm.fill(range(1, 10_501), apart=7 * MILLISECOND)
    assert ids(await contacts.read()) == [*range(1, 10_501)]
    assert len(crm.asked) == 53  # of 200 each, one of them left for the page after


async def test_more_contacts_of_one_millisecond_than_a_page_holds_are_read_by_their_ids(crm, contacts):
    crm.fill(range(1, 4))
    crm.fill(range(1000, 0, -2), START + timedelta(hours=1), apart=timedelta(0))
    crm.fill(range(2001, 2004), START + timedelta(hours=2))
    found = ids(await contacts.read())
    assert found == [1, 3, *range(2, 1001, 2), 2001, 2002, 2003]


@pytest.mark.parametrize("count", [0, 1, 199, 200, 201, 400, 401])
@pytest.mark.parametrize("apart", [timedelta(0), MILLISECOND])
async def test_pages_that_are_just_full_end_as_they_should(crm, contacts, count, apart):
    crm.fill(range(1, count + 1), apart=apart)
    assert sorted(ids(await contacts.read())) == [*range(1, count + 1)]


async def test_what_changed_from_a_time_on_is_asked_for_and_nothing_before_it(crm, contacts):
    crm.fill(range(10), apart=timedelta(minutes=1))
    assert ids(await contacts.read(START + timedelta(minutes=7))) == [7, 8, 9]
    assert len(crm.asked) == 1


async def test_a_contact_that_changes_while_it_is_read_comes_again_with_what_it_is_then(crm, contacts):
    crm.fill(range(300))
    first = await contacts.feed.page(None, None)
    crm.keep(3, START + timedelta(days=1), email="new@example.com")
    rest = await contacts.read(after=first.after)
    assert sorted({*ids([*first.records]), *ids(rest)}) == [*range(300)]
    assert rest[-1]["properties"]["email"] == "new@example.com"


async def test_the_earlier_of_both_clocks_says_until_when_was_read(crm, contacts):
    assert (await contacts.feed.page(None, None)).read_at == NOW
    late, early = "Tue, 24 Nov 2026 10:00:00 GMT", "Tue, 24 Nov 2026 08:00:00 GMT"
    crm.troubles = [json_answer({"total": 0, "results": []}, date=one) for one in (late, early, "soon")]
    found = [(await contacts.feed.page(None, None)).read_at for _ in range(3)]
    assert found == [NOW, NOW - timedelta(hours=1), NOW]


LIMITED = {"status": "error", "category": "RATE_LIMITS"}
PASSES = [
    (json_answer(LIMITED, 429, retry_after="7"), 7.0),
    (json_answer({**LIMITED, "policyName": "TEN_SECONDLY_ROLLING"}, 429), 10.0),
    (json_answer({**LIMITED, "policyName": "SECONDLY"}, 429), 1.0),
    (json_answer(LIMITED, 429), 0.5),
    (json_answer({}, 503, retry_after="3"), 3.0),
    (Answer(502, b"<html>bad gateway</html>"), 0.5),
    (json_answer({"status": "error", "category": "INTERNAL"}), 0.5),
    (TimeoutError(), 0.5),
    (ConnectionResetError(), 0.5),
]


@pytest.mark.parametrize(("trouble", "wait"), PASSES)
async def test_what_may_pass_is_waited_for_as_long_as_is_asked_and_asked_again(crm, contacts, trouble, wait):
    crm.fill(range(3))
    crm.troubles = [trouble]
    assert ids(await contacts.read()) == [0, 1, 2]
    assert contacts.waits == [wait]


@pytest.mark.parametrize(("trouble", "_"), PASSES)
async def test_what_does_not_pass_is_raised_after_four_attempts_and_says_to_come_later(crm, contacts, trouble, _):
    crm.troubles = [trouble] * 9
    with pytest.raises(RetryLater):
        await contacts.read()
    assert len(crm.asked) == 4


async def test_a_wait_that_is_too_long_for_a_sync_is_left_to_who_calls(crm, contacts):
    crm.troubles = [json_answer(LIMITED, 429, retry_after="3600")]
    with pytest.raises(RetryLater) as caught:
        await contacts.read()
    assert (caught.value.after_seconds, contacts.waits) == (3600.0, [])


@pytest.mark.parametrize(
    ("trouble", "told"),
    [
        (json_answer({"status": "error", "category": "INVALID_AUTHENTICATION"}, 401), "Renew or extend"),
        (json_answer({"status": "error", "category": "MISSING_SCOPES"}, 403), "crm.objects.contacts.read"),
    ],
)
async def test_credentials_that_do_not_do_are_a_persons_task_and_tried_once(crm, contacts, trouble, told):
    crm.troubles = [trouble]
    with pytest.raises(PersonNeeded, match=told):
        await contacts.read()
    assert len(crm.asked) == 1


CONTACT = {"id": "1", "properties": {"lastmodifieddate": stamp(START)}}
SENSELESS = [
    Answer(200, b"<html>maintenance</html>"),
    json_answer([]),
    json_answer({"results": {}}),
    json_answer({"results": ["text"]}),
    json_answer({"results": [], "total": 5}),
    json_answer({"results": [], "paging": {"next": {"after": "200"}}}),
    json_answer({"results": [{**CONTACT, "id": "one"}]}),
    json_answer({"results": [{"properties": CONTACT["properties"]}]}),
    json_answer({"results": [{"id": "1", "properties": {"lastmodifieddate": "yesterday"}}]}),
    json_answer({"results": [{"id": "1", "properties": {"lastmodifieddate": "2026-11-01T10:00:00"}}]}),
    json_answer({"results": [{"id": "1"}]}),
    json_answer({"status": "error"}, 400),
    json_answer({}, 302, location="https://login.example.com/"),
]


@pytest.mark.parametrize("trouble", SENSELESS)
async def test_an_answer_that_makes_no_sense_is_used_for_nothing_and_not_asked_for_again(crm, contacts, trouble):
    crm.troubles = [trouble]
    with pytest.raises(NeverWorks):
        await contacts.read()
    assert len(crm.asked) == 1


async def test_contacts_in_another_order_are_asked_for_again_and_refused_when_that_does_not_change(crm, contacts):
    crm.fill(range(3))
    later = {"id": "9", "properties": {"lastmodifieddate": stamp(START + timedelta(days=1))}}
    wrong = json_answer({"total": 2, "results": [later, CONTACT]})
    crm.troubles = [wrong]
    assert ids(await contacts.read()) == [0, 1, 2]
    crm.troubles = [wrong] * 4
    with pytest.raises(RetryLater, match="another order"):
        await contacts.read()


@pytest.mark.parametrize("wrong", [[(1, 5), (1, 4)], [(1, 5), (1, 5)], [(0, 5)], [(1, 3)]])
async def test_contacts_of_one_millisecond_come_by_growing_ids_or_are_refused(crm, contacts, wrong):
    rows = [{"id": str(one), "properties": {"lastmodifieddate": f"1970-01-01T00:00:00.00{at}Z"}} for at, one in wrong]
    crm.troubles = [json_answer({"total": len(rows), "results": rows})] * 4
    with pytest.raises(RetryLater, match="another order"):
        await contacts.feed.page(None, [1, 3])


async def test_no_error_tells_the_token(crm):
    contacts = reader("hubspot", "contacts", {"access_token": f"{TOKEN}-wrong"}, crm)
    with pytest.raises(OpsbookError) as caught:
        await contacts.read()
    assert TOKEN not in f"{caught.value!r} {caught.value} {contacts.feed.place}"


def test_another_token_is_another_place_and_without_one_there_are_no_contacts(crm):
    async def sleep(_: float) -> None: ...

    one, other = (reader("hubspot", "contacts", {"access_token": word}, crm).feed.place for word in (TOKEN, "other"))
    assert one != other
    assert configure({}, {}, HttpClient())["hubspot"].feed("contacts", sleep) is None
    named = configure({"hubspot": {"access_token": TOKEN}}, {}, HttpClient())["hubspot"]
    assert named.feed("companies", sleep) is None
