"""Maintenance windows in the settings file: what is refused, and what `probe` says of a system inside one."""

from __future__ import annotations

import socket
from datetime import UTC, datetime, timedelta

import pytest

from cli.commanding import Shell

WINDOW = '[[maintenance]]\nsystem = "{system}"\nfrom = {start}\nuntil = {until}\nreason = "A new rack"\n'
SMTP = '[integrations.smtp]\nhost = "127.0.0.1"\nport = {port}\nsecurity = "none"\nsender = "ops@example.com"\n'


def window(system: str = "smtp", start: str = "2026-01-01T00:00:00Z", until: str = "2027-01-01T00:00:00Z") -> str:
    return WINDOW.format(system=system, start=start, until=until)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        (window(start="2026-01-01T00:00:00"), "zone"),
        (window(start="2026-01-01"), "zone"),
        (window(start='"yesterday"'), "zone"),
        (window(until="2025-12-31T18:00:00-05:00"), "over before it begins"),
        (window() + 'people = "all"\n', "There is no setting"),
        (window().replace('reason = "A new rack"\n', ""), "it must be there"),
        (window(system="smpt"), "Did you mean smtp?"),
    ],
)
def test_a_window_that_makes_no_sense_is_refused_and_says_why(shell: Shell, text: str, word: str):
    shell.write(text, "opsbook.toml")
    answer = shell("probe", "smtp")
    assert answer.code == 2
    assert word in " ".join(answer.err.split())


def test_a_system_under_maintenance_may_be_offline(shell: Shell):
    now = datetime.now(UTC)
    hours = (now + timedelta(hours=1)).isoformat(), (now - timedelta(hours=1)).isoformat()
    with socket.socket() as nobody:  # bound and not listening: whoever connects is refused
        nobody.bind(("127.0.0.1", 0))
        smtp = SMTP.format(port=nobody.getsockname()[1])
        shell.write(f"allow_loopback = true\n{window(until=hours[0], start=hours[1])}{smtp}", "opsbook.toml")
        answer = shell("probe", "smtp", "--json")
        told = shell("probe", "smtp").out
    (item,) = answer.json["items"]
    assert (answer.code, item["status"], item["maintenance"]) == (0, "offline", True)
    assert item["maintenance_window"]["reason"] == "A new rack"
    assert "Maintenance: A new rack." in " ".join(told.split())
    (system,) = shell("probe", "smtp", "--history", "--json").json["items"]
    assert system["history"][0]["coverage"]["value"] == 0.0
