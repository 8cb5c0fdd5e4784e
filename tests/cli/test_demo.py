"""`demo`: four runs on the sample company, told in full, in a home that other verbs can look into."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.commanding import Answer, Shell
from cli.serving import CRON, DOOR, server


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> tuple[Shell, Answer]:
    """One demo as a person starts it, with a key in the environment that must not be used."""
    shell = Shell(tmp_path_factory.mktemp("demo"))
    env = {"HUBSPOT_BASE_URL": "http://127.0.0.1:9", "ANTHROPIC_API_KEY": "not-a-key", "PYTHONWARNINGS": "default"}
    return shell, shell.process("demo", env=env)


def test_it_ends_well_and_prints_runs_reports_threads_and_deliveries(played: tuple[Shell, Answer]) -> None:
    _, answer = played
    assert answer.code == 0, answer.err[-2000:]
    assert "Traceback" not in answer.err
    for words in (
        "Daily",
        "Integration",
        "Weekly",
        "verdict",
        "succeeded",
        "not_met",
        "Aeropay",
        "Thread:",
        "The first letter:",
        "left out, unsubscribed",
        "It waits for a decision by owner or founder, until",
        "opsbook approve approval_",
        "What was sent",
        "Not met",
        "Could not be measured",
        "opsbook runs list",
    ):
        assert words in answer.out, words


def test_no_line_is_wider_than_a_page_but_what_was_written_as_it_is(played: tuple[Shell, Answer]) -> None:
    _, answer = played
    tables = [line for line in answer.out.splitlines() if line.startswith("  ") and "  " in line.strip()]
    assert tables
    assert all(len(line) <= 100 for line in tables)


@pytest.mark.parametrize("config", ["", ".opsbook-demo/opsbook.toml"])
def test_the_next_commands_look_into_its_home(played: tuple[Shell, Answer], config: str) -> None:
    shell, _ = played
    listed = shell.process("runs", "list", "--json", env={"OPSBOOK_CONFIG": config, "OPSBOOK_HOME": ""})
    assert listed.code == 0, listed.err
    assert ("sample platform" in listed.err) is not bool(config)
    runs = listed.json["items"]
    assert len(runs) == 4
    for run in runs:
        assert {"id", "playbook_id", "state", "verdict"} <= set(run)
        assert all({"status", "started_at", "attempts"} <= set(step) for step in run["steps"])


def test_a_deployment_of_its_own_is_read_before_the_sample(played: tuple[Shell, Answer]) -> None:
    shell, _ = played
    (shell.folder / "opsbook.toml").write_text('home = "mine"', encoding="utf-8")
    listed = shell.process("runs", "list", "--json", env={"OPSBOOK_HOME": ""})
    (shell.folder / "opsbook.toml").unlink()
    assert (listed.json, listed.err) == ({"items": []}, "")


def test_a_folder_that_no_demo_made_is_left_alone(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear", encoding="utf-8")
    answer = shell("demo", "--home", "mine")
    assert answer.code == 2
    assert "holds files that no demo made" in answer.err
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["letter.txt"]


def test_a_file_is_no_home(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("dear", encoding="utf-8")
    answer = shell("demo", "--home", "mine")
    assert (answer.code, answer.out) == (2, "")
    assert "is no folder" in answer.err


def test_a_server_in_its_home_answers_the_scheduler(played: tuple[Shell, Answer]) -> None:
    shell, _ = played
    env = {"OPSBOOK_CONFIG": ".opsbook-demo/opsbook.toml", "OPSBOOK_HOME": ""}
    with server(shell, env=env) as (_, client):
        answer = client.post(DOOR, params={"playbookId": "ops_daily_health_check"}, headers=CRON)
        assert (answer.status_code, answer.json()["success"]) == (200, True), answer.text
    assert list((shell.folder / ".opsbook-demo" / "outbox").glob("*.eml"))


def test_for_programs_it_prints_one_object_and_makes_its_home_afresh(played: tuple[Shell, Answer]) -> None:
    shell, _ = played
    answer = shell.process("demo", "--json", "--seed", "11")
    assert answer.code == 0, answer.err[-2000:]
    told = answer.json
    assert len(told["runs"]) == 4
    assert told["loaded"]["orders"] >= 20_000
    assert told["loaded"]["organizations"] >= 300
    assert told["slack"]
    assert {thread["type"] for thread in told["threads"]} == {"incident", "campaign", "growth_review"}
    kept = list((shell.folder / ".opsbook-demo" / "mail").iterdir())
    assert len(kept) == len(told["mail"]) > 0  # nothing of the last time is left
