"""What the mirror owes is read off the records: nothing is forgotten, nothing is owed twice."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from opsbook.records.mirrored import LATE, Mirrored
from opsbook.records.tables.inbox import notifications
from opsbook.records.tables.runs import runs
from records.conftest import AT


@pytest.fixture
def add(store, run_row):
    """Write runs as they stand."""

    def added(*rows: dict[str, Any]) -> None:
        with store.transaction() as connection:
            for row in rows:
                connection.execute(runs.insert(), run_row(row.pop("id"), **row))

    return added


def kept(mirrored: Mirrored, kind: str, record_id: str, mark: str, error: str | None = None) -> bool:
    mirrored.begin(kind, record_id, "me", AT)
    return mirrored.end(kind, record_id, "me", mark, error, AT)


def owed(mirrored: Mirrored) -> list[tuple[str, str]]:
    return [(row["id"], row["mark"]) for row in mirrored.runs_owed(10)]


def test_runs_are_owed_oldest_first_until_they_are_kept(store, add):
    mirrored = Mirrored(store)
    add(
        {"id": "run_b", "state": "running", "accepted_at": AT + timedelta(minutes=1)},
        {"id": "run_a", "state": "succeeded"},
    )
    assert owed(mirrored) == [("run_a", "succeeded"), ("run_b", "running")]
    assert mirrored.runs_owed(1)[0]["id"] == "run_a"
    kept(mirrored, "run", "run_a", "succeeded")
    kept(mirrored, "run", "run_a", "succeeded")
    assert owed(mirrored) == [("run_b", "running")]


def test_a_run_that_was_kept_while_it_was_open_is_owed_again_when_its_state_changes(store, add):
    mirrored = Mirrored(store)
    add({"id": "run_a", "state": "running"})
    kept(mirrored, "run", "run_a", "running")
    mirrored.caught_up(AT + timedelta(days=30))  # a floor far behind it does not hide it
    assert owed(mirrored) == []
    with store.transaction() as connection:
        connection.execute(update(runs).values(state="failed"))
    assert owed(mirrored) == [("run_a", "failed")]


def test_a_run_that_is_taken_up_again_after_it_failed_is_owed_again(store, add):
    mirrored = Mirrored(store)
    add({"id": "run_a", "state": "failed"})
    kept(mirrored, "run", "run_a", "failed")
    mirrored.caught_up(AT + timedelta(days=30))
    with store.transaction() as connection:
        connection.execute(update(runs).values(state="failed", attempt=2))  # it failed again, unseen in between
    assert owed(mirrored) == [("run_a", "failed#2")]
    assert mirrored.lag().owed == 1
    kept(mirrored, "run", "run_a", "failed#2")
    assert mirrored.lag().owed == 0


def test_a_run_that_becomes_visible_late_is_still_found(store, add):
    mirrored = Mirrored(store)
    mirrored.caught_up(AT + LATE)
    add({"id": "run_late"}, {"id": "run_before", "accepted_at": AT - timedelta(seconds=1)})
    assert owed(mirrored) == [("run_late", "queued")]


def test_what_was_refused_is_counted_and_not_owed_until_it_changes(store, add):
    mirrored = Mirrored(store)
    add({"id": "run_a", "state": "succeeded"}, {"id": "run_b"})
    kept(mirrored, "run", "run_a", "succeeded", "too large")
    lag = mirrored.lag()
    assert (lag.owed, lag.oldest_at, lag.refused) == (1, AT, 1)


def test_notifications_are_owed_when_they_come_and_when_they_are_read(store):
    mirrored = Mirrored(store)
    row = {
        "id": "note_1",
        "effect_key": "k",
        "person": "owner",
        "title": "t",
        "body": "b",
        "severity": "high",
        "source": {},
        "created_at": AT,
    }
    with store.transaction() as connection:
        connection.execute(notifications.insert(), row)
    assert [one["mark"] for one in mirrored.notifications_owed(5)] == ["unread"]
    kept(mirrored, "notification", "note_1", "unread")
    mirrored.caught_up(AT + timedelta(days=1))
    assert mirrored.notifications_owed(5) == []
    with store.transaction() as connection:
        connection.execute(update(notifications).values(read_at=AT + timedelta(days=3)))
    assert [one["mark"] for one in mirrored.notifications_owed(5)] == ["read"]
    kept(mirrored, "notification", "note_1", "read")
    assert mirrored.lag().owed == 0


def test_a_record_whose_writing_was_broken_off_stays_owed(store, add):
    mirrored = Mirrored(store)
    add({"id": "run_a", "state": "succeeded"})
    mirrored.begin("run", "run_a", "me", AT)
    mirrored.caught_up(AT + timedelta(days=30))
    assert owed(mirrored) == [("run_a", "succeeded")]
    assert kept(mirrored, "run", "run_a", "succeeded")
    assert mirrored.lag().owed == 0


@pytest.mark.parametrize("first", ["me", "another"])
def test_a_record_that_two_write_at_once_is_owed_until_one_of_them_wrote_it_alone(store, add, first):
    mirrored = Mirrored(store)
    add({"id": "run_a", "state": "succeeded"})
    mirrored.begin("run", "run_a", "me", AT)
    mirrored.begin("run", "run_a", "another", AT)
    ends = {"me": "running", "another": "succeeded"}
    for writer in sorted(ends, key=lambda one: one != first):
        mirrored.end("run", "run_a", writer, ends[writer], None, AT)
    assert owed(mirrored) == [("run_a", "succeeded")]
    assert kept(mirrored, "run", "run_a", "succeeded")
    assert mirrored.lag().owed == 0
