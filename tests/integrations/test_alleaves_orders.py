"""Alleaves' orders: all of them are read whatever it does where nobody documents it, and its pages end."""

from __future__ import annotations

from datetime import timedelta
from itertools import product

import pytest

from integrations.reading import NOW, Reader, reader
from integrations.till import PASSWORD, PIN, SETTINGS, Till
from opsbook.integrations.alleaves.orders import MOST_PAGES, PAGE
from opsbook.integrations.configuration import configure
from opsbook.sdk.errors import InvalidInput, NeverWorks, OpsbookError, PersonNeeded, RetryLater
from opsbook.sdk.http import Answer, HttpClient
from opsbook.sdk.testing import json_answer


@pytest.fixture
def till() -> Till:
    return Till()


@pytest.fixture
def orders(till: Till) -> Reader:
    return reader("alleaves", "orders", SETTINGS, till)


def ids(found: list[dict]) -> list[int]:
    return sorted({one["id_order"] for one in found})


WAYS = [
    *product((0, 1), ("refused", "the first", "empty"), (True, False), (True, False)),
]


@pytest.mark.parametrize(("counts_from", "page_before", "end_belongs", "newest_first"), WAYS)
async def test_every_order_is_read_whatever_is_meant_by_pages_and_dates(
    counts_from, page_before, end_belongs, newest_first
):
    till = Till({}, counts_from, page_before, end_belongs, newest_first)
    till.fill(470, "2026-09-01", 85)
    found = await reader("alleaves", "orders", SETTINGS, till).read()
    assert ids(found) == [*range(470)]
    assert len(found) <= 470 + 3 * 6  # what lies on the days that ranges share comes twice, and nothing else


@pytest.mark.parametrize("size", [7, 50, 99, 100])
async def test_pages_that_are_shorter_than_asked_for_are_no_end(till, orders, size):
    till.fill(230, "2026-11-20", 3)
    till.largest_page = size
    assert ids(await orders.read()) == [*range(230)]


@pytest.mark.parametrize("count", [0, 1, 99, 100, 101, 200])
async def test_pages_that_are_just_full_end_as_they_should(till, orders, count):
    till.fill(count, "2026-11-22", 1)
    assert ids(await orders.read()) == [*range(count)]


@pytest.mark.parametrize("name", ["data", "orders", "result"])
async def test_orders_are_found_in_the_one_list_of_an_object(till, orders, name):
    till.wrapped_as = name
    till.fill(3, "2026-11-22", 1)
    assert ids(await orders.read()) == [0, 1, 2]


async def test_a_whole_range_in_one_answer_whatever_page_is_asked_for_is_taken_once(till, orders):
    till.fill(60, "2026-11-22", 1)
    till.same_page_always = True
    found = await orders.read(NOW - timedelta(days=3))
    assert (len(found), len(till.asked)) == (60, 3)


async def test_a_full_page_that_comes_whatever_page_is_asked_for_is_refused(till, orders):
    till.fill(500, "2026-11-22", 1)
    till.same_page_always = True
    with pytest.raises(NeverWorks, match="whatever page is asked for"):
        await orders.read(NOW - timedelta(days=3))


async def test_pages_without_an_end_end_at_the_bound_that_is_written_down_and_say_so(till):
    def endless(sent):
        if "/auth" in sent.url:
            return till(sent)
        asked.append(sent.url)
        return json_answer([{"id_order": len(asked) * PAGE + row} for row in range(PAGE)])

    asked: list[str] = []
    with pytest.raises(NeverWorks, match=f"more than {PAGE * MOST_PAGES} orders"):
        await reader("alleaves", "orders", SETTINGS, endless).read()
    assert len(asked) == MOST_PAGES


async def test_what_came_since_a_time_is_asked_for_from_a_day_before_until_two_days_after_now(till, orders):
    till.fill(300, "2026-09-01", 85)
    found = await orders.read(NOW - timedelta(days=7))
    assert (till.asked[0]["startDate"], till.asked[-1]["endDate"]) == ("2026-11-16", "2026-11-26")
    assert len({(one["startDate"], one["endDate"]) for one in till.asked}) == 1
    assert min(one["date_created"] for one in found) >= "2026-11-16"


async def test_a_reading_that_is_taken_up_days_later_reads_up_to_then(till):
    till.fill(10, "2026-11-20", 3)
    before = reader("alleaves", "orders", SETTINGS, till)
    page = await before.feed.page(NOW - timedelta(days=7), None)
    till.keep(77, "2026-12-05")
    later = reader("alleaves", "orders", SETTINGS, till, NOW + timedelta(days=14))
    assert ids([*page.records, *await later.read(after=page.after)]) == [*range(10), 77]


