"""Failures, retries and limits in each other's way: what a run's state and reason say, and what is not sent again."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from opsbook.runs.engine import SegmentId
from opsbook.runs.memory import MemoryEngine
from opsbook.sdk.effects import Lost, Parcel, Receipt, Refused
from runs.conftest import House, Mail, house_of
from runs.test_steps import by_id, playbook

TELL = "{id: tell, type: notify, channels: [email], to: [owner], subject: Report, body: Words%s}"


async def test_the_error_of_a_run_is_that_of_the_step_that_ended_it(house: House) -> None:
    record = await house.run(
        playbook("""
  - {id: minor, type: assert, that: "1 > 2", message: Minor., on_error: continue}
  - {id: major, type: assert, that: "1 > 2", message: Major.}
""")
    )
    assert (record["state"], record["error"]["step"], record["error"]["message"]) == ("failed", "major", "Major.")
    assert record["reason"] == "major failed"


@pytest.mark.parametrize("on_error", ["continue", "{steps: [{id: mend, type: set, values: {mended: 1}}]}"])
async def test_on_error_of_a_condition_covers_what_stands_in_its_blocks(house: House, on_error: str) -> None:
    record = await house.run(
        playbook(f"""
  - id: look
    type: condition
    if: "1 > 0"
    then:
      - {{id: wrong, type: assert, that: "1 > 2"}}
      - {{id: not_taken, type: tool_call, tool: act}}
    on_error: {on_error}
  - {{id: later, type: tool_call, tool: ask}}
""")
    )
    assert (record["state"], by_id(record)["later"]["status"]) == ("partial", "completed")
    assert house.steered.acted == []
    assert ("mend" in by_id(record)) is ("mend" in on_error)


async def test_what_mends_may_fail_too_and_that_ends_the_run(house: House) -> None:
    record = await house.run(
        playbook(
            """
  - id: wrong
    type: assert
    that: "1 > 2"
    on_error: {steps: [{id: mend, type: assert, that: "1 > 3", message: Not mended.}]}
  - {id: never, type: tool_call, tool: act}
finally:
  - {id: clean, type: set, values: {cleaned: 1}}
"""
        )
    )
    assert (record["state"], record["error"]["step"]) == ("failed", "mend")
    assert set(by_id(record)) == {"wrong", "mend", "clean"}


async def test_cleaning_up_that_fails_after_all_went_well_fails_the_run(house: House) -> None:
    record = await house.run(
        playbook(
            """
  - {id: good, type: tool_call, tool: act}
finally:
  - {id: clean, type: assert, that: "1 > 2"}
"""
        )
    )
    assert (record["state"], record["error"]["step"]) == ("failed", "clean")


async def test_cleaning_up_that_fails_does_not_hide_what_failed_before(house: House) -> None:
    record = await house.run(
        playbook(
            """
  - {id: wrong, type: assert, that: "1 > 2"}
finally:
  - {id: clean, type: assert, that: "1 > 2"}
"""
        )
    )
    assert (record["state"], record["error"]["step"]) == ("failed", "wrong")


@pytest.mark.parametrize("more", ["", ", on_error: continue", ", timeout: 30s"])
@pytest.mark.parametrize("then", ["", "  - {id: never, type: tool_call, tool: act}\n"])
async def test_a_run_whose_time_is_up_in_the_middle_of_a_step_is_timed_out(house: House, more: str, then: str) -> None:
    house.steered.held = asyncio.Event()
    record = await house.run(
        playbook(
            f"""
  - {{id: quick, type: tool_call, tool: ask}}
  - {{id: slow, type: tool_call, tool: ask, with: {{hold: true}}{more}}}
{then}finally:
  - {{id: clean, type: set, values: {{cleaned: 1}}}}
""",
            "policy: {timeout: 60ms}\n",
        )
    )
    assert record["state"] == "timed_out"
    assert set(by_id(record)) == {"quick", "slow", "clean"}
    assert house.steered.acted == []


async def test_a_run_whose_time_is_up_in_the_middle_of_an_effect_is_timed_out(house: House) -> None:
    house.steered.held = asyncio.Event()
    record = await house.run(
        playbook(
            """
  - {id: slow, type: delegate, to: linus, task: Look., tools: [{tool: ask, with: {hold: true}}]}
  - {id: never, type: tool_call, tool: act}
