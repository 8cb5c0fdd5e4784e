"""Real servers that tests talk to, started by the test run itself on free ports of this machine.

`OPSBOOK_TEST_PEERS` says what an absent peer means: `required` fails the test, `auto` (the default) skips it with the
reason, `off` skips every one. What a peer needs is kept in `OPSBOOK_TEST_CACHE`, or `~/.cache/opsbook/peers`. The run
ends with one line for each peer: its version and how long it took to start, or why it was absent.

To add one, write a module with a session fixture that calls `told` when its server answers and `absent` when it cannot
start. Tests import the fixture: `from peers.slack import slack_peer`.
"""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import pytest

LINES: list[str] = []


def policy() -> str:
    """`required`, `auto` or `off`."""
    chosen = os.environ.get("OPSBOOK_TEST_PEERS", "auto")
    if chosen not in ("required", "auto", "off"):
        raise pytest.UsageError(f"OPSBOOK_TEST_PEERS is {chosen!r}; it is required, auto or off.")
    return chosen


def absent(name: str, why: str) -> NoReturn:
    """The peer cannot be had: loud where it is required, a skip with the reason elsewhere."""
    LINES.append(f"{name}: absent ({why})")
    if policy() == "required":
        pytest.fail(f"The peer {name} is required and absent: {why}", pytrace=False)
    pytest.skip(f"peer {name}: {why}")


def told(name: str, version: str, began: float) -> None:
    """The peer answers; `began` is `time.monotonic()` of its start."""
    LINES.append(f"{name}: {version}, ready in {time.monotonic() - began:.1f} s")


def wanted(name: str) -> None:
    """Skip when peers are switched off."""
    if policy() == "off":
        absent(name, "OPSBOOK_TEST_PEERS=off")


def cache(name: str) -> Path:
    """A folder outside of the repository that outlives the run."""
    chosen = os.environ.get("OPSBOOK_TEST_CACHE")
    folder = Path(chosen) if chosen else Path.home() / ".cache" / "opsbook" / "peers"
    folder = folder / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def free_port(beside: int = 0) -> int:
    """A port that is free on this machine, and the `beside` ones after it too."""
    for _ in range(50):
        with socket.socket() as first:
            first.bind(("127.0.0.1", 0))
            port = int(first.getsockname()[1])
            if all(_is_free(port + step) for step in range(1, beside + 1)):
                return port
    raise RuntimeError("No free ports side by side.")


def until(ready: Callable[[], bool], seconds: float) -> bool:
    """Ask until it is ready or the time is over."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if ready():
            return True
        time.sleep(0.05)
    return False


def listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def process(command: list[str], folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A server that is stopped at the end; what it says goes to `log` in its folder."""
    with (folder / "log").open("wb") as log:
        started = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        try:
            yield started
        finally:
            started.terminate()
            try:
                started.wait(10)
            except subprocess.TimeoutExpired:
                started.kill()
                started.wait(10)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
