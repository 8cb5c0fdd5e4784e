"""An outage that lasts becomes more severe once, and what is planned work is neither opened nor closed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from opsbook.playbooks.model import Severity
from opsbook.sdk.errors import InvalidDefinition
from runs.conftest import House

RULE = """
id: watches_it
name: Watches it
agent: leo
steps:
  - {id: look, type: tool_call, tool: ask, save_as: found}
alerts:
  - id: offline
    expr: found.some(s => s.status === "offline")
    subjects: found.filter(s => s.status === "offline")
    mute: subject.maintenance
    key: "{{ subject.id }}"
    message: "{{ subject.id }} is offline"
    severity: high
    notify: [dashboard]
    remind_every: 4h
    escalate: {after: 6h, severity: critical}
"""


def it(status: str, *, maintenance: object = False) -> list[dict[str, Any]]:
    return [{"id": "it", "status": status, "maintenance": maintenance}]


async def hourly(house: House, *found: Any, text: str = RULE) -> list[list[str]]:
    """Run it once an hour; the states of the alert in each run."""
    states = []
    for answer in found:
        house.steered.answers["it"] = answer
        states.append([row["state"] for row in (await house.run(text))["alerts"]])
        house.clock.forward(timedelta(hours=1))
    return states


async def test_an_alert_that_lasts_is_escalated_once_and_stays_so_until_it_is_over(house: House) -> None:
    states = await hourly(house, *[it("offline")] * 12, it("online"))
    assert states == [
        ["opened"], ["open"], ["open"], ["open"], ["reminded"], ["open"], ["escalated"],
        ["open"], ["open"], ["open"], ["reminded"], ["open"], ["closed"],
    ]  # fmt: skip
    assert [(row["severity"], row["state"]) for row in house.alerts.latest()] == [("critical", "closed")]
    told = [row["title"] for row in reversed(house.notifications.latest())]
    assert told == [
        "[high] Watches it: it is offline",
        "[high] Watches it: Still: it is offline",
        "[critical] Watches it: For 360 min and more: it is offline",
        "[critical] Watches it: Still: it is offline",
        "[critical] Watches it: Over after 720 min: it is offline",
    ]


async def test_the_next_outage_begins_at_the_rules_own_severity(house: House) -> None:
    await hourly(house, *[it("offline")] * 7, it("online"), it("offline"))
    assert [row["severity"] for row in house.alerts.latest()] == ["high", "critical"]


async def test_who_is_not_to_be_told_of_it_is_not(house: House) -> None:
    quiet = RULE + "    tell: [closed]\n"
    assert (await hourly(house, *[it("offline")] * 7, text=quiet))[-1] == ["escalated"]
    assert house.notifications.latest() == []


async def test_planned_work_opens_nothing_and_leaves_open_what_was_there_before(house: House) -> None:
    planned = it("offline", maintenance=True)
    states = await hourly(house, planned, it("offline"), *[planned] * 8, it("online"))
    assert states == [["muted"], ["opened"], *[["muted"]] * 8, ["closed"]]
    assert len(house.notifications.latest()) == 2  # opened and closed; nothing while it was muted


async def test_work_that_nobody_can_say_is_planned_alarms(house: House) -> None:
    unknown = {"value": None, "status": "unknown", "reason": "nobody knows"}
    assert await hourly(house, it("offline", maintenance=unknown)) == [["opened"]]


async def test_a_rule_that_cannot_be_answered_is_not_escalated(house: House) -> None:
    assert (await hourly(house, *[...] * 12))[-1] == ["unknown", "open"]
    assert [row["severity"] for row in house.alerts.latest()] == ["high"]


@pytest.mark.parametrize("severity", ["high", "low"])
async def test_an_escalation_that_does_not_rise_is_refused(house: House, severity: str) -> None:
    with pytest.raises(InvalidDefinition) as caught:
        await house.run(RULE.replace("severity: critical}", f"severity: {severity}}}"))
    assert "more severe than the rule's own severity" in str(caught.value)


def test_severities_rise_in_their_order() -> None:
    assert [Severity.HIGH.above(one) for one in Severity] == [True, True, False, False]
