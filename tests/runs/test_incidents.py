"""One outage is one thread: later runs append to it, and the recovery closes it and says how long it lasted."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from runs.conftest import House

MONITOR = """
id: watches_it
name: Watches it
agent: leo
steps:
  - {id: look, type: tool_call, tool: ask, save_as: found}
  - {id: decide, type: condition, if: 'found === "offline"', sets: down}
  - id: open
    type: create_thread
    when: down
    thread_type: incident
    title: It is offline
    body: It did not answer.
    assign_to: [owner]
    dedup_key: incident:it
alerts:
  - id: offline
    expr: found === "offline"
    key: it
    message: It is offline
    thread: "incident:it"
    notify: [dashboard]
"""


async def watched(house: House, *found: str) -> list[dict[str, Any]]:
    """Run the monitor once an hour; what it finds each time. Answers the threads, newest first."""
    for status in found:
        house.steered.answers["it"] = status
        assert (await house.run(MONITOR))["state"] == "succeeded"
        house.clock.forward(timedelta(hours=1))
    return [house.threads.get(row["id"]) for row in house.threads.latest()]


async def test_an_outage_of_many_hours_is_one_thread_with_a_message_each(house: House) -> None:
    (thread,) = await watched(house, "offline", "offline", "offline")
    assert (thread["status"], len(thread["messages"])) == ("active", 3)


async def test_the_recovery_closes_the_thread_and_says_how_long_it_was(house: House) -> None:
    (thread,) = await watched(house, "offline", "offline", "online", "online")
    assert thread["status"] == "completed"
    assert thread["messages"][-1]["body"].startswith("It is over: It is offline.")
    assert "2 h 0 min" in thread["messages"][-1]["body"]
    assert len(thread["messages"]) == 3
    assert [row["state"] for row in house.alerts.latest()] == ["closed"]
    assert [row["title"] for row in house.notifications.latest()] == [
        "[normal] Watches it: Over after 120 min: It is offline",
        "[normal] Watches it: It is offline",
    ]


async def test_the_next_outage_is_a_thread_of_its_own(house: House) -> None:
    newest, oldest = await watched(house, "offline", "online", "offline")
    assert (newest["status"], oldest["status"]) == ("active", "completed")


async def test_what_cannot_be_measured_closes_nothing(house: House) -> None:
    house.steered.answers["it"] = "offline"
    await house.run(MONITOR)
    house.steered.answers["it"] = ...
    assert (await house.run(MONITOR))["state"] == "partial"
    (thread,) = house.threads.latest()
    assert thread["status"] == "active"
    assert [row["state"] for row in house.alerts.latest()] == ["open"]


@pytest.mark.parametrize("watchers", [(), ("nobody_there",)])
async def test_an_alert_opens_and_closes_with_its_thread_where_there_is_nobody_to_tell(
    house: House, watchers: tuple[str, ...]
) -> None:
    house.body.services.alerting.watchers = watchers
    (thread,) = await watched(house, "offline", "online")
    assert thread["status"] == "completed"
    assert [row["state"] for row in house.alerts.latest()] == ["closed"]


async def test_what_could_not_be_told_says_so_on_the_run(house: House) -> None:
    house.body.services.alerting.watchers = ("nobody_there",)
    house.steered.answers["it"] = "offline"
    run = await house.run(MONITOR)
    (alert,) = run["alerts"]
    assert (run["state"], alert["state"], alert["deliveries"][0]["error"]) == ("succeeded", "opened", "unknown_person")
