"""A run from acceptance to record: failures, retries, limits, verdicts, alerts, dry runs; on both engines."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from opsbook.runs.acceptance import Request
from opsbook.sdk.errors import Conflict, InvalidInput, NotAllowed, NotFound
from runs.conftest import House
from runs.test_steps import by_id, playbook


async def test_a_failed_step_ends_the_run_and_the_rest_is_not_taken(house: House) -> None:
    record = await house.run(
        playbook("""
  - {id: wrong, type: assert, that: "1 > 2", message: "One is not more than two."}
  - {id: later, type: set, values: {a: 1}}
""")
    )
    assert (record["state"], record["success"], set(by_id(record))) == ("failed", False, {"wrong"})
    assert record["error"]["message"] == "One is not more than two."
    assert record["error"]["step"] == "wrong"


async def test_on_error_continue_goes_on_and_the_run_is_partial(house: House) -> None:
    record = await house.run(
        playbook("""
  - {id: wrong, type: assert, that: "1 > 2", on_error: continue}
  - {id: later, type: set, values: {a: 1}}
""")
    )
    assert (record["state"], by_id(record)["later"]["status"]) == ("partial", "completed")
    assert "wrong" in record["reason"]


async def test_on_error_steps_take_over(house: House) -> None:
    record = await house.run(
        playbook("""
  - id: wrong
    type: assert
    that: "1 > 2"
    on_error: {steps: [{id: mend, type: set, values: {mended: 1}}]}
  - {id: later, type: set, values: {a: 1}}
""")
    )
    assert set(by_id(record)) == {"wrong", "mend", "later"}
    assert record["state"] == "partial"


async def test_finally_runs_after_a_failure_too(house: House) -> None:
    record = await house.run(
        playbook(
            """
  - {id: wrong, type: assert, that: "1 > 2"}
finally:
  - {id: clean, type: tool_call, tool: act}
"""
        )
    )
    assert (record["state"], by_id(record)["clean"]["status"]) == ("failed", "completed")


async def test_a_step_is_retried_as_often_as_it_says(house: House) -> None:
    house.steered.failures["it"] = 2
    began = house.clock.now()
    record = await house.run(
        playbook("""
  - {id: try_it, type: tool_call, tool: ask, retry: {max_attempts: 3, delay: 2s, jitter: false, on: [busy]}}
""")
    )
    assert (record["state"], by_id(record)["try_it"]["attempts"]) == ("succeeded", 3)
    assert house.clock.now() - began == timedelta(seconds=2 + 4)


async def test_an_error_that_the_retry_does_not_name_is_not_retried(house: House) -> None:
    house.steered.failures["it"] = 2
    record = await house.run(
        playbook("""
  - {id: try_it, type: tool_call, tool: ask, retry: {max_attempts: 3, on: [timeout]}}
""")
    )
    assert (record["state"], by_id(record)["try_it"]["attempts"]) == ("failed", 1)


async def test_a_value_that_no_record_can_hold_fails_its_step(house: House) -> None:
    house.steered.answers["it"] = float("nan")
    record = await house.run(playbook("  - {id: bad, type: tool_call, tool: ask}\n"))
    assert (record["state"], record["error"]["class"]) == ("failed", "bad_value")


async def test_a_step_that_takes_too_long_is_a_timeout(house: House) -> None:
    house.steered.held = asyncio.Event()
    record = await house.run(
        playbook("  - {id: slow, type: tool_call, tool: ask, with: {hold: true}, timeout: 50ms}\n")
    )
    assert (record["state"], record["error"]["class"]) == ("failed", "timeout")


async def test_a_run_that_takes_too_long_is_timed_out_and_finally_still_runs(house: House) -> None:
    house.steered.failures["it"] = 9
    record = await house.run(
        playbook(
            """
  - id: try_it
    type: tool_call
    tool: ask
    on_error: continue
    retry: {max_attempts: 3, backoff: constant, delay: 20s, max_delay: 20s, jitter: false}
  - id: again
    type: tool_call
    tool: ask
    on_error: continue
    retry: {max_attempts: 3, backoff: constant, delay: 25s, jitter: false}
  - {id: never, type: set, values: {a: 1}}
finally:
  - {id: clean, type: set, values: {cleaned: 1}}
""",
            "policy: {timeout: 1m}\n",
        )
    )
    assert record["state"] == "timed_out" or by_id(record)["again"]["attempts"] == 1
    assert "clean" in by_id(record)


async def test_a_cancelled_run_stops_before_its_next_step_and_cleans_up(house: House) -> None:
    house.steered.held = asyncio.Event()
    run_id = await house.start(
        playbook(
            """
  - {id: slow, type: tool_call, tool: ask, with: {hold: true}}
  - {id: never, type: tool_call, tool: act}
finally:
  - {id: clean, type: set, values: {cleaned: 1}}
"""
        )
    )
    await house.steered.asked.wait()
    assert house.operations.cancel(run_id)
    house.steered.held.set()
    record = await house.ended(run_id)
    assert (record["state"], set(by_id(record))) == ("cancelled", {"slow", "clean"})
    assert house.steered.acted == []
    assert house.operations.cancel(run_id) is False


CRITERIA = """
success:
  - {id: enough, expr: "found >= 10", warn: "found >= 5 && found < 10"}
alerts:
  - {id: too_few, expr: "found < 5", severity: high, key: few, message: "Only {{ found }}.", notify: [dashboard]}
