"""A run whose message is put off: it waits, its retries wait for what was asked, and its end leaves no doubt."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from opsbook.sdk.effects import Parcel, Receipt, Refused
from runs.conftest import AT, House, Mail, house_of
from runs.test_steps import by_id, playbook

TELL = """
  - {id: tell, type: notify, channels: [email], to: [owner], subject: Report, body: All is well.}
"""
PATIENT = """
  - id: tell
    type: notify
    channels: [email]
    to: [owner]
    subject: Report
    body: All is well.
    retry: {max_attempts: 3, delay: 1s, on: [delivery_failed]}
"""


@dataclass
class Later(Mail):
    """A provider that asks to come back after so many seconds, once for each."""

    later: list[float] = field(default_factory=list)

    async def send(self, parcel: Parcel) -> Receipt:
        if self.later:
            raise Refused("rate_limited", "Not now.", permanent=False, after_seconds=self.later.pop(0))
        return await super().send(parcel)


@pytest.fixture
def mail() -> Later:
    return Later()


@pytest.fixture(params=["memory", "durable"])
async def house(request: pytest.FixtureRequest, tmp_path: Path, template: Path, mail: Later) -> AsyncIterator[House]:
    shutil.copy(template, tmp_path / "opsbook.db")
    async with house_of(tmp_path / "opsbook.db", request.param, mail=mail) as opened:
        yield opened


async def test_a_step_waits_for_a_provider_that_asks_for_a_little_time(house: House, mail: Later) -> None:
    mail.later = [20, 15]
    run = await house.run(playbook(TELL))
    (effect,) = run["effects"]
    assert (run["state"], effect["state"], effect["attempts"], effect["not_before"]) == ("succeeded", "done", 3, None)
    assert (len(mail.arrived), house.clock.now() - AT) == (1, timedelta(seconds=35))


async def test_for_more_time_the_steps_own_retries_wait_as_long_as_was_asked(house: House, mail: Later) -> None:
    mail.later = [400]
    run = await house.run(playbook(PATIENT))
    assert (run["state"], by_id(run)["tell"]["attempts"]) == ("succeeded", 2)
    assert (len(mail.arrived), house.clock.now() - AT) == (1, timedelta(seconds=400))


async def test_without_retries_the_step_fails_and_the_record_says_from_when_on_it_may_be_tried(
    house: House, mail: Later
) -> None:
    mail.later = [3600]
    run = await house.run(playbook(TELL))
    (effect,) = run["effects"]
    assert (run["state"], run["error"]["class"], effect["state"]) == ("failed", "delivery_failed", "failed")
    assert effect["not_before"] == (AT + timedelta(hours=1)).isoformat()
    house.clock.forward(timedelta(hours=1))
    await house.operations.retry(run["id"])
    assert (await house.ended(run["id"]))["state"] == "succeeded"
    assert len(mail.arrived) == 1


async def test_an_attempt_that_comes_too_early_does_not_ask_the_provider(house: House, mail: Later) -> None:
    mail.later = [3600, 3600]
    run = await house.run(playbook(TELL))
    await house.operations.retry(run["id"])
    assert (await house.ended(run["id"]))["state"] == "failed"
    assert mail.later == [3600]  # asked once


async def test_a_run_that_ends_while_it_waits_leaves_no_doubt_about_what_was_not_sent(
    house: House, mail: Later
) -> None:
    mail.later = [60]
    house.body.services.door.ledger.sleep = asyncio.sleep
    run = await house.run(playbook(TELL.replace("id: tell,", "id: tell, timeout: 1s,")))
    (effect,) = run["effects"]
    assert (run["state"], run["error"]["class"], mail.arrived) == ("failed", "timeout", [])
    assert (effect["state"], effect["error"]["code"]) == ("failed", "rate_limited")
