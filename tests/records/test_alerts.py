"""One open alert for each key, counted once a run, free again when it is closed."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from opsbook.records.alerts import Alerts

AT = datetime(2026, 11, 24, 14, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def alerts(store):
    return Alerts(store)


def alert(alert_id: str = "alert_1", run_id: str = "run_1", **more):
    return {
        "id": alert_id,
        "open_key": "mailjet offline",
        "playbook_id": "ops_monitor",
        "rule_id": "offline",
        "subject": "mailjet",
        "severity": "high",
        "message": "Mailjet is offline.",
        "run_id": run_id,
        **more,
    }


async def test_ten_runs_that_see_the_same_thing_at_once_open_one_alert(alerts):
    seen = await asyncio.gather(*(alerts.see(alert(f"alert_{i}", f"run_{i}"), AT) for i in range(10)))
    assert sum(opened for _, opened in seen) == 1
    (row,) = alerts.latest(state="open")
    assert row["times_seen"] == 10


async def test_the_same_run_seeing_it_again_counts_once_and_gets_its_first_answer(alerts):
    first, opened = await alerts.see(alert(), AT)
    again, opened_again = await alerts.see(alert("alert_2"), AT + HOUR)
    assert (opened, opened_again, again["id"], again["times_seen"]) == (True, True, first["id"], 1)


async def test_a_later_run_updates_what_is_said_and_how_severe_it_is(alerts):
    await alerts.see(alert(), AT)
    row, opened = await alerts.see(alert("alert_2", "run_2", severity="critical", message="Still down."), AT + HOUR)
    assert (opened, row["id"], row["severity"], row["opened_at"]) == (False, "alert_1", "critical", AT)
    (stored,) = alerts.open_of("ops_monitor", "offline")
    assert (stored["message"], stored["last_seen_at"]) == ("Still down.", AT + HOUR)


async def test_closing_frees_the_key_and_closing_again_changes_nothing(alerts):
    await alerts.see(alert(), AT)
    await alerts.close("alert_1", "run_2", AT + HOUR)
    await alerts.close("alert_1", "run_3", AT + 2 * HOUR)
    (closed,) = alerts.closed_by("run_2")
    assert (closed["state"], closed["closed_at"]) == ("closed", AT + HOUR)
    _, opened = await alerts.see(alert("alert_2", "run_4"), AT + 3 * HOUR)
    assert opened
    assert [row["id"] for row in alerts.latest()] == ["alert_2", "alert_1"]


async def test_a_reminder_leaves_its_time(alerts):
    await alerts.see(alert(), AT)
    await alerts.reminded("alert_1", AT + 6 * HOUR)
    assert alerts.open_of("ops_monitor")[0]["reminded_at"] == AT + 6 * HOUR
