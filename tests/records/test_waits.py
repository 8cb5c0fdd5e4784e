"""A wait is answered once, whoever comes first, and its run goes on by that answer."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from opsbook.records.runs import Runs
from opsbook.records.waits import Waits, open_wait

AT = datetime(2026, 11, 24, 14, tzinfo=UTC)


def wait_row(wait_id: str = "run_1/3", **more):
    return {
        "id": wait_id,
        "run_id": "run_1",
        "path": wait_id.partition("/")[2],
        "segment": 1,
        "kind": "time",
        "subject": None,
        "deadline": AT + timedelta(hours=1),
        "state": "open",
        **more,
    }


@pytest.fixture
def waits(store):
    return Waits(store)


@pytest.fixture
async def waiting_run(store, run_row, trigger_row):
    await Runs(store).accept(run_row(state="waiting"), trigger_row())
    return Runs(store)


async def test_the_first_of_many_answers_wins_and_the_others_are_told_so(store, waits, waiting_run):
    await store.shared(open_wait(wait_row()))
    barrier = threading.Barrier(20)

    def answer(who: int):
        barrier.wait()
        return waits.answer("run_1/3", "answered", {"by": who}, AT)

    with ThreadPoolExecutor(20) as pool:
        rows = [row for row in pool.map(answer, range(20)) if row is not None]
    assert len(rows) == 1
    assert waits.answered("run_1")["3"]["answer"] == rows[0]["answer"]


async def test_an_answer_queues_the_run_for_its_next_segment(store, waits, waiting_run):
    await store.shared(open_wait(wait_row()))
    waits.answer("run_1/3", "answered", True, AT)
    run = waiting_run.get("run_1")
    assert (run["state"], run["segment"]) == ("queued", 2)
    assert waits.answer("run_1/3", "answered", False, AT) is None
    assert waiting_run.get("run_1")["segment"] == 2


async def test_an_answer_does_not_wake_a_run_that_has_ended(store, waits, run_row, trigger_row):
    runs = Runs(store)
    await runs.accept(run_row(state="cancelled"), trigger_row())
    await store.shared(open_wait(wait_row()))
    assert waits.answer("run_1/3", "answered", True, AT) is not None
    assert runs.get("run_1")["state"] == "cancelled"


async def test_opening_again_does_not_reopen_what_was_answered(store, waits, waiting_run):
    await store.shared(open_wait(wait_row()))
    waits.answer("run_1/3", "answered", True, AT)
    await store.shared(open_wait(wait_row()))
    assert waits.open_of("run_1") == []


async def test_only_what_is_open_and_past_its_deadline_is_due_earliest_first(store, waits, waiting_run):
    for name, hours in (("run_1/1", 3), ("run_1/2", 1), ("run_1/4", 2)):
        await store.shared(open_wait(wait_row(name, deadline=AT + timedelta(hours=hours))))
    waits.answer("run_1/2", "answered", True, AT)
    assert waits.next_deadline() == AT + timedelta(hours=2)
    assert waits.due(AT + timedelta(hours=1)) == []
    assert [row["path"] for row in waits.due(AT + timedelta(hours=3))] == ["4", "1"]


async def test_a_wait_for_another_run_is_found_by_it_and_noticed_when_it_has_ended(
    store, waits, waiting_run, run_row, trigger_row
):
    await waiting_run.accept(run_row("run_2", state="running"), trigger_row("run_2"))
    await store.shared(open_wait(wait_row(kind="run", subject="run_2")))
    over = frozenset({"succeeded", "failed"})
    assert [row["id"] for row in waits.open_for("run_2")] == ["run_1/3"]
    assert waits.overtaken(over) == []
    await waiting_run.accept(run_row("run_3", state="failed"), trigger_row("run_3"))
    await store.shared(open_wait(wait_row("run_1/5", kind="run", subject="run_3")))
    assert [row["id"] for row in waits.overtaken(over)] == ["run_1/5"]
