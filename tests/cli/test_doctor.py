"""`doctor` and `probe`: what is said of a deployment, without showing a secret."""

from __future__ import annotations

from typing import Any

from cli.commanding import HELLO, Shell

SECRET = "a-secret-that-nobody-may-see"


def checks(shell: Shell, code: int = 0) -> dict[str, dict[str, Any]]:
    answer = shell("doctor", "--json")
    assert answer.code == code, answer.out
    return {item["check"]: item for item in answer.json["items"]}


def test_an_empty_deployment_is_well_and_says_what_is_missing(shell: Shell):
    found = checks(shell)
    assert found["store"]["state"] == "ok"
    assert found["settings file"]["state"] == "note"
    assert found["CRON_SECRET"]["found"].startswith("missing")
    assert found["playbooks"]["cure"].startswith("`opsbook seed`")
    assert "SQLite" in found["sqlite"]["found"]
    assert found["mail library"]["state"] in ("ok", "note")


def test_secrets_are_said_to_be_present_and_never_shown(shell: Shell):
    text = f'cron_secret = "{SECRET}"\n[people.owner]\nemail = "owner@example.com"\n'
    (shell.folder / "opsbook.toml").write_text(text)
    answer = shell("doctor")
    assert answer.code == 0
    assert SECRET not in answer.out + answer.err
    found = checks(shell)
    assert found["CRON_SECRET"]["found"] == "present"
    assert found["settings file"]["found"] == "opsbook.toml"
    assert found["people"]["found"] == "owner"


def test_a_setting_that_is_refused_is_a_finding_and_an_exit_code(shell: Shell):
    (shell.folder / "opsbook.toml").write_text("cron_sekret = 'x'\n")
    assert checks(shell, 1)["settings"]["cure"] == "Did you mean cron_secret?"


def test_a_store_that_is_no_database_is_a_finding(shell: Shell):
    (shell.folder / "home").mkdir()
    (shell.folder / "home" / "opsbook.db").write_bytes(b"no database at all, but long enough to be looked at " * 40)
    assert checks(shell, 1)["store"]["state"] == "bad"


def test_a_published_playbook_is_counted_as_valid(shell: Shell):
    shell.publish(HELLO)
    assert checks(shell)["playbooks"]["found"] == "1 of 1 are valid"


def test_probing_without_any_configuration_finds_nothing_online_and_nothing_offline(shell: Shell):
    answer = shell("probe", "--json")
    assert answer.code == 0
    assert {item["status"] for item in answer.json["items"]} == {"not_configured"}
