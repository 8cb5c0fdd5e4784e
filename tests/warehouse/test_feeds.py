"""Feeds into a table: what changed, once each, whatever breaks off; nothing refused or new in silence."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any

import pytest

from integrations.till import FIELDS
from opsbook.sdk.errors import NeverWorks, RetryLater
from opsbook.sdk.feeds import FeedPage
from opsbook.warehouse import Warehouse
from opsbook.warehouse.manifest import loading_alone
from opsbook.warehouse.sources._drift import ENOUGH, MOST_FIELDS
from opsbook.warehouse.sources._feed_place import REMEMBERED, Known
from opsbook.warehouse.sources._feeds import fields_told
from opsbook.warehouse.sources._place import alone
from opsbook.warehouse.sources.alleaves.orders import orders
from opsbook.warehouse.sources.hubspot.contacts import CONTACTS
from opsbook.warehouse.tables import TABLES
from warehouse.stored import stored
from warehouse.telling import START, Desk, Told

DAY = timedelta(days=1)


@pytest.fixture
def desk(warehouse: Warehouse) -> Desk:
    return Desk(Told(warehouse.clock), warehouse)


def held(desk: Desk) -> dict[str, Any]:
    """The addresses that the table holds, by id."""
    names = TABLES["leads"].names
    return {row[0]: row[names.index("email")] for row in stored(desk.warehouse, "leads")}


def test_everything_is_read_at_first_and_then_what_has_changed(desk):
    desk.feed.fill(10)
    first = desk.sync()
    assert (first.whole, first.read, first.loading.loaded, first.total) == (True, 10, 10, 10)
    desk.warehouse.clock.forward(DAY)
    desk.feed.keep("p3", desk.warehouse.clock.now() - timedelta(hours=1), email="new@example.com")
    desk.feed.keep("late", desk.warehouse.clock.now() - timedelta(hours=2))
    second = desk.sync()
    assert (second.whole, second.read, second.loading.loaded, second.total) == (False, 2, 2, 11)
    assert (held(desk)["p3"], held(desk)["late"]) == ("new@example.com", "late@example.com")


def test_a_second_sync_without_changes_asks_once_loads_nothing_and_says_so(desk):
    desk.feed.fill(40, desk.warehouse.clock.now() - timedelta(minutes=2))
    desk.feed.size = 100
    desk.sync()
    files = sorted(desk.warehouse.folder.glob("*.parquet"))
    desk.feed.asked.clear()
    again = desk.sync()
    assert (len(desk.feed.asked), again.read, again.unchanged, again.loading) == (1, 40, 40, None)
    assert sorted(desk.warehouse.folder.glob("*.parquet")) == files
    assert desk.warehouse.sources() == {"told": desk.warehouse.clock.now()}


def test_each_sync_begins_an_overlap_before_the_last_one_began(desk):
    began = desk.warehouse.clock.now()
    desk.feed.fill(1)
    desk.sync()
    desk.warehouse.clock.forward(DAY)
    desk.sync()
    assert desk.feed.asked == [None, began - timedelta(minutes=5)]


@pytest.mark.parametrize("trouble", [RetryLater("limited"), NeverWorks("nonsense"), KeyboardInterrupt(), MemoryError()])
def test_a_sync_that_breaks_off_at_any_page_goes_on_there_and_holds_the_same_in_the_end(desk, trouble):
    desk.feed.fill(20)
    desk.feed.breaks_at = dict.fromkeys(range(1, 14, 2), trouble)
    for _ in range(7):
        with pytest.raises(type(trouble)):
            desk.sync()
        assert desk.warehouse.held("leads") is None
    done = desk.sync()
    assert len(desk.feed.asked) == 14  # seven pages, each of them once, and seven that broke
    assert (done.resumed, done.read, done.total) == (True, 20, 20)
    assert held(desk) == {f"p{number}": f"p{number}@example.com" for number in range(20)}


def test_what_a_killed_process_wrote_behind_its_last_page_is_cut_off(desk):
    desk.feed.fill(9)
    desk.feed.breaks_at = {2: RetryLater("limited")}
    with pytest.raises(RetryLater):
        desk.sync()
    with (desk.warehouse.folder / "sync" / "told" / "people.jsonl").open("ab") as spool:
        spool.write(b'{"id": "p9", "email": "half a li')
    assert desk.sync().total == 9
    assert set(held(desk)) == {f"p{number}" for number in range(9)}


def test_rows_that_are_lost_are_read_again(desk):
    desk.feed.fill(9)
    desk.feed.breaks_at = {3: RetryLater("limited")}
    with pytest.raises(RetryLater):
        desk.sync()
    (desk.warehouse.folder / "sync" / "told" / "people.jsonl").unlink()
    assert desk.sync().total == 9


def test_repeating_a_sync_and_reading_everything_again_change_nothing(desk):
    desk.feed.fill(10)
    desk.sync()
    before = stored(desk.warehouse, "leads")
    again = desk.sync(whole=True)
    assert (again.whole, again.read, again.total) == (True, 10, 10)
    assert stored(desk.warehouse, "leads") == before


def test_a_record_that_goes_back_to_what_it_was_is_that_again(desk):
    now = desk.warehouse.clock.now()
    desk.feed.keep("a", now)
    desk.sync()
    for address in ("b@example.com", "a@example.com", "b@example.com"):
        desk.feed.keep("a", now, email=address)
        desk.sync()
        assert held(desk) == {"a": address}


def test_a_record_that_comes_twice_in_one_sync_counts_as_it_came_last(desk):
    async def twice(since, after):
        came = [[("x", "first"), ("y", "y")], [("x", "last"), ("y", "y")], [("x", "last")]]
        page = after or 0
        records = [{"id": key, "email": f"{word}@example.com", "made": START.isoformat()} for key, word in came[page]]
        return FeedPage(records, page + 1 if page < 2 else None, desk.warehouse.clock.now())

    desk.feed.page = twice
    found = desk.sync()
    assert (found.read, found.unchanged, found.loading.loaded, found.loading.duplicates) == (5, 2, 2, 1)
    assert held(desk)["x"] == "last@example.com"


def test_bad_records_are_refused_with_their_reason_counted_and_kept_and_the_rest_is_loaded(desk):
    desk.feed.fill(5)
    desk.feed.keep("p1", made="never")
    desk.feed.keep("p2", made=None)
    desk.feed.keep("p3", email=None)
    found = desk.sync()
    assert found.loading.reasons == {"captured_at is not a time": 1, "captured_at is empty": 1}
    assert (found.left_out, found.total) == ({"it has no address": 1}, 2)
    assert "never" in found.loading.quarantine.read_text()


def test_when_all_are_refused_the_table_stays_and_they_are_read_again(desk):
    desk.feed.fill(3)
    desk.by(lambda record: {"id": record["id"], "email": None, "source": "told", "captured_at": "never"})
    assert [(one.useless, one.read) for one in (desk.sync(), desk.sync())] == [(True, 3), (True, 3)]
    assert desk.warehouse.held("leads") is None


def test_long_texts_are_cut_and_counted_and_a_long_id_leaves_its_record_out(desk):
    desk.feed.keep("a", email="ä" * 200_000)
    desk.feed.keep("i" * 5000)
    found = desk.sync()
    assert (found.shortened, found.left_out) == ({"email": 1}, {"its id is longer than 4,000 characters": 1})
    assert held(desk) == {"a": "ä" * 4000}


def test_an_empty_feed_is_an_empty_table_and_nothing_unknown(desk):
    found = desk.sync()
    assert (found.read, found.total, found.loading) == (0, 0, None)
    assert desk.warehouse.lacks("leads") is None


def test_a_table_that_has_gone_another_account_and_another_way_of_making_rows_are_read_from_the_beginning(desk):
    desk.feed.fill(3)
    desk.sync()
    (desk.warehouse.folder / "manifest.json").unlink()
    assert (desk.sync().whole, desk.warehouse.held("leads").rows) == (True, 3)
    desk.feed.place = "another account"
    assert desk.sync().whole
    assert not desk.sync().whole


def test_a_sync_whose_rows_could_not_be_loaded_loads_them_without_reading_them_again(desk):
    desk.feed.fill(3)
    with loading_alone(desk.warehouse.folder), pytest.raises(RetryLater, match="Another load"):
        desk.sync()
    found = desk.sync()
    assert (found.resumed, found.total, len(desk.feed.asked)) == (True, 3, 1)


def test_only_one_sync_of_a_source_runs_at_a_time(desk):
    with alone(desk.warehouse.folder / "sync" / "told"), pytest.raises(RetryLater, match="Another sync"):
        desk.sync()


def test_more_pages_than_a_sync_reads_are_left_to_the_next_one_and_it_says_so(desk):
    desk.feed.fill(30)
    with pytest.raises(RetryLater, match="reads 4 pages of people, and there are more"):
        desk.sync(most_pages=4)
    with pytest.raises(RetryLater):
        desk.sync(most_pages=4)
    assert (desk.sync(most_pages=4).total, len(desk.feed.asked)) == (30, 10)


def test_a_page_that_leads_to_itself_is_not_followed(desk):
    async def stuck(since, after):
        return FeedPage([], 7, desk.warehouse.clock.now())

    desk.feed.page = stuck
    with pytest.raises(NeverWorks, match="leads to itself"):
        desk.sync()


def test_the_first_sync_tells_no_news_and_the_next_ones_tell_fields_that_come_go_and_change(desk):
    desk.feed.fill(30)
    for number in range(30):
        desk.feed.keep(f"p{number}", phone=None, visits=3, note="x")
    assert desk.sync().drift == ()
    for number in range(30):
        desk.feed.keep(f"p{number}", phone="555", visits="3", tags=["a"])
    assert set(desk.sync(whole=True).drift) == {
        "the field tags.0 is new (text)",
        "the field note has gone",
        "the field visits was number and is number or text now",
    }
    assert desk.sync(whole=True).drift == ()


@pytest.mark.parametrize(("count", "told"), [(ENOUGH - 1, ()), (ENOUGH, ("the field note has gone",))])
def test_a_field_has_gone_only_when_enough_records_do_without_it(desk, count, told):
    desk.feed.keep("p0", note="x")
    desk.sync()
    desk.feed.records.clear()
    desk.feed.fill(count)
    assert desk.sync(whole=True).drift == told


def test_records_that_use_ids_as_names_do_not_bring_fields_for_ever(desk):
    desk.feed.fill(3)
    desk.sync()
    for number in range(3):
        desk.feed.keep(f"p{number}", by_id={f"{number}-{one}": 1 for one in range(MOST_FIELDS)})
    assert len(desk.sync(whole=True).drift) <= MOST_FIELDS


def test_no_more_rows_are_remembered_than_fit_into_a_page():
    known = Known("")
    for number in range(REMEMBERED + 10):
        assert not known.knows(str(number), {"at": number})
    kept = Known(known.last())
    assert len(known.last()) == REMEMBERED * 32
    assert not kept.knows("0", {"at": 0})
    assert kept.knows("5000", {"at": 5000})


HOSTILE: list[Any] = [
    *(None, "", " ", 0, -1, 1.5, 1e300, 10**30, True, [], {}, [[]], [None], {"a": {}}, {"0": 1}),
    *("null", "NaN", "\\N", "a\x00b", 'a\nb,"c"\r', "\ud800", "x" * 9999, "2026-13-40", "2026-11-01T10:00:00Z"),
    *("'); DROP TABLE x;--", 1763978400, 1763978400000, "12.345", "$5", "owner@example.com", "a@b.local"),
]
SHAPES = {
    "hubspot": (CONTACTS, ("id", "createdAt"), ("email", "phone", "mobilephone", "createdate")),
    "alleaves": (orders(FIELDS, "America/New_York"), ("id_order", "date_created", "total", "status", "items"), ("id",)),
}


@pytest.mark.parametrize("source", SHAPES)
def test_records_of_any_shape_are_loaded_or_refused_and_never_stop_a_sync(source, desk):
    records, outer, inner = SHAPES[source]
    chance, below = Random(source), "properties" if source == "hubspot" else "location"
    for number in range(400):
        record = {name: chance.choice(HOSTILE) for name in outer if chance.random() < 0.9}
        record[below] = {name: chance.choice(HOSTILE) for name in inner if chance.random() < 0.9}
        if chance.random() < 0.2:
            record[below] = chance.choice(HOSTILE)
        desk.feed.records[str(number)] = (START, record)
    desk.records = replace(records, check=lambda fields: None)
    desk.feed.size = 50
    found = desk.sync()
    kept = found.loading.loaded + found.loading.rejected + found.loading.duplicates + found.unchanged
    assert found.read == 400 == kept + sum(found.left_out.values())
    assert found.total == found.loading.loaded > 0
    assert desk.sync(whole=True).total == found.total


async def test_fields_are_shown_by_name_and_kind_and_never_by_value(desk):
    assert await fields_told(desk.feed, START) == []
    desk.feed.keep("a", visits=3, lists=[{"deep": True}], nothing=None)
    desk.feed.keep("b", visits="canary-value")
    found = {one["field"]: (one["holds"], one["records"], one["of"]) for one in await fields_told(desk.feed, START)}
    assert found["visits"] == ("number or text", 2, 2)
    assert (found["lists.0.deep"], found["nothing"]) == (("flag", 1, 2), ("", 1, 2))
    assert "canary-value" not in repr(found)
