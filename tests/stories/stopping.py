"""The sample platform among peers that can really stop: processes and listeners that are ended and come back."""

from __future__ import annotations

import asyncio
import email
import email.policy
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import httpx
from aiosmtpd.controller import Controller

import peers
from cli.commanding import Answer, Shell
from opsbook.app import App, open_app, the_world
from opsbook.cli.demo.endpoints import Endpoints
from opsbook.cli.demo.mailbox import Mailbox as SampleMailbox
from opsbook.cli.demo.story import publish, run_one
from opsbook.cli.demo.world import Systems, sections, settings_file
from opsbook.settings import PersonSettings, Settings
from peers.mail import Mailbox
from peers.slack import Emulator, emulator

HOUR = timedelta(hours=1)
MONITOR = "ops_integration_monitor"
PLAYED = ("sheets", "hubspot", "mailjet", "blackleaf", "alleaves", "aeropay", "cannpay")  # by one local server
TOKEN, CHANNEL, TEAM = "xoxb-sample", "C000000001", "T000000001"


class Moved:
    """The machine's clock, moved on by whole hours. It begins 40 minutes ago: the command line knows the real time."""

    def __init__(self) -> None:
        self.began, self.at = time.monotonic(), datetime.now(UTC)
        self.moved = timedelta(minutes=-40)

    def now(self) -> datetime:
        return self.at + self.moved + timedelta(seconds=time.monotonic() - self.began)

    def monotonic(self) -> float:
        return time.monotonic() + self.moved.total_seconds()


class MailServer:
    """A real mail server that can be stopped and comes back on its port; what arrived stays in the box."""

    def __init__(self) -> None:
        self.box, self.port = Mailbox(), peers.free_port()
        self._controller: Controller | None = None

    def start(self) -> None:
        self._controller = Controller(self.box, hostname="127.0.0.1", port=self.port)
        self._controller.start()

    def stop(self) -> None:
        if self._controller is not None:
            self._controller.stop()
        self._controller = None

    def subjects(self) -> list[str]:
        """Of all that arrived, oldest first."""
        mails = (email.message_from_bytes(one.content, policy=email.policy.default) for one in self.box.arrived)
        return [str(mail["Subject"]) for mail in mails]


@dataclass
class Town:
    """Gmail in a process of its own, Slack and the other Google systems in theirs, a mail server, and the rest."""

    shell: Shell
    gmail: Emulator
    google: Emulator
    slack: Emulator
    mail: MailServer
    rest: Endpoints
    clock: Moved = field(default_factory=Moved)
    app: App = field(init=False)

    async def probe(self, *words: str) -> tuple[Answer, dict[str, Any]]:
        """`opsbook probe --json` as a process of its own: its answer, and what it says of each system that is set."""
        config = {"OPSBOOK_CONFIG": str(self.shell.folder / "opsbook.toml")}
        answer = await asyncio.to_thread(self.shell.process, "probe", *words, "--json", env=config)
        assert answer.out, answer.err
        found = {item["id"]: item for item in json.loads(answer.out)["items"]}
        return answer, {key: item for key, item in found.items() if item["status"] != "not_configured"}

    async def hour(self) -> dict[str, Any]:
        """The hourly run of the monitor; the clock stands at the next hour after it."""
        record = await run_one(self.app, MONITOR, self.clock.now(), quiet=True)
        self.clock.moved += HOUR
        return record

    def incidents(self) -> list[dict[str, Any]]:
        return [self.app.threads.get(row["id"]) for row in self.app.threads.latest(thread_type="incident")]

    async def posts(self) -> list[str]:
        """What the channel shows, threads included, oldest first, as Slack's own history says it."""
        async with httpx.AsyncClient(headers={"Authorization": f"Bearer {TOKEN}"}, base_url=self._slack) as client:
            history = (await client.post("conversations.history", data={"channel": CHANNEL})).json()["messages"]
            found = []
            for one in reversed(history):
                asked = {"channel": CHANNEL, "ts": one["ts"]}
                below = (await client.post("conversations.replies", data=asked)).json()["messages"]
                found += [(reply["ts"], reply["text"]) for reply in below]
        return [text for _, text in sorted(set(found))]

    @property
    def _slack(self) -> str:
        return f"http://127.0.0.1:{self.slack.port}/api/"

    def settings(self) -> Settings:
        """Every one of the ten, each where its peer listens."""
        played = Systems(self.rest, SampleMailbox(self.shell.folder / "mail"))
        found = {name: section for name, section in sections(played).items() if name in PLAYED}
        for name, peer in (("gmail", self.gmail), ("calendar", self.google), ("drive", self.google)):
            found[name] = {"access_token": "test_token_admin", "base_url": f"http://127.0.0.1:{peer.port}"}
        found["slack"] = {"bot_token": TOKEN, "alert_channel": CHANNEL, "team_id": TEAM, "base_url": self._slack}
        found["smtp"] = {"host": "127.0.0.1", "port": self.mail.port, "security": "none", "sender": "ops@example.com"}
        people = {"owner": PersonSettings(email="owner@example.com", roles=("owner",))}
        home = self.shell.folder / "home"
        return Settings(home=home, people=people, integrations=found, allow_loopback=True)


async def briefly(seconds: float) -> None:
    await asyncio.sleep(min(seconds, 0.01))


@asynccontextmanager
async def town(folder: Path) -> AsyncIterator[Town]:
    """All of it running, and the app opened with the suite published."""
    rooms = [folder / name for name in ("gmail", "google", "slack")]
    for room in rooms:
        room.mkdir()
    gmail, google, slack = (
        emulator(room, service) for room, service in zip(rooms, ("google", "google", "slack"), strict=True)
    )
    rest = Endpoints(frozenset(), frozenset(), Random(7))
    made = Town(Shell(folder), gmail, google, slack, MailServer(), rest)
    stoppable = (gmail, google, slack, made.mail)
    try:
        await rest.server.start()
        for peer in stoppable:
            await asyncio.to_thread(peer.start)
        settings = made.settings()
        (folder / "opsbook.toml").write_text(settings_file(settings, systems=True))
        world = the_world(settings, clock=made.clock, sleep=briefly, environment={})
        async with open_app(settings, world) as made.app:
            publish(made.app)
            async with made.app.working():
                yield made
    finally:
        for peer in stoppable:
            await asyncio.to_thread(peer.stop)
        await rest.server.close()
