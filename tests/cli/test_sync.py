"""`opsbook sync firestore`: what it prints, what it answers, and what it says when it cannot."""

from __future__ import annotations

import pytest

from cli.commanding import HELLO, Shell
from peers.firestore import Database, database, fields, firestore_peer  # noqa: F401 fixtures

MADE = "@2026-11-01T10:00:00Z"


def connected(shell: Shell, host: str, project: str, *more: str) -> None:
    lines = ["allow_loopback = true", "[integrations.firestore]", f'project = "{project}"', f'emulator_host = "{host}"']
    lines += more
    shell.write("\n".join(lines), "opsbook.toml")


@pytest.mark.peer("firestore")
def test_the_first_sync_reads_everything_and_the_next_one_nothing(shell: Shell, database: Database):  # noqa: F811
    connected(shell, database.host, database.project)
    database.write(
        {
            "organizations/o1": fields({"name": "Acme", "createdAt": MADE}),
            "orders/r1": fields({"brandId": "o1", "total": 5, "createdAt": MADE}),
            "orders/r2": fields({"brandId": "o1", "createdAt": MADE}),
        }
    )
    first = shell("sync", "firestore", "--collections", "organizations,orders", "--json")
    assert first.code == 0, first.err
    told = {one["name"]: one for one in first.json["items"]}
    assert [(name, one["read"], one["loaded"], one["rejected"]) for name, one in told.items()] == [
        ("organizations", 1, 1, 0),
        ("orders", 2, 1, 1),
    ]
    assert told["orders"]["reasons"] == {"total_cents is empty": 1}
    again = shell("sync", "firestore", "--collections", "organizations", "--collections", "orders")
    assert again.code == 0
    assert "what changed" in again.out


def test_without_settings_it_says_what_to_set(shell: Shell):
    answer = shell("sync", "firestore")
    assert answer.code == 1
    assert "GOOGLE_CLOUD_PROJECT" in answer.err


def test_a_collection_or_a_date_that_is_none_is_refused_before_anything_is_asked(shell: Shell):
    assert shell("sync", "firestore", "--collections", "ordrs").code == 2
    answer = shell("sync", "firestore", "--since", "yesterday")
    assert (answer.code, "2026-11-01" in answer.err) == (2, True)


def test_a_store_that_nobody_answers_for_is_told_in_a_sentence(shell: Shell):
    connected(shell, "127.0.0.1:9", "nobody-there")
    answer = shell("sync", "firestore", "--collections", "orders")
    assert answer.code == 1
    assert "Traceback" not in answer.err


@pytest.mark.peer("firestore")
def test_the_mirror_is_written_on_demand_and_the_doctor_says_what_it_owes(shell: Shell, database: Database):  # noqa: F811
    assert shell("sync", "mirror").code == 1
    connected(shell, database.host, database.project, "mirror = true")
    shell.publish(HELLO)
    assert shell("run", "says_hello").code == 0
    found = {one["check"]: one for one in shell("doctor", "--json").json["items"]}
    assert found["mirror"]["found"].startswith("2 owed to")
    assert shell("sync", "mirror", "--json").json == {"written": 2, "refused": 0}
    assert len(database.read("playbook_executions")) == 1
    found = {one["check"]: one for one in shell("doctor", "--json").json["items"]}
    assert found["mirror"]["found"] == f"everything is written to {database.project}/(default)"
    assert "0 documents" in shell("sync", "mirror").out


def test_without_a_mirror_the_doctor_does_not_speak_of_one(shell: Shell):
    assert "mirror" not in {one["check"] for one in shell("doctor", "--json").json["items"]}
