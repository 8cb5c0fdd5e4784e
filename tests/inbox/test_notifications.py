"""The dashboard's connector: once for each effect, read by whose it is."""

from __future__ import annotations

import pytest

from opsbook.effects.ledger import Effect, Ledger
from opsbook.inbox.notifications import Notifications
from opsbook.records.effects import Effects
from opsbook.records.runs import Runs
from opsbook.sdk.effects import Parcel


@pytest.fixture
def notifications(store, clock, ids):
    return Notifications(store, clock, ids)


def parcel(key: str = "k1", to: str = "ops") -> Parcel:
    return Parcel(key, to, "All well", "Nothing to do.", severity="low", dedup_key="daily")


async def test_the_same_effect_again_changes_nothing(notifications):
    first, again = await notifications.send(parcel()), await notifications.send(parcel())
    assert first == again == await notifications.find("k1")
    (row,) = notifications.latest()
    assert (row["person"], row["title"], row["severity"], row["dedup_key"]) == ("ops", "All well", "low", "daily")
    assert await notifications.find("k2") is None


async def test_each_person_sees_their_own_and_those_for_everybody(notifications, clock):
    await notifications.send(parcel("k1", "ops"))
    await notifications.send(parcel("k2", "owner"))
    await notifications.send(parcel("k3", "*"))
    assert {row["effect_key"] for row in notifications.latest("ops")} == {"k1", "k3"}
    assert (notifications.unread("ops"), notifications.unread("owner"), notifications.unread("nobody")) == (2, 2, 1)


async def test_only_its_person_can_read_it_and_only_once(notifications):
    receipt = await notifications.send(parcel())
    assert not notifications.read(receipt.provider_id, "owner")
    assert notifications.read(receipt.provider_id, "ops")
    assert not notifications.read(receipt.provider_id, "ops")
    assert notifications.unread("ops") == 0
    assert notifications.latest("ops", unread=True) == []
    assert len(notifications.latest("ops")) == 1


async def test_a_notification_says_which_run_and_step_it_came_from(notifications, store, clock, run_row):
    await Runs(store).accept(*run_row("run_1", "ops_daily"))

    async def sleep(seconds: float) -> None:
        raise AssertionError("nothing waits here")

    ledger = Ledger(Effects(store), clock, sleep)
    row = await ledger.carry_out(Effect("run_1", "3.tell", "dashboard:ops", parcel()), notifications, None)
    assert row["state"] == "done"
    (shown,) = notifications.latest("ops")
    assert shown["source"] == {"playbook_id": "ops_daily", "run_id": "run_1", "path": "3.tell"}
