"""Deciding at the command line: as whom, about what, and what the run does then."""

from __future__ import annotations

import os
import pwd

import pytest

from cli.commanding import Shell

ASKS = """\
id: asks_first
name: Asks first
steps:
  - {id: count, type: set, values: {limit: 12}}
  - id: may_we
    type: approval
    to: [approver]
    title: Raise the limit
    message: "May the limit be raised to {{ limit }}?"
    of: limit
    form: {until: {type: string, required: true}}
    save_as: asked
  - {id: rest, type: set, values: {told: "{{ asked.by }} until {{ asked.form.until }}"}}
success:
  - {id: told_who, expr: told.startsWith("a")}
"""
PEOPLE = """
[people.ada]
email = "ada@example.com"
roles = ["approver"]
[people.bo]
email = "bo@example.com"
"""


def account() -> str:
    return pwd.getpwuid(os.getuid()).pw_name


@pytest.fixture
def asked(shell: Shell) -> str:
    """The id of an approval that a run waits for."""
    shell.write(PEOPLE, "opsbook.toml")
    shell.publish(ASKS)
    run = shell("run", "asks_first", "--json")
    assert run.code == 5, run.err
    (awaited,) = run.json["awaits"]
    return str(awaited["id"])


def test_a_run_that_waits_says_for_what_and_how_to_approve_it(shell: Shell):
    shell.write(PEOPLE, "opsbook.toml")
    shell.publish(ASKS)
    run = shell("run", "asks_first")
    assert run.code == 5
    assert "Raise the limit" in run.out
    assert "opsbook approve approval_" in run.out


def test_an_approval_is_listed_and_shown_with_its_content_and_its_commands(shell: Shell, asked: str):
    listed = shell("approvals", "list", "--json").json["items"]
    assert [one["id"] for one in listed] == [asked]
    shown = shell("approvals", "show", asked)
    assert shown.code == 0, shown.err
    for part in ("May the limit be raised to 12?", "may decide: ada", "form until: string", f"opsbook approve {asked}"):
        assert part in shown.out, part
    assert shell("approvals", "show", asked, "--json").json["manifest"]["value"] == 12


def test_after_the_approval_the_run_goes_on_to_its_end(shell: Shell, asked: str):
    done = shell("approve", asked, "--as", "ada", "--form", "until=friday", "--note", "Fine.", "--json")
    assert done.code == 0, done.err
    assert (done.json["state"], done.json["run"]["state"], done.json["run"]["verdict"]) == (
        "approved",
        "succeeded",
        "met",
    )
    decision = done.json["decisions"][0]
    assert (decision["person"], decision["via"], decision["note"], decision["form"]) == (
        "ada",
        "cli",
        "Fine.",
        {"until": "friday"},
    )
    assert shell("approvals", "list", "--json").json["items"] == []
    assert shell("approvals", "list", "--all", "--json").json["items"][0]["state"] == "approved"


def test_a_rejection_needs_its_reason_and_fails_the_run_with_it(shell: Shell, asked: str):
    assert shell("reject", asked, "--as", "ada").code == 2
    done = shell("reject", asked, "--as", "ada", "--reason", "Too high.")
    assert done.code == 1
    assert "ada rejected it: Too high." in done.out


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--form", "until=friday"), 2, "Nobody can tell who decides"),
        (("--as", "bo", "--form", "until=friday"), 9, "bo may not decide about this"),
        (("--as", "adda", "--form", "until=friday"), 9, "Did you mean ada?"),
        (("--as", "ada"), 2, "The input until is required"),
        (("--as", "ada", "--form", "until=friday", "--digest", "0" * 64), 10, "the digests differ"),
    ],
)
def test_what_is_refused_says_why_and_stands_in_the_audit_with_the_account(
    shell: Shell, asked: str, words: tuple[str, ...], code: int, said: str
):
    answer = shell("approve", asked, *words)
    assert (answer.code, said in answer.err) == (code, True), answer.err
    entry = shell("approvals", "show", asked, "--json").json["audit"][-1]
    assert (entry["event"], entry["via"], entry["details"]["account"]) == ("refused", "cli", account())


def test_a_second_decision_is_refused_with_the_first_one_shown(shell: Shell, asked: str):
    shell("approve", asked, "--as", "ada", "--form", "until=friday")
    again = shell("approve", asked, "--as", "ada", "--form", "until=monday")
    assert again.code == 10
    assert "ada approved this already" in again.err


def test_an_account_that_is_somebodys_is_that_person_and_nobody_else(shell: Shell, asked: str):
    shell.write(PEOPLE.replace('"bo@example.com"', f'"bo@example.com"\nos_user = "{account()}"'), "opsbook.toml")
    assert "bo may not decide" in shell("approve", asked, "--form", "until=friday").err
    refused = shell("approve", asked, "--as", "ada", "--form", "until=friday")
    assert (refused.code, "bo's" in refused.err) == (9, True)
    shell.write(PEOPLE.replace('"ada@example.com"', '"ada@example.com"\nos_user = "somebody"'), "opsbook.toml")
    assert "decides from the account somebody" in shell("approve", asked, "--as", "ada").err


def test_whoever_started_the_run_from_their_account_may_not_approve_it(shell: Shell):
    shell.write(PEOPLE.replace('"ada@example.com"', f'"ada@example.com"\nos_user = "{account()}"'), "opsbook.toml")
    shell.publish(ASKS)
    run = shell("run", "asks_first", "--json")
    assert (run.code, run.json["error"]["class"], run.json["actor"]) == (1, "quorum", "person:ada")


def test_the_only_person_is_meant_without_a_name(shell: Shell):
    shell.write('[people.ada]\nemail = "ada@example.com"\nroles = ["approver"]\n', "opsbook.toml")
    shell.publish(ASKS)
    (awaited,) = shell("run", "asks_first", "--json").json["awaits"]
    assert shell("approve", awaited["id"], "--form", "until=friday").code == 0


def test_what_is_not_there_is_said(shell: Shell):
    shell.write(PEOPLE, "opsbook.toml")
    assert shell("approve", "approval_none", "--as", "ada").code == 8
    assert shell("approvals", "show", "approval_none").code == 8
    assert shell("approvals", "list").out.strip() == "No approvals."


def test_self_approval_is_for_one_person_alone(shell: Shell):
    shell.write(f"[approvals]\nself_approval = true\n{PEOPLE}", "opsbook.toml")
    refused = shell("approvals", "list")
    assert (refused.code, "here are more" in refused.err) == (2, True)
