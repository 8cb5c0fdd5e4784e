"""A peer really stops: it is found offline, people hear of it once, and once more when it is back."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

import peers
from opsbook.integrations.monitor import CONFIRM_SECONDS, LIMIT_SECONDS
from peers.mail import NAME as MAIL
from peers.slack import NAME as SLACK
from stories.stopping import Town, town

TEN = {"gmail", "calendar", "drive", "sheets", "hubspot", "mailjet", "blackleaf", "alleaves", "aeropay", "cannpay"}


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Town]:
    peers.wanted(SLACK)
    peers.wanted(MAIL)
    async with town(tmp_path) as made:
        yield made


async def test_a_peer_that_stops_is_told_once_and_told_again_when_it_is_back(here: Town) -> None:
    first = await here.hour()
    assert (first["state"], here.incidents(), await here.posts()) == ("succeeded", [], [])
    began = time.monotonic()
    answer, well = await here.probe()
    took = time.monotonic() - began
    assert (answer.code, set(well)) == (0, {*TEN, "slack", "smtp"})
    assert {item["status"] for item in well.values()} == {"online"}
    assert all(0 < item["latency_ms"] < 1000 * LIMIT_SECONDS for item in well.values())
    assert len({item["latency_ms"] for item in well.values()}) > 1  # measured, each for itself

    here.gmail.stop()
    began = time.monotonic()
    answer, seen = await here.probe()
    longer = time.monotonic() - began - took
    assert longer < 2 * LIMIT_SECONDS + CONFIRM_SECONDS
    assert (answer.code, seen["gmail"]["status"], offline(seen)) == (1, "offline", {"gmail": "network"})
    assert (seen["gmail"]["latency_ms"], seen["gmail"]["consecutive_failures"]) == (None, 1)

    told = await here.hour()
    assert told["state"] == "succeeded"
    (incident,) = here.incidents()
    assert (incident["dedup_key"], incident["status"]) == ("integration:gmail", "active")
    assert (incident["assignees"], "linus" in incident["agents"]) == (["owner"], True)
    assert "Linus: uptime " in incident["messages"][0]["body"]
    assert "Credentials: none missing, never refused" in incident["messages"][0]["body"]
    assert [artifact["type"] for artifact in incident["artifacts"]] == ["incident_report"]
    (post,) = await here.posts()
    assert "Offline: Gmail" in post
    assert here.mail.subjects() == ["Offline: Gmail"]

    second = await here.hour()
    assert second["state"] == "succeeded"
    (same,) = here.incidents()
    assert (same["id"], len(same["messages"])) == (incident["id"], 2)
    assert (await here.posts(), here.mail.subjects()) == ([post], ["Offline: Gmail"])
    assert [alert["state"] for alert in second["alerts"]] == ["open"]

    here.gmail.start()
    back = await here.hour()
    assert back["state"] == "succeeded"
    (over,) = here.incidents()
    assert (over["id"], over["status"]) == (incident["id"], "completed")
    assert "This thread was open for 2 h 0 min." in over["messages"][-1]["body"]
    assert [alert["state"] for alert in back["alerts"]] == ["closed"]
    said = [text for text in await here.posts() if text != post]
    assert said[0].startswith("*[HIGH] Integration Health Monitor: Over after")  # the severity is named once
    assert [text.count("Over after 120 min: Gmail is offline") for text in said] == [2]  # its subject and its text
    assert [subject.partition(": ")[2] for subject in here.mail.subjects()[1:]] == [
        "Over after 120 min: Gmail is offline"
    ]
    assert (await here.probe("gmail"))[1]["gmail"]["status"] == "online"


async def test_the_incident_stands_when_nobody_can_be_told_and_people_hear_of_it_as_soon_as_they_can(
    here: Town,
) -> None:
    for peer in (here.gmail, here.slack, here.mail):
        peer.stop()
    assert offline((await here.probe())[1]) == {"gmail": "network", "slack": "network", "smtp": "network"}
    silent = await here.hour()
    assert (silent["state"], silent["reason"]) == ("partial", "failed and gone on: alert_on_failure")
    (step,) = [one for one in silent["steps"] if one["id"] == "alert_on_failure"]
    assert (step["status"], step["error"]["class"]) == ("failed", "delivery_failed")
    assert [(one["channel"], one["state"]) for one in silent["effects"]] == [("slack", "failed"), ("email", "failed")]
    (incident,) = here.incidents()
    assert (incident["dedup_key"], incident["status"]) == ("integration:gmail", "active")
    assert "Linus: uptime " in incident["messages"][0]["body"]

    here.mail.start()
    assert (await here.hour())["state"] == "partial"  # Slack is still stopped
    assert here.mail.subjects() == ["Offline: Gmail"]

    here.slack.start()
    assert (await here.hour())["state"] == "succeeded"
    (missed,) = await here.posts()
    assert "Offline: Gmail" in missed
    assert here.mail.subjects() == ["Offline: Gmail"]
    assert [one["id"] for one in here.incidents()] == [incident["id"]]

    here.slack.stop()
    here.gmail.start()
    back = await here.hour()
    (over,) = here.incidents()
    assert (back["state"], over["id"], over["status"]) == ("succeeded", incident["id"], "completed")
    assert "Over after 180 min: Gmail is offline" in here.mail.subjects()[-1]
    ended = {alert["rule"]: alert["deliveries"] for alert in back["alerts"] if alert["state"] == "closed"}
    assert [(one["channel"], one["state"]) for one in ended["integration_offline"]] == [
        ("slack", "failed"),
        ("email", "done"),
    ]


def offline(found: dict[str, Any]) -> dict[str, str]:
    """The error class of each system that is not online."""
    return {key: item["error"]["class"] for key, item in found.items() if item["status"] != "online"}
