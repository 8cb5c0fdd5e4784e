"""A real server dies, or is told to stop, in mid-run; who comes next finishes it, and no mail goes twice."""

from __future__ import annotations

import json
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

import peers
from cli.commanding import Shell, clean_shell
from peers.mail import NAME, Mailbox
from stories.serving import server

TELLS = """\
id: tells_thrice
name: Tells thrice
steps:
  - {id: first, type: notify, channels: [email], to: [owner], subject: first, body: first}
  - {id: slow, type: notify, channels: [email], to: [owner], subject: slow, body: slow}
  - {id: last, type: notify, channels: [email, dashboard], to: [owner], subject: last, body: last}
"""
SETTINGS = """\
[people.owner]
email = "owner@example.com"
[integrations.smtp]
host = "127.0.0.1"
port = {port}
security = "none"
sender = "ops@example.com"
"""


class Holding(Mailbox):
    """Takes the slow mail only when it is told to: the sender waits for its answer in the meantime."""

    def __init__(self) -> None:
        super().__init__()
        self.reached, self.release = threading.Event(), threading.Event()

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        answer = await super().handle_DATA(server, session, envelope)
        if "slow" in self.subjects()[-1]:
            self.reached.set()
            await server.loop.run_in_executor(None, self.release.wait, 40)
        return answer

    def subjects(self) -> list[str]:
        texts = [envelope.content for envelope in self.arrived]
        lines = [text.decode() if isinstance(text, bytes) else str(text) for text in texts]
        return [next(line for line in text.splitlines() if line.startswith("Subject:"))[9:] for text in lines]


@pytest.fixture
def box() -> Iterator[Holding]:
    peers.wanted(NAME)
    holding = Holding()
    controller = Controller(holding, hostname="127.0.0.1", port=peers.free_port())
    controller.start()
    holding.port = controller.port
    yield holding
    holding.release.set()
    controller.stop()


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, box: Holding) -> Shell:
    shell = clean_shell(tmp_path, monkeypatch)
    (tmp_path / "opsbook.toml").write_text(SETTINGS.format(port=box.port))
    shell.publish(TELLS)
    return shell


def until(holds: Callable[[], Any], seconds: float = 40) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := holds()):
        assert time.monotonic() < deadline, "it did not come to pass in time"
        threading.Event().wait(0.1)
    return found


def over(shell: Shell, run_id: str) -> dict[str, Any]:
    def record() -> dict[str, Any] | None:
        found: dict[str, Any] = shell("runs", "show", run_id, "--json").json
        return found if found["state"] not in ("queued", "running", "waiting") else None

    return until(record)  # type: ignore[no-any-return]


def begun(shell: Shell, box: Holding) -> str:
    run_id: str = shell("run", "tells_thrice", "--no-wait", "--json").json["id"]
    assert box.reached.wait(30)
    return run_id


def check(box: Holding, record: dict[str, Any], state: str) -> None:
    assert record["state"] == state, json.dumps(record, indent=1)
    assert sorted(box.subjects()) == ["first", "last", "slow"]
    assert [step["status"] for step in record["steps"]] == ["completed"] * 3
    states = {(effect["channel"], effect["path"]): effect["state"] for effect in record["effects"]}
    slow = "uncertain" if state == "partial" else "done"
    assert states == {
        ("email", "steps/0"): "done",
        ("email", "steps/1"): slow,
        ("email", "steps/2"): "done",
        ("dashboard", "steps/2"): "done",
    }


def test_a_server_that_is_killed_in_the_middle_of_a_run_is_followed_by_one_that_finishes_it(
    shell: Shell, box: Holding
) -> None:
    with server(shell) as process:
        run_id = begun(shell, box)
        process.kill()
        process.wait()
    box.release.set()
    assert shell("runs", "show", run_id, "--json").json["state"] == "running"  # a reader changes nothing
    with server(shell):
        check(box, over(shell, run_id), "partial")


def test_a_command_takes_over_what_a_killed_server_left_behind(shell: Shell, box: Holding) -> None:
    with server(shell) as process:
        run_id = begun(shell, box)
        process.kill()
        process.wait()
    box.release.set()
    other = shell.process("run", "tells_thrice", "--json")
    assert json.loads(other.out)["state"] == "succeeded", other.err
    with server(shell):
        record = over(shell, run_id)
    assert record["state"] == "partial"
    assert sorted(box.subjects()) == ["first", "first", "last", "last", "slow", "slow"]


def test_a_server_that_is_told_to_stop_lets_the_step_end_and_the_next_one_finishes_the_run(
    shell: Shell, box: Holding
) -> None:
    with server(shell) as process:
        run_id = begun(shell, box)
        process.send_signal(signal.SIGTERM)
        threading.Timer(2, box.release.set).start()
        assert process.wait(timeout=30) == 0
        assert process.stderr is not None
        assert process.stderr.read() == ""
    with server(shell):
        check(box, over(shell, run_id), "succeeded")


@pytest.mark.slow
def test_a_server_that_is_told_to_stop_leaves_what_takes_too_long_to_the_next_one(shell: Shell, box: Holding) -> None:
    with server(shell) as process:
        run_id = begun(shell, box)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=40) == 0
        assert process.stderr is not None
        assert process.stderr.read() == ""
    box.release.set()
    with server(shell):
        check(box, over(shell, run_id), "partial")
