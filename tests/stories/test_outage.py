"""One outage from beginning to end, on real servers: one incident, told once, and closed when it is over."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from opsbook.app import App, open_app, the_world
from opsbook.cli.demo.company import OFFLINE
from opsbook.cli.demo.story import publish, run_one
from opsbook.cli.demo.world import Systems, sample_systems, settings_for
from opsbook.settings import MaintenanceSettings, Settings

BEGAN = datetime(2026, 3, 10, 14, 0, 7, tzinfo=UTC)
HOUR = timedelta(hours=1)
MONITOR, DAILY = "ops_integration_monitor", "ops_daily_health_check"


class Moved:
    """The machine's clock, moved on by whole hours."""

    def __init__(self) -> None:
        self.began = time.monotonic()
        self.moved = timedelta()

    def now(self) -> datetime:
        return BEGAN + self.moved + timedelta(seconds=time.monotonic() - self.began)

    def monotonic(self) -> float:
        return time.monotonic() + self.moved.total_seconds()


@dataclass
class Told:
    """What is left after one hour."""

    state: str
    alerts: list[tuple[str, str]]
    status: Mapping[str, Any]
    threads: list[dict[str, Any]]
    subjects: list[str]
    posts: list[str]


@dataclass
class Watch:
    """The sample platform's monitor, hour by hour."""

    app: App
    systems: Systems
    clock: Moved
    seen: dict[str, int] = field(default_factory=lambda: {"letters": 0, "posts": 0})

    async def hour(self, *, down: bool, playbook: str = MONITOR) -> Told:
        self.systems.endpoints.down = frozenset({OFFLINE} if down else ())
        record = await run_one(self.app, playbook, self.clock.now(), quiet=True)
        found = record["results"]["integration_status" if playbook == MONITOR else "health_status"]
        items = found if playbook == MONITOR else found["integrations"]
        letters, posts = self.systems.mailbox.letters, self.systems.endpoints.posts
        told = Told(
            record["state"],
            [(row["rule"], row["state"]) for row in record["alerts"]],
            next(item for item in items if item["id"] == OFFLINE),
            [self.app.threads.get(row["id"]) for row in self.app.threads.latest(thread_type="incident")],
            [one.subject for one in letters[self.seen["letters"] :]],
            [str(one.get("text")) for one in posts[self.seen["posts"] :]],
        )
        self.seen = {"letters": len(letters), "posts": len(posts)}
        self.clock.moved += HOUR
        return told


async def briefly(seconds: float) -> None:
    await asyncio.sleep(min(seconds, 0.01))


async def outage(home: Path, settled: Settings | None = None) -> list[Told]:
    """Up, down, down (the daily check sees it too), up, up, and the daily check again."""
    clock = Moved()
    async with sample_systems(home, 5) as systems:
        settings = settings_for(home, systems)
        if settled is not None:
            settings = settings.model_copy(update={"maintenance": settled.maintenance})
        world = the_world(settings, clock=clock, sleep=briefly, environment={})
        async with open_app(settings, world) as app:
            publish(app)
            async with app.working():
                watch = Watch(app, systems, clock)
                return [
                    await watch.hour(down=down, playbook=playbook)
                    for down, playbook in (
                        (False, MONITOR),
                        (True, MONITOR),
                        (True, DAILY),
                        (True, MONITOR),
                        (False, MONITOR),
                        (False, DAILY),
                        (False, MONITOR),
                    )
                ]


@pytest.fixture(scope="module")
def hours(tmp_path_factory: pytest.TempPathFactory) -> list[Told]:
    return asyncio.run(outage(tmp_path_factory.mktemp("outage")))


def about_offline(texts: list[str]) -> list[str]:
    return [text for text in texts if "offline" in text.lower()]


def test_every_run_does_its_job(hours: list[Told]) -> None:
    assert {told.state for told in hours} == {"succeeded"}


def test_while_it_answers_there_is_no_incident(hours: list[Told]) -> None:
    assert (hours[0].status["status"], hours[0].threads, hours[0].subjects, hours[0].posts) == ("online", [], [], [])


def test_when_it_stops_an_incident_is_opened_and_people_are_told_by_mail_and_on_slack(hours: list[Told]) -> None:
    told = hours[1]
    assert (told.status["status"], told.status["error"]["class"]) == ("offline", "server")
    (thread,) = told.threads
    assert (thread["dedup_key"], thread["status"], thread["assignees"]) == (
        f"integration:{OFFLINE}",
        "active",
        ["owner"],
    )
    assert [subject for subject in told.subjects if subject.startswith("Offline: ")]
    assert any("Offline" in post for post in told.posts)


def test_the_first_message_says_what_the_investigation_found(hours: list[Told]) -> None:
    (thread,) = hours[1].threads
    body = thread["messages"][0]["body"]
    for found in ("Linus: uptime 50% over 24 hours and 2 probes", "Credentials: none missing, never refused"):
        assert found in body
    assert [artifact["title"].split(",")[0] for artifact in thread["artifacts"]] == ["Incident report"]


def test_the_second_hour_and_the_other_playbook_add_no_second_thread_and_no_second_mail(hours: list[Told]) -> None:
    daily, second = hours[2], hours[3]
    assert ("integration_offline", "opened") in daily.alerts
    assert [len(told.threads) for told in (daily, second)] == [1, 1]
    assert [len(told.threads[0]["messages"]) for told in hours[1:4]] == [1, 1, 2]
    assert about_offline(second.subjects) == about_offline(second.posts) == []
    assert ("no_answer_for_two_hours", "opened") in second.alerts  # a rule of its own, at its own time
    assert second.status["consecutive_failures"] == 3


def test_when_it_answers_again_people_are_told_how_long_it_was_and_the_incident_is_closed(hours: list[Told]) -> None:
    told = hours[4]
    assert ("integration_offline", "closed") in told.alerts
    (thread,) = told.threads
    assert thread["status"] == "completed"
    assert "This thread was open for 3 h 0 min." in thread["messages"][-1]["body"]
    mails, (post,) = about_offline(told.subjects), about_offline(told.posts)
    assert (len(mails), len(set(mails))) == (2, 1)  # one for each of the two who watch
    assert "Over after 180 min: " in mails[0]
    assert "Over after 180 min: " in post


def test_after_that_there_is_silence(hours: list[Told]) -> None:
    daily, last = hours[5], hours[6]
    assert ("integration_offline", "closed") in daily.alerts  # its own alert, told on the dashboard
    assert last.alerts == []
    assert (last.subjects, last.posts) == ([], [])
    assert [len(told.threads) for told in (daily, last)] == [1, 1]
    assert len(last.threads[0]["messages"]) == len(hours[4].threads[0]["messages"])


async def test_during_planned_work_nobody_is_alarmed(tmp_path: Path) -> None:
    window = MaintenanceSettings(system=OFFLINE, from_=BEGAN - HOUR, until=BEGAN + 24 * HOUR, reason="A new rack")
    hours = await outage(tmp_path, Settings(maintenance=(window,)))
    assert [told.status["maintenance"] for told in hours] == [True] * 7
    assert [told.status["status"] for told in hours[1:4]] == ["offline"] * 3
    states = {row for told in hours for row in told.alerts if row[1] != "unknown"}
    assert states == {("integration_offline", "muted"), ("no_answer_for_two_hours", "muted")}
    assert [told.threads for told in hours] == [[]] * 7
    assert [about_offline(told.subjects) for told in hours] == [[]] * 7
    assert [told.posts for told in hours] == [[]] * 7
    assert not [told.status for told in hours if told.status["maintenance_window"]["reason"] != "A new rack"]
