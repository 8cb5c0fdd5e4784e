"""Runs that wait: answers, deadlines, cancels and children, and a process that dies at any moment between."""

from __future__ import annotations

import asyncio
import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from opsbook.runs.acceptance import Request
from opsbook.runs.engine import Elsewhere
from opsbook.runs.segment import OVER
from runs.conftest import House, house_of
from runs.test_steps import by_id, playbook

CHILD = "id: child_one\nname: Child\nagent: leo\nsteps:\n"
PARENT = """
  - {id: first, type: tool_call, tool: act, with: {name: first}}
  - {id: child, type: playbook, playbook: child_one, within: 10m, save_as: from_child%s}
  - {id: later, type: tool_call, tool: act, with: {name: later}}
"""


async def turn(house: House, run_id: str, rounds: int = 40, by: timedelta = timedelta(seconds=1)) -> dict:
    """Rounds of the clockwork until the run is over."""
    for _ in range(rounds):
        if house.operations.get(run_id)["state"] in OVER:
            break
        house.clock.forward(by)
        await house.clockwork.round(house.clock.now())
        for _ in range(300):  # three seconds at most, for a machine that has much else to do
            if not any(row["state"] in ("queued", "running") for row in house.records.runs.latest()):
                break
            await asyncio.sleep(0.01)
    return house.record(run_id)


async def test_a_cancel_that_comes_while_the_run_parks_is_heard(house: House) -> None:
    run_id = await house.start(playbook("  - {id: pause, type: wait, for: 2h}\n"))
    await house.ended(run_id)
    house.records.runs.request_stop(run_id)  # the other half of a cancel found no wait to end: it was not there yet
    record = await turn(house, run_id)
    assert record["state"] == "cancelled"


async def test_a_waiting_run_that_a_command_without_a_server_cancels_is_ended_by_the_next_one(
    tmp_path: Path, template: Path
) -> None:
    shutil.copy(template, tmp_path / "a.db")
    async with house_of(tmp_path / "a.db", "durable") as house:
        run_id = await house.start(
            playbook("  - {id: pause, type: wait, for: 2h}\n  - {id: no, type: tool_call, tool: act}\n")
        )
        await house.ended(run_id)
    async with house_of(tmp_path / "a.db", "memory") as command:
        command.operations.engine = Elsewhere()
        assert command.operations.cancel(run_id)
        assert command.operations.get(run_id)["state"] == "queued"
    async with house_of(tmp_path / "a.db", "durable") as house:
        record = await turn(house, run_id)
        assert (record["state"], house.steered.acted) == ("cancelled", [])


async def test_a_deadline_that_passed_while_nobody_was_there_ends_the_wait_at_the_next_start(
    tmp_path: Path, template: Path
) -> None:
    shutil.copy(template, tmp_path / "a.db")
    async with house_of(tmp_path / "a.db", "durable") as house:
        run_id = await house.start(
            playbook("  - {id: pause, type: wait, for: 2h}\n  - {id: go, type: tool_call, tool: act}\n")
        )
        await house.ended(run_id)
        clock = house.clock
    clock.forward(timedelta(hours=30))
    async with house_of(tmp_path / "a.db", "durable", clock) as house:
        record = await turn(house, run_id)
        assert (record["state"], len(house.steered.acted)) == ("succeeded", 1)


async def test_of_two_answers_the_first_counts(house: House) -> None:
    run_id = await house.start(
        playbook("  - {id: pause, type: wait, for: 2h}\n  - {id: go, type: tool_call, tool: act}\n")
    )
    await house.ended(run_id)
    (wait,) = house.records.waits.open_of(run_id)
    answers = await asyncio.gather(*(house.operations.answer(wait["id"], "expired", None) for _ in range(5)))
    assert sorted(answers) == [False, False, False, False, True]
    assert (await house.ended(run_id))["state"] == "succeeded"
    assert len(house.steered.acted) == 1


@pytest.mark.parametrize("on_error", ["", ", on_error: continue"])
async def test_a_child_that_fails_fails_its_step(house: House, on_error: str) -> None:
    house.publish(CHILD + '  - {id: wrong, type: assert, that: "1 > 2"}\n')
    run_id = await house.start(playbook(PARENT % on_error))
    record = await turn(house, run_id)
    assert (record["state"], len(house.steered.acted)) == (("partial", 2) if on_error else ("failed", 1))
    assert by_id(record)["child"]["error"]["class"] == "child_failed"
    assert record["results"].get("from_child", {}).get("status") == "unknown"


