"""Words that make no sense on the command line: two lines and a code, never a trace."""

from __future__ import annotations

import signal
import subprocess
import time

import pytest

from cli.commanding import HELLO, Shell, command

HALF = "\udcff"  # what a byte that is not UTF-8 becomes


@pytest.mark.parametrize(
    "words",
    [
        ("run", HALF),
        ("show", HALF),
        ("runs", "list", "--playbook", HALF),
        ("runs", "show", HALF),
        ("threads", "show", HALF),
        ("threads", "list", "--type", HALF),
        ("schedule", "slots", "--playbook", HALF),
        ("runs", "settle", HALF, "done", "--reason", "seen"),
    ],
)
def test_a_word_that_is_not_utf_8_is_refused_before_anything_is_opened(shell: Shell, words: tuple[str, ...]):
    answer = shell(*words)
    assert answer.code == 2
    assert "of the command line is not UTF-8" in answer.err
    assert not (shell.folder / "home").exists()


@pytest.mark.parametrize("after", ["9999-12-31T23:59Z", "0001-01-01T00:00Z", "", "tomorrow"])
def test_a_preview_from_the_ends_of_the_calendar_is_refused(shell: Shell, after: str):
    shell.publish(HELLO)
    answer = shell("schedule", "preview", "says_hello", "--after", after, "--days", "400")
    assert answer.code == 2
    assert "time" in answer.err


def test_a_load_that_is_killed_leaves_what_was_there_and_the_next_one_works(shell: Shell):
    header = "id,organization_id,ordered_at,total_cents\n"
    shell.write(header + "1,o,2026-03-01,5\n", "first.csv")
    shell.write(header + "".join(f"{n},o,2026-03-01,5\n" for n in range(2, 400_000)), "big.csv")
    assert shell("load", "orders", "first.csv", "--json").json["total"] == 1
    folder = shell.folder / "home" / "warehouse"
    before = (folder / "manifest.json").read_bytes()
    process = subprocess.Popen(command("load", "orders", "big.csv"), cwd=shell.folder, env=shell.environment())
    try:
        until = time.monotonic() + 60
        while not (folder / "work").exists() and time.monotonic() < until and process.poll() is None:
            time.sleep(0.005)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert process.returncode == -signal.SIGKILL
    assert (folder / "manifest.json").read_bytes() == before
    shell.write(header + "2,o,2026-03-02,5\n", "second.csv")
    assert shell("load", "orders", "second.csv", "--json").json["total"] == 2
    assert not (folder / "work").exists()
