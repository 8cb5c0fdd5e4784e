"""Settings that are wrong in every way: a sentence with a cure and code 2, never a trace, never a value repeated."""

from __future__ import annotations

import pytest

from cli.commanding import HELLO, Shell

SECRET = "s3kret-that-nobody-may-read"


def refused(shell: Shell, *words: str) -> tuple[str, str]:
    answer = shell(*(words or ("list",)), "--json")
    assert answer.code == 2, answer.out
    assert "Traceback" not in answer.err
    assert SECRET not in answer.out + answer.err
    error = answer.json["error"]
    return error["message"], error["cure"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("roster = 3", "roster is refused: it is a path"),
        ("watchers = 'owner'", "watchers is refused: it is a list"),
        ("people = 3", "people is refused: it is a section"),
        ("[people]\nowner = 'x'", "people.owner is refused: it is a section"),
        ("[people.owner]", "people.owner.email is refused: it must be there"),
        ("[people.owner]\nemail = 'nobody'", "it is no mail address such as owner@example.com"),
        ('[people.owner]\nemail = "owner@example.com\\u0000"', "it is no mail address"),
        ('[people.""]\nemail = "owner@example.com"', "name is empty"),
        (
            '[people.owner]\nemail = "owner@example.com"\nphone = "5550100123"',
            "a number of 11 digits that begins with 1",
        ),
        ("email_order = ['mailjet', 'pigeon']", "email_order is refused: it names pigeon, and systems are: "),
        ("watchers = ['nobody']", "it names nobody, and people are: nobody"),
        ("public_url = 'javascript:alert(1)'", "public_url is refused: it is an address such as https://"),
        ("public_url = 'http://[::1'", "public_url is refused: it is an address such as https://"),
        (f'cron_secret = "{SECRET}\\n{SECRET}"', "cron_secret is refused: it holds a line break"),
        (f'anthropic_api_key = "{SECRET}é"', "anthropic_api_key is refused: a key has letters"),
        ("allow_loopback = 'perhaps'", "allow_loopback is refused: it is true or false"),
        ("homme = 'x'", "There is no setting homme."),
        ("a = " + "[" * 5000, "opsbook.toml is nested too deeply"),
        ("a = " + "9" * 5000, "opsbook.toml is not TOML"),
        ("a = = b", "opsbook.toml is not TOML: Invalid value (at line 1, column 5)"),
        ("# x\n" * 300_000, "opsbook.toml is larger than 1 MB"),
    ],
)
def test_a_wrong_settings_file_is_refused_with_the_place_and_a_cure(shell: Shell, text: str, says: str):
    shell.write(text, "opsbook.toml")
    message, cure = refused(shell)
    assert says in message
    assert cure


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("not an address", "is no address of a database"),
        (f"postgresql://u:{SECRET}@h:port/x", "is no address of a database"),
        (f"mysql://u:{SECRET}@h/x", "it takes SQLite and Postgres"),
        (f"postgresql+asyncpg://u:{SECRET}@h/x", "it takes SQLite and Postgres"),
        ("nonsense://x", "it takes SQLite and Postgres"),
        ("sqlite://", "must name a SQLite file"),
        ("sqlite:///:memory:", "must name a SQLite file"),
        ("sqlite:///x.db?timeout=abc", "must name a SQLite file"),
        ("\udcff", "OPSBOOK_DATABASE_URL is not UTF-8"),
    ],
)
def test_a_database_that_records_cannot_be_kept_in_is_refused(shell: Shell, monkeypatch, url: str, says: str):
    monkeypatch.setenv("OPSBOOK_DATABASE_URL", url)
    message, cure = refused(shell)
    assert says in message
    assert cure
    assert sorted(path.name for path in shell.folder.iterdir()) == []


@pytest.mark.parametrize("name", ["x" * 400, "/", "/proc/self/mem"])
def test_a_settings_file_that_cannot_be_read_is_told(shell: Shell, monkeypatch, name: str):
    monkeypatch.setenv("OPSBOOK_CONFIG", name)
    assert "cannot be read" in refused(shell)[0]
    assert shell("doctor").code == 1


def test_a_settings_file_that_leads_to_itself_is_not_taken_for_none(shell: Shell):
    (shell.folder / "opsbook.toml").symlink_to("opsbook.toml")
    assert "cannot be read" in refused(shell)[0]


def test_a_byte_order_mark_before_the_settings_is_no_mistake(shell: Shell):
    shell.write("\ufeffpostal_address = 'Main Street 1'", "opsbook.toml")
    assert shell("list").code == 0


def test_a_home_whose_name_the_stores_address_cannot_hold_is_refused(shell: Shell, monkeypatch):
    monkeypatch.setenv("OPSBOOK_HOME", "what?home")
    assert "home is refused" in refused(shell)[0]
    assert list(shell.folder.iterdir()) == []


def test_agents_of_a_deployment_are_known_to_its_playbooks_and_their_faults_are_told(shell: Shell):
    (shell.folder / "team").mkdir()
    shell.write("---\ntitle: Night watch\n---\nWatches.\n", "team/night.md")
    shell.write("roster = 'team'", "opsbook.toml")
    assert shell("validate", shell.write(HELLO.replace("name: Says", "agent: night\nname: Says"))).code == 0
    shell.write("---\n" + "[" * 3000 + "\n---\n", "team/night.md")
    answer = shell("validate", "playbook.yaml")
    assert answer.code == 3
    assert "roster/night.md: Line 2 of the front matter is not YAML" in answer.err
