"""What a run leaves behind, read from the command line: threads, alerts, effects, probes."""

from __future__ import annotations

import socket

import pytest

from cli.commanding import Shell

OPENS = """\
id: opens_thread
name: Opens a thread
steps:
  - {id: look, type: set, values: {broken: [mail, "[calendar]"]}}
  - id: tell
    type: notify
    channels: [dashboard]
    to: [owner]
    subject: Two systems are down
    body: Look at them.
  - id: open
    type: create_thread
    thread_type: incident
    title: Systems are down
    body: "Down: {{ broken.join(', ') }}."
    assign_to: [owner]
alerts:
  - {id: down, expr: broken.length > 0, subjects: broken, severity: high, message: "{{ subject }} is down"}
"""
SETTINGS = """\
[people.owner]
email = "owner@example.com"
"""


@pytest.fixture
def opened(shell: Shell) -> Shell:
    shell.write(SETTINGS, "opsbook.toml")
    shell.publish(OPENS)
    return shell


def test_a_thread_is_listed_and_shown_with_what_was_said(opened: Shell):
    assert opened("run", "opens_thread").code == 0
    items = opened("threads", "list", "--type", "incident", "--json").json["items"]
    assert [(item["type"], item["title"]) for item in items] == [("incident", "Systems are down")]
    assert opened("threads", "list", "--type", "campaign", "--json").json == {"items": []}
    told = opened("threads", "show", items[0]["id"])
    assert told.code == 0
    assert "Down: mail, [calendar]." in told.out
    assert "owner" in told.out


def test_alerts_are_listed_by_subject_and_state(opened: Shell):
    told = opened("run", "opens_thread")
    assert "[calendar] is down" in told.out
    items = opened("alerts", "list", "--state", "open", "--json").json["items"]
    assert sorted(item["subject"] for item in items) == ["[calendar]", "mail"]
    assert {item["severity"] for item in items} == {"high"}
    assert opened("alerts", "list", "--state", "closed", "--json").json == {"items": []}


def test_effects_are_listed_with_their_state(opened: Shell):
    run = opened("run", "opens_thread", "--json").json
    items = opened("runs", "effects", run["id"], "--json").json["items"]
    assert {(item["channel"], item["recipient"], item["state"]) for item in items} >= {("dashboard", "owner", "done")}
    settled = opened("runs", "settle", items[0]["key"], "failed", "--reason", "it did not arrive")
    assert settled.code == 10


def test_a_dry_run_says_what_it_would_send_and_leaves_nothing_behind(opened: Shell):
    told = opened("dry-run", "opens_thread")
    assert told.code == 0
    assert "Would have been sent" in told.out
    for words in (("threads", "list"), ("alerts", "list")):
        assert opened(*words, "--json").json == {"items": []}
    run = opened("runs", "list", "--json").json["items"][0]
    assert (run["dry_run"], run["state"]) == (True, "succeeded")
    assert opened("runs", "effects", run["id"], "--json").json == {"items": []}


def test_probing_a_system_that_does_not_answer_exits_with_1(shell: Shell):
    with socket.socket() as nobody:  # bound and not listening: whoever connects is refused
        nobody.bind(("127.0.0.1", 0))
        port = nobody.getsockname()[1]
        shell.write(
            "allow_loopback = true\n[integrations.smtp]\n"
            f'host = "127.0.0.1"\nport = {port}\nsecurity = "none"\nsender = "ops@example.com"\n',
            "opsbook.toml",
        )
        answer = shell("probe", "smtp", "--json")
        assert answer.code == 1, answer.err
        item = answer.json["items"][0]
        assert (item["id"], item["status"], item["latency_ms"]) == ("smtp", "offline", None)
        assert item["consecutive_failures"] >= 1
        told = shell("probe", "smtp")
        assert told.code == 1
        assert "offline" in told.out
    told = shell("probe", "--history", "--json")
    assert told.code == 0
    (system,) = told.json["items"]
    day = system["history"][0]
    assert (system["id"], day["window"], day["probes"]) == ("smtp", "24h", 2)
    assert (day["uptime"]["value"], day["latency"]["p50"]["status"]) == (0.0, "unknown")
    assert 0 < day["coverage"]["value"] < 0.01
    words = shell("probe", "smtp", "gmail", "--history").out
    assert "0.00 %" in words
    assert "unknown" in words
    assert shell("probe", "smpt", "--history").code == 8