async def test_a_token_that_ends_in_between_is_replaced_once(till, orders):
    till.fill(250, "2026-11-22", 1)
    till.lives = 0
    first = await orders.feed.page(NOW - timedelta(days=3), None)
    till.lives = 0
    assert ids([*first.records, *await orders.read(after=first.after)]) == [*range(250)]
    assert till.sign_ins == 2


async def test_without_a_pin_it_signs_in_by_basic(till):
    settings = {name: value for name, value in SETTINGS.items() if name != "pin"}
    till.fill(3, "2026-11-22", 1)
    assert ids(await reader("alleaves", "orders", settings, till).read()) == [0, 1, 2]


async def test_a_wrong_password_is_a_persons_task_and_in_no_message(till):
    orders = reader("alleaves", "orders", {**SETTINGS, "password": f"{PASSWORD}-wrong"}, till)
    with pytest.raises(OpsbookError) as caught:
        await orders.read()
    assert isinstance(caught.value, PersonNeeded)
    assert PASSWORD not in f"{caught.value!r} {caught.value}"
    assert PIN not in f"{caught.value!r} {caught.value}"


@pytest.mark.parametrize(
    ("trouble", "wait"),
    [
        (json_answer({}, 429, retry_after="7"), 7.0),
        (json_answer({}, 500), 0.5),
        (json_answer({"error": "busy"}), 0.5),
        (json_answer({"success": False, "data": []}), 0.5),
        (TimeoutError(), 0.5),
        (ConnectionResetError(), 0.5),
    ],
)
async def test_what_may_pass_is_waited_for_and_asked_again_and_raised_in_the_end(till, orders, trouble, wait):
    till.fill(3, "2026-11-22", 1)
    till.troubles = [trouble]
    assert ids(await orders.read()) == [0, 1, 2]
    assert orders.waits == [wait]
    till.troubles, till.asked = [trouble] * 9, []
    with pytest.raises(RetryLater):
        await orders.read()
    assert len(till.asked) == 4


@pytest.mark.parametrize(
    "trouble",
    [
        Answer(200, b"<html>maintenance</html>"),
        Answer(204),
        json_answer("text"),
        json_answer({}),
        json_answer({"total": 3}),
        json_answer({"data": [], "errors": []}),
        json_answer(["text"]),
        json_answer([{}, None]),
        json_answer({}, 418),
    ],
)
async def test_an_answer_that_makes_no_sense_is_used_for_nothing_and_not_asked_for_again(till, orders, trouble):
    till.troubles = [trouble]
    with pytest.raises(NeverWorks):
        await orders.read()
    assert len(till.asked) == 1


async def test_a_request_that_is_refused_on_every_page_is_an_error_and_not_an_empty_list(till, orders):
    till.troubles = [json_answer({}, 400)] * 2
    with pytest.raises(NeverWorks, match="answered 400"):
        await orders.read()


async def test_a_first_date_that_is_missing_or_to_come_says_what_to_set(till):
    without = {name: value for name, value in SETTINGS.items() if name != "orders_from"}
    with pytest.raises(PersonNeeded, match="ALLEAVES_ORDERS_FROM"):
        await reader("alleaves", "orders", without, till).read()
    with pytest.raises(InvalidInput, match="lies in the future"):
        await reader("alleaves", "orders", {**SETTINGS, "orders_from": "2027-01-01"}, till).read()
    assert till.asked == []


async def test_without_an_account_and_by_another_name_there_are_no_orders():
    async def sleep(_: float) -> None: ...

    assert configure({}, {}, HttpClient())["alleaves"].feed("orders", sleep) is None
    assert configure({"alleaves": SETTINGS}, {}, HttpClient())["alleaves"].feed("customers", sleep) is None


ENVIRONMENT = {"ALLEAVES_USERNAME": "u", "ALLEAVES_PASSWORD": "p"}


def test_fields_are_declared_in_the_environment_as_a_list():
    given = {**ENVIRONMENT, "ALLEAVES_ORDER_FIELDS": "id=id_order, total_cents = total:usd,"}
    config = configure({}, given, HttpClient())["alleaves"].config
    assert config.order_fields == {"id": "id_order", "total_cents": "total:usd"}


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("ALLEAVES_ORDER_FIELDS", "id", "it is a list such as"),
        ("ALLEAVES_ZONE", "America/New_Yrok", "America/New_York"),
        ("ALLEAVES_ORDERS_FROM", "soon", "ALLEAVES_ORDERS_FROM"),
    ],
)
def test_a_setting_that_is_none_is_refused_by_its_name(name, value, told):
    with pytest.raises(InvalidInput, match=told) as caught:
        configure({}, {**ENVIRONMENT, name: value}, HttpClient())
    assert name in str(caught.value)
