"""Several sources of one table: it is as old as the oldest of them, whatever the others bring."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from opsbook.warehouse import Warehouse
from opsbook.warehouse.figures import Seen, measure

DAY = timedelta(days=1)
PEOPLE = "id,source,captured_at\n{0},academy,2026-11-20T10:00:00Z\n"


@pytest.fixture
def leads(tmp_path: Path) -> Path:
    found = tmp_path / "leads.csv"
    found.write_text(PEOPLE.format("a"))
    return found


@pytest.fixture
def kept(warehouse: Warehouse, leads: Path) -> Warehouse:
    """Leads from two sources, both read now."""
    warehouse.load("leads", leads)
    for source in ("firestore", "hubspot"):
        warehouse.seen("leads", source, warehouse.clock.now())
    return warehouse


def test_a_source_that_stops_makes_a_table_old_whatever_another_one_brings(kept, clock):
    stopped = clock.now()
    clock.forward(3 * DAY)
    kept.seen("leads", "hubspot", clock.now())
    when = f"{stopped:%Y-%m-%d %H:%M} UTC"
    told = f"leads were last read from firestore on {when}; what came later is missing."
    assert kept.warnings("leads", until=clock.now()) == (told,)
    lacking = kept.lacks("leads", since=stopped + DAY)
    assert lacking is not None
    assert lacking.reason == f"leads were last read from firestore before this period, on {when}"
    assert kept.lacks("leads", since=stopped - DAY) is None


def test_a_figure_from_a_source_that_stopped_is_unknown_and_names_it(kept, clock):
    clock.forward(3 * DAY)
    kept = Warehouse(kept.folder, clock)  # with the conditions under which a figure is judged by default
    kept.seen("leads", "hubspot", clock.now())
    kept.load("users", users(kept))
    end = clock.now()
    found = measure(kept, "funnel_entered", end - 7 * DAY, end, Seen(5, 5))
    assert (found["status"], found["reaches_end"]) == ("unknown", False)
    assert str(found["reason"]).startswith("leads were last read from firestore 3 days before the end of this period")
    kept.seen("leads", "firestore", clock.now())
    assert measure(kept, "funnel_entered", end - 7 * DAY, end, Seen(5, 5))["status"] == "ok"


def users(warehouse: Warehouse) -> Path:
    found = warehouse.folder.parent / "users.csv"
    found.write_text("id,email,created_at\nu1,owner@example.com,2026-11-20T10:00:00Z\n")
    return found


def test_loading_a_file_does_not_stand_in_for_a_source(kept, clock, leads):
    clock.forward(3 * DAY)
    leads.write_text(PEOPLE.format("b"))
    kept.load("leads", leads)
    assert kept.warnings("leads", until=clock.now()) != ()


def test_a_source_that_is_given_up_is_not_waited_for_and_its_rows_stay(kept, clock):
    clock.forward(3 * DAY)
    kept.seen("leads", "hubspot", clock.now())
    assert sorted(kept.sources()) == ["firestore", "hubspot"]
    assert kept.forget("firestore") == ("leads",)
    assert (kept.warnings("leads", until=clock.now()), kept.held("leads").rows) == ((), 1)
    assert kept.forget("firestore") == ()
    assert list(kept.sources()) == ["hubspot"]


def test_a_source_never_goes_back_and_one_of_a_table_that_is_not_there_is_nothing(kept, clock):
    kept.seen("leads", "hubspot", clock.now() - DAY)
    assert kept.sources()["hubspot"] == clock.now()
    kept.seen("orders", "hubspot", clock.now())
    assert kept.held("orders") is None


def test_a_warehouse_from_before_sources_were_kept_is_read_as_it_was(kept, clock):
    page = kept.folder / "manifest.json"
    held = json.loads(page.read_text())
    del held["tables"]["leads"]["sources"]
    page.write_text(json.dumps(held))
    assert (kept.sources(), kept.lacks("leads", since=clock.now() - DAY)) == ({}, None)