""",
            "policy: {timeout: 60ms}\n",
        )
    )
    assert (record["state"], set(by_id(record))) == ("timed_out", {"slow"})


@dataclass
class Slow(Mail):
    """Mail that goes out at once and answers never, or refuses for now as often as it should."""

    hangs: int = 0
    busy: int = 0
    hung: asyncio.Event = field(default_factory=asyncio.Event)

    async def send(self, parcel: Parcel) -> Receipt:
        if self.busy > 0:
            self.busy -= 1
            raise Refused("451", "Come later.", permanent=False)
        self.arrived.append(parcel)
        if self.hangs > 0:
            self.hangs -= 1
            self.hung.set()
            await asyncio.Event().wait()
        if self.fault == "lost":
            raise Lost("The connection broke.")
        return Receipt("taken")


RETRY = ", timeout: 1s, retry: {max_attempts: 3, delay: 1s, jitter: false, on: [timeout, delivery_failed]}"


@pytest.mark.parametrize("more", [", timeout: 1s", RETRY])
async def test_a_time_limit_in_the_middle_of_a_send_makes_it_uncertain_and_nothing_is_sent_again(
    tmp_path, template, more: str
) -> None:
    mail = Slow(hangs=1)
    async with house_of(tmp_path / "a.db", mail=mail) as house:
        record = await house.run(playbook(f"  - {TELL % more}\n"))
        assert [effect["state"] for effect in record["effects"]] == ["uncertain"]
        assert record["state"] in ("failed", "partial")
        assert len(mail.arrived) == 1


async def test_what_was_refused_for_now_is_tried_again_as_the_step_says(tmp_path) -> None:
    mail = Slow(busy=2)
    async with house_of(tmp_path / "a.db", mail=mail) as house:
        record = await house.run(playbook(f"  - {TELL % RETRY}\n"))
        assert (record["state"], len(mail.arrived)) == ("succeeded", 1)
        assert [(effect["state"], effect["attempts"]) for effect in record["effects"]] == [("done", 3)]


async def test_what_nobody_can_vouch_for_is_not_tried_again(tmp_path) -> None:
    mail = Slow(fault="lost")
    async with house_of(tmp_path / "a.db", mail=mail) as house:
        record = await house.run(playbook(f"  - {TELL % RETRY}\n"))
        assert (record["state"], len(mail.arrived)) == ("partial", 1)


async def test_a_run_that_is_cancelled_in_the_middle_of_a_retry_stops_and_sends_nothing(tmp_path) -> None:
    mail = Slow(busy=99)
    async with house_of(tmp_path / "a.db", mail=mail) as house:
        run_id = await house.start(playbook(f"  - {TELL % RETRY}\n  - {{id: never, type: tool_call, tool: act}}\n"))
        house.operations.cancel(run_id)
        record = await house.ended(run_id)
        assert (record["state"], mail.arrived, house.steered.acted) == ("cancelled", [], [])


class Breaking(Slow):
    """Mail that goes out, on an engine that breaks before anybody hears of it."""

    async def send(self, parcel: Parcel) -> Receipt:
        self.arrived.append(parcel)
        raise Gone


class Gone(BaseException):
    """What no step may catch."""


class Brittle(MemoryEngine):
    """Its checkpoints break with what broke in them."""

    async def submit(self, segment: SegmentId) -> None:
        assert self.body is not None
        await self.body.segment(_Brittle(), segment)  # type: ignore[arg-type]


class _Brittle:
    async def checkpoint(self, name: str, work: Any) -> Any:
        try:
            return await work()
        except Gone as error:
            raise RuntimeError("the engine broke") from error


async def test_an_effect_that_a_broken_run_had_begun_is_uncertain(tmp_path: Path) -> None:
    mail = Breaking()
    async with house_of(tmp_path / "a.db", mail=mail) as house:
        engine = Brittle()
        await engine.launch(house.body)
        house.operations.engine = engine
        run_id = await house.start(playbook(f"  - {TELL % ''}\n"))
        record = house.record(run_id)
        assert (record["state"], [effect["state"] for effect in record["effects"]]) == ("failed", ["uncertain"])