"""


@pytest.mark.parametrize(("found", "verdict"), [(12, "met"), (7, "warn"), (3, "not_met"), (..., "unknown")])
async def test_the_verdict_follows_the_criteria_and_a_breach_is_no_failure(
    house: House, found: object, verdict: str
) -> None:
    house.steered.answers["it"] = found
    record = await house.run(playbook("  - {id: look, type: tool_call, tool: ask, save_as: found}\n" + CRITERIA))
    assert (record["state"], record["verdict"]) == ("succeeded", verdict)
    assert [alert["state"] for alert in record["alerts"]] == (
        ["opened"] if verdict == "not_met" else ["unknown"] if verdict == "unknown" else []
    )


async def test_an_alert_is_told_once_reminded_later_and_closed_when_it_is_over(house: House) -> None:
    text = playbook("  - {id: look, type: tool_call, tool: ask, save_as: found}\n" + CRITERIA)
    told = []
    for found, hours in ((3, 1), (3, 1), (3, 6), (12, 1), (12, 1)):
        house.steered.answers["it"] = found
        record = await house.run(text)
        told.append([(alert["state"], len(alert["deliveries"])) for alert in record["alerts"]])
        house.clock.forward(timedelta(hours=hours))
    assert told == [[("opened", 1)], [("open", 0)], [("open", 0)], [("closed", 1)], []]
    house.steered.answers["it"] = 3
    reopened = await house.run(text)
    assert reopened["alerts"][0]["state"] == "opened"


async def test_what_cannot_be_measured_three_times_in_a_row_is_an_alert(house: House) -> None:
    house.steered.answers["it"] = ...
    text = playbook("  - {id: look, type: tool_call, tool: ask, save_as: found}\n" + CRITERIA)
    states = []
    for _ in range(4):
        states.append([alert["state"] for alert in (await house.run(text))["alerts"]])
        house.clock.forward(timedelta(minutes=1))
    assert states == [["unknown"], ["unknown"], ["unknown", "opened"], ["unknown", "open"]]
    house.steered.answers["it"] = 12
    assert [alert["state"] for alert in (await house.run(text))["alerts"]] == ["closed"]


async def test_a_dry_run_reads_and_does_nothing_else(house: House) -> None:
    house.steered.answers["it"] = 3
    record = await house.run(
        playbook(
            """
  - {id: look, type: tool_call, tool: ask, save_as: found}
  - {id: do_it, type: tool_call, tool: act, save_as: done}
  - {id: tell, type: notify, channels: [dashboard, email], to: [owner], subject: Report, body: Words}
  - {id: open, type: create_thread, thread_type: general, title: Words, assign_to: [owner]}
"""
            + CRITERIA
        ),
        dry_run=True,
    )
    assert record["state"] == "succeeded"
    assert house.steered.calls == ["it"]
    assert (house.steered.acted, house.mail.arrived, record["effects"]) == ([], [], [])
    assert house.threads.latest() == []
    assert house.notifications.latest() == []
    assert house.alerts.latest() == []
    assert record["results"]["done"] == {"would_do": "it", "dry_run": True}
    assert {row["state"] for row in by_id(record)["tell"]["deliveries"]} == {"would_send"}
    assert record["alerts"][0]["state"] == "fired"


async def test_a_key_starts_one_run_for_ever(house: House) -> None:
    house.publish(playbook("  - {id: look, type: tool_call, tool: ask}\n"))
    request = Request("sample_playbook", dedup_key="slot:1")
    first = await asyncio.gather(*(house.operations.start(request) for _ in range(50)))
    assert len({accepted.run["id"] for accepted in first}) == 1
    assert sum(accepted.fresh for accepted in first) == 1
    await house.ended(str(first[0].run["id"]))
    again = await house.operations.start(request)
    assert (again.fresh, again.run["state"]) == (False, "succeeded")
    with pytest.raises(Conflict):
        await house.operations.start(Request("sample_playbook", dedup_key="slot:1", dry_run=True))
    assert house.steered.calls == ["it"]


async def test_what_cannot_start_says_why(house: House) -> None:
    with pytest.raises(NotFound):
        await house.operations.start(Request("nowhere"))
    house.publish(playbook("  - {id: a, type: set, values: {a: 1}}\n", "inputs: {n: {type: number, required: true}}\n"))
    for inputs, field in (({}, "n"), ({"n": "x"}, "n"), ({"n": True}, "n"), ({"n": 1, "m": 2}, "m")):
        with pytest.raises(InvalidInput) as caught:
            await house.operations.start(Request("sample_playbook", inputs=inputs))
        assert caught.value.field == field
    house.operations.enable("sample_playbook", False)
    with pytest.raises(NotAllowed):
        await house.operations.start(Request("sample_playbook", inputs={"n": 1}))


async def test_a_run_in_flight_keeps_the_version_it_began_with(house: House) -> None:
    house.steered.held = asyncio.Event()
    steps = (
        "  - {id: look, type: tool_call, tool: ask, with: {hold: true}}\n  - {id: say, type: set, values: {a: %s}}\n"
    )
    run_id = await house.start(playbook(steps % "old"))
    await house.steered.asked.wait()
    house.publish(playbook(steps % "new"))
    house.steered.held.set()
    record = await house.ended(run_id)
    assert (record["version"], by_id(record)["say"]["output"]) == (1, {"a": "old"})
    newer = await house.run(playbook(steps % "new"))
    assert (newer["version"], by_id(newer)["say"]["output"]) == (2, {"a": "new"})