async def test_a_child_that_is_cancelled_fails_its_step(house: House) -> None:
    house.publish(CHILD + "  - {id: pause, type: wait, for: 2h}\n")
    run_id = await house.start(playbook(PARENT % ""))
    await turn(house, run_id, 3)
    (child,) = house.records.runs.latest(playbook_id="child_one")
    house.operations.cancel(child["id"])
    record = await turn(house, run_id)
    assert (record["state"], by_id(record)["child"]["error"]["class"]) == ("failed", "child_failed")


async def test_a_child_that_takes_too_long_fails_its_step_and_goes_on_by_itself(house: House) -> None:
    house.publish(CHILD + "  - {id: pause, type: wait, for: 20m}\n  - {id: go, type: tool_call, tool: act}\n")
    run_id = await house.start(playbook(PARENT % ""))
    record = await turn(house, run_id, 60, timedelta(seconds=30))
    assert (record["state"], by_id(record)["child"]["error"]["class"]) == ("failed", "timeout")
    (child,) = house.records.runs.latest(playbook_id="child_one")
    assert child["state"] == "waiting"
    assert (await turn(house, child["id"], 60, timedelta(seconds=30)))["state"] == "succeeded"
    assert house.record(run_id)["state"] == "failed"


async def test_a_child_that_is_disabled_fails_its_step_with_the_reason(house: House) -> None:
    house.publish(CHILD + "  - {id: go, type: tool_call, tool: act}\n")
    house.operations.enable("child_one", False)
    record = await turn(house, await house.start(playbook(PARENT % "")))
    assert (record["state"], record["error"]["class"]) == ("failed", "disabled")


async def test_playbooks_that_start_each_other_come_to_an_end(house: House) -> None:
    text = "id: %s\nname: Loop\nagent: leo\nsteps:\n  - {id: again, type: playbook, playbook: %s, within: 10m}\n"
    house.publish(text % ("ping_one", "pong_one"))
    house.publish(text % ("pong_one", "ping_one"))
    accepted = await house.operations.start(Request("ping_one"))
    record = await turn(house, accepted.run["id"], 60)
    assert record["state"] == "failed"
    assert len(house.records.runs.latest(limit=500)) <= 20
    assert "starts itself" in record["error"]["message"] or record["error"]["class"] == "child_failed"


async def test_the_time_parked_does_not_count_and_what_was_used_before_does(house: House) -> None:
    house.steered.failures["it"] = 99
    slow = (
        "{id: %s, type: tool_call, tool: ask, on_error: continue, retry: {max_attempts: 2, delay: 40s, jitter: false}}"
    )
    text = playbook(
        f"  - {slow % 'one'}\n  - {{id: pause, type: wait, for: 2h}}\n  - {slow % 'two'}\n", "policy: {timeout: 1m}\n"
    )
    run_id = await house.start(text)
    await house.ended(run_id)
    record = await turn(house, run_id, 5, timedelta(hours=1))
    assert [by_id(record)[name]["attempts"] for name in ("one", "two")] == [2, 1]
    assert record["state"] == "partial"


async def test_cleaning_up_may_wait_after_a_cancel(house: House) -> None:
    run_id = await house.start(
        playbook(
            """
  - {id: pause, type: wait, for: 2h}
  - {id: never, type: tool_call, tool: act}
finally:
  - {id: breathe, type: wait, for: 5s}
  - {id: clean, type: set, values: {cleaned: 1}}
"""
        )
    )
    await house.ended(run_id)
    house.operations.cancel(run_id)
    asked = house.clock.now()
    record = await turn(house, run_id)
    assert (record["state"], by_id(record)["clean"]["status"], house.steered.acted) == ("cancelled", "completed", [])
    assert house.clock.now() - asked >= timedelta(seconds=5)


async def test_a_wait_after_the_last_effect_survives_a_death_before_the_end_is_written(house: House) -> None:
    run_id = await house.start(
        playbook("""
  - {id: do_it, type: tool_call, tool: act}
  - {id: pause, type: wait, for: 5s}
  - {id: look, type: tool_call, tool: ask}
""")
    )
    await house.ended(run_id)
    broken = house.body.services.door.ledger.effects.give_up

    async def gone(*_: object, **__: object) -> None:
        raise asyncio.CancelledError

    house.body.services.door.ledger.effects.give_up = gone  # type: ignore[method-assign]
    house.clock.forward(timedelta(minutes=1))
    await house.clockwork.round(house.clock.now())
    await asyncio.sleep(0.05)
    house.body.services.door.ledger.effects.give_up = broken  # type: ignore[method-assign]
    assert house.operations.get(run_id)["state"] in ("queued", "running")
