"""Documents of every shape become rows or are named: nothing that somebody stored stops a sync."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from opsbook.sdk.documents import Document
from opsbook.warehouse import Warehouse
from opsbook.warehouse.sources._fields import LeftOut, hashed, is_invented
from opsbook.warehouse.sources.firestore import reading
from opsbook.warehouse.sources.firestore.collections import COLLECTIONS
from opsbook.warehouse.sources.firestore.place import Place, Sweep, place_file
from opsbook.warehouse.sources.firestore.rows import Rules
from opsbook.warehouse.sources.firestore.sweep import next_sweep, timed

AT = datetime(2026, 11, 24, 9, tzinfo=UTC)
HOSTILE: list[Any] = [
    *(None, "", " ", 0, -1, 1.5, 1e300, -0.0, 10**30, True, False, [], {}, [[]], [None], {"a": {}}),
    *("null", "NaN", "\\N", "a\x00b", 'a\nb,"c"\r', "\ud800", "ä" * 50, "2026-13-40", "2026-11-01T10:00:00Z"),
    *(
        {"seconds": "x"},
        {"_seconds": 1763978400},
        {"seconds": True},
        {"total": [1]},
        "x" * 9999,
        "'); DROP TABLE x;--",
    ),
    *(1763978400, 1763978400000, 253402300800000, "12.345", "$5", "1e3", "active", "live", "owner@example.com"),
]


@pytest.mark.parametrize("name", COLLECTIONS)
def test_documents_of_any_shape_are_loaded_or_refused_and_never_stop_a_load(name, warehouse: Warehouse, tmp_path: Path):
    collection, chance = COLLECTIONS[name], random.Random(name)
    file, count, left_out = place_file(tmp_path / "sync", name), 300, 0
    file.page.parent.mkdir()
    rows = []
    for number in range(count):
        fields = {field: chance.choice(HOSTILE) for field in collection.fields if chance.random() < 0.9}
        made = collection.row(Document(f"{name}/d{number}", fields, AT, AT), Rules())
        if isinstance(made, LeftOut):
            left_out += 1
        else:
            rows.append(made)
    file.keep(Place("mark", sweep=Sweep(whole=True)), rows)
    report = warehouse.load(collection.table, file.spool)
    assert report.rows == count - left_out > 0
    assert report.loaded + report.rejected + report.duplicates == report.rows
    assert {len(row) for row in rows} == {len(rows[0])}


@pytest.mark.parametrize(
    ("said", "months"),
    [
        ({"intervalMonths": 3, "billingPeriod": "yearly"}, 3),
        ({"billingPeriod": " Annual "}, 12),
        ({"billing": {"period": "quarterly"}}, 3),
        ({"billingPeriod": "fortnightly"}, '"fortnightly"'),
        ({}, None),
    ],
)
def test_the_months_of_an_amount_are_what_the_document_says(said, months):
    assert reading.months(said) == months


@pytest.mark.parametrize(
    ("amount", "cents"),
    [
        (149, 14900),
        (0.285, 29),
        ("12.345", 1235),
        (-1.005, -101),
        ("1,000", '"1,000"'),
        (True, "true"),
        ("NaN", '"NaN"'),
        (None, None),
    ],
)
def test_amounts_are_rounded_away_from_zero_and_what_is_none_is_handed_on(amount, cents):
    assert reading.cents({"total": amount}, "total") == cents


@pytest.mark.parametrize(
    ("address", "invented"),
    [
        ("pos@acme.local", True),
        ("POS@ACME.LOCAL ", True),
        ("owner@local.example.com", False),
        ("local", False),
        (None, False),
    ],
)
def test_addresses_that_an_import_invented_are_known_by_their_end(address, invented):
    assert is_invented(address) is invented


def test_phone_numbers_are_compared_by_their_digits_and_never_kept():
    assert hashed("+1 (555) 010-0199") == hashed("+15550100199")
    assert hashed("no number") is None


@pytest.mark.parametrize(
    ("value", "noticed"),
    [("2026-11-01", True), (1763978400, True), ("soon", False), (True, False), ({"seconds": 1}, False), (None, False)],
)
def test_a_change_is_noticed_by_dates_that_a_query_can_compare(value, noticed):
    assert timed(Document("orders/a", {"createdAt": value}, AT, AT), COLLECTIONS["orders"]) is noticed


def test_a_page_about_another_database_or_one_that_is_broken_begins_anew(tmp_path: Path):
    file = place_file(tmp_path, "orders")
    file.keep(Place("a", until=AT), ())
    assert file.read("a") == Place("a", until=AT)
    assert file.read("b") == Place("b")
    for broken in ("", "[]", json.dumps({"mark": "a"}), "\x00"):
        file.page.write_text(broken)
        assert file.read("a") == Place("a")


def test_a_page_whose_rows_are_gone_forgets_its_sweep(tmp_path: Path):
    file = place_file(tmp_path, "orders")
    kept = file.keep(Place("a", until=AT, sweep=Sweep(whole=True)), [{"id": "r1"}])
    assert file.read("a") == kept
    file.spool.unlink()
    assert file.read("a") == Place("a", until=AT)


@pytest.mark.parametrize(
    ("asked", "resumes"),
    [
        ({}, True),
        ({"since": AT}, True),
        ({"since": AT - timedelta(days=1)}, False),
        ({"whole": True}, False),
    ],
)
def test_a_sweep_under_way_is_gone_on_with_only_if_it_covers_what_is_asked_for(asked, resumes):
    place = Place("a", until=AT, sweep=Sweep(whole=False, since=AT))
    found = next_sweep(place, AT, **{"whole": False, "since": None, **asked})
    assert (found is place.sweep) is resumes
    everything = Place("a", sweep=Sweep(whole=True))
    assert next_sweep(everything, AT, **{"whole": False, "since": None, **asked}) is everything.sweep


@pytest.mark.parametrize(
    ("said", "source"), [("Mobile-Vibe iOS", "Mobile-Vibe iOS"), ("fair", "fair"), (None, "other"), ("", "other")]
)
def test_the_place_of_a_capture_is_kept_in_its_own_words_and_the_definitions_say_what_they_mean(said, source):
    fields = {"email": "owner@example.com", "source": said}
    row = COLLECTIONS["leads"].row(Document("leads/a", fields, AT, AT), Rules())
    assert not isinstance(row, LeftOut)
    assert row["source"] == source
