"""`doctor` and `probe`: what is said of a deployment, without showing a secret."""

from __future__ import annotations

import socket
from typing import Any

from cli.commanding import HELLO, Shell
from opsbook.integrations.catalog import systems as known

SMTP = (
    'allow_loopback = true\n[integrations.smtp]\nhost = "127.0.0.1"\nport = {port}\n'
    'security = "none"\nsender = "ops@example.com"\n'
)
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


def test_each_system_says_what_to_set_under_its_name_in_the_environment(shell: Shell):
    shell.write(
        '[integrations.mailjet]\napi_key = "half-of-it"\n[integrations.hubspot]\naccess_token = "t-of-it"\n',
        "opsbook.toml",
    )
    found = checks(shell)
    systems = {name.removeprefix("system "): one for name, one in found.items() if name.startswith("system ")}
    assert set(systems) == set(known({}))
    assert systems["hubspot"]["found"] == "configured, never probed since"
    assert systems["blackleaf"]["cure"] == "Set BLACKLEAF_API_KEY."
    assert systems["mailjet"]["found"] == "has some of its settings, so it is not asked"
    assert systems["mailjet"]["cure"] == "Set MAILJET_SECRET_KEY, or take its section out."
    assert {one["state"] for one in systems.values()} <= {"ok", "note"}
    told = shell("doctor").out
    assert "BLACKLEAF_API_KEY" in told
    assert "half-of-it" not in told


def test_with_probe_the_configured_systems_are_asked_and_one_that_is_offline_is_bad(shell: Shell):
    with socket.socket() as nobody:  # bound and not listening: whoever connects is refused
        nobody.bind(("127.0.0.1", 0))
        shell.write(SMTP.format(port=nobody.getsockname()[1]), "opsbook.toml")
        answer = shell("doctor", "--probe", "--json")
        assert answer.code == 1
        smtp = next(item for item in answer.json["items"] if item["check"] == "system smtp")
        assert (smtp["state"], smtp["found"].split(":")[0]) == ("bad", "configured, offline")
        assert smtp["cure"] == "Check the address in the settings and its DNS name."
    found = checks(shell)["system smtp"]  # nobody is asked: it tells what the last probe found
    assert (found["state"], found["found"].split(" at ")[0]) == ("note", "configured, offline")


def test_of_several_ways_to_ask_google_the_one_that_counts_is_told(shell: Shell):
    section = '[integrations.drive]\nmetadata_host = "metadata.google.internal"\n'
    (shell.folder / "opsbook.toml").write_text(section)
    assert checks(shell)["system drive"]["found"] == "configured with GCE_METADATA_HOST, never probed since"
    (shell.folder / "opsbook.toml").write_text(f'{section}access_token = "{SECRET}"\n')
    found = checks(shell)
    assert found["system drive"]["found"] == "configured with GOOGLE_ACCESS_TOKEN, never probed since"
    assert found["system hubspot"]["cure"].startswith("Set HUBSPOT_ACCESS_TOKEN")
