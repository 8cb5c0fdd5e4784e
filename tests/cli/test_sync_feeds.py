"""`opsbook sync hubspot` and `opsbook sync alleaves`, against contracts of both on this machine."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Iterator

import pytest

from cli.commanding import Shell, command
from integrations.crm import TOKEN, Crm
from integrations.served import served
from integrations.till import FIELDS, PASSWORD, PIN, USER, Till
from opsbook.sdk.http import Answer
from opsbook.sdk.testing import json_answer


@pytest.fixture
def crm(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> Iterator[Crm]:
    there = Crm()
    there.fill(range(1, 301))
    with served(there) as address:
        shell.write(f'allow_loopback = true\n[integrations.hubspot]\nbase_url = "{address}"\n', "opsbook.toml")
        monkeypatch.setenv("HUBSPOT_ACCESS_TOKEN", TOKEN)
        yield there


@pytest.fixture
def till(shell: Shell) -> Iterator[Till]:
    there = Till()
    there.fill(150, "2026-10-01", 20)
    with served(there) as address:
        lines = ["allow_loopback = true", "[integrations.alleaves]", f'base_url = "{address}/api"']
        lines += [f'username = "{USER}"', f'password = "{PASSWORD}"', f'pin = "{PIN}"', "orders_from = 2026-09-01"]
        lines += ["[integrations.alleaves.order_fields]", *(f'{ours} = "{theirs}"' for ours, theirs in FIELDS.items())]
        shell.write("\n".join(lines), "opsbook.toml")
        yield there


def test_contacts_are_read_and_a_second_sync_says_that_nothing_has_changed(shell: Shell, crm: Crm):
    (first,) = shell("sync", "hubspot", "--json").json["items"]
    assert (first["table"], first["read"], first["loaded"], first["total"]) == ("leads", 300, 300, 300)
    again = shell("sync", "hubspot")
    assert again.code == 0
    assert "Nothing has changed since the last sync." in again.out
    (whole,) = shell("sync", "hubspot", "--whole", "--json").json["items"]
    assert (whole["whole"], whole["read"], whole["total"]) == (True, 300, 300)


def test_a_sync_that_is_killed_in_the_middle_goes_on_there_and_asks_for_nothing_twice(shell: Shell, crm: Crm):
    crm.fill(range(1, 1001))
    asked_for_two_pages = threading.Event()

    def stall() -> Answer:
        asked_for_two_pages.set()
        killed.wait(30)
        return json_answer({}, 503)

    killed = threading.Event()
    crm.troubles = [None, None, stall]
    env = shell.environment({"HUBSPOT_ACCESS_TOKEN": TOKEN})
    with subprocess.Popen(command("sync", "hubspot"), cwd=shell.folder, env=env) as process:
        assert asked_for_two_pages.wait(30)
        process.kill()
        process.wait(30)
        killed.set()
    (found,) = shell("sync", "hubspot", "--json").json["items"]
    assert (found["resumed"], found["read"], found["total"]) == (True, 1000, 1000)
    pages = [json.dumps(one["filterGroups"]) for one in crm.asked]
    assert (len(pages), len(set(pages)), pages[2]) == (7, 6, pages[3])  # only the one that nobody answered came again


def test_contacts_that_are_left_out_are_counted_with_their_reason(shell: Shell, crm: Crm):
    crm.keep(900)
    told = shell("sync", "hubspot")
    assert "it has neither an address nor a phone number (1)" in told.out
    assert "Nothing has changed" not in told.out


@pytest.mark.parametrize(
    ("system", "names"),
    [("hubspot", ["HUBSPOT_ACCESS_TOKEN"]), ("alleaves", ["ALLEAVES_USERNAME", "ALLEAVES_PASSWORD"])],
)
def test_without_settings_it_says_what_to_set(shell: Shell, system: str, names: list[str]):
    answer = shell("sync", system)
    assert answer.code == 1
    assert all(name in answer.err for name in names)


def test_a_token_that_is_refused_is_told_in_a_sentence_and_not_repeated(shell: Shell, crm: Crm, monkeypatch):
    monkeypatch.setenv("HUBSPOT_ACCESS_TOKEN", "canary-of-a-wrong-token")
    answer = shell("sync", "hubspot")
    assert answer.code == 1
    assert "Renew or extend the credentials" in answer.err
    assert "canary-of-a-wrong-token" not in answer.err + answer.out


def test_orders_are_read_by_the_fields_that_are_declared(shell: Shell, till: Till):
    (first,) = shell("sync", "alleaves", "--json").json["items"]
    assert (first["table"], first["rejected"], first["total"]) == ("orders", 0, 150)
    again = shell("sync", "alleaves")
    assert (again.code, "Nothing" in again.out) == (0, True)


def test_the_fields_of_orders_are_shown_without_values_before_any_is_declared(shell: Shell, till: Till):
    text = (shell.folder / "opsbook.toml").read_text().partition("[integrations.alleaves.order_fields]")[0]
    shell.write(text, "opsbook.toml")
    refused = shell("sync", "alleaves")
    assert refused.code == 2
    assert "opsbook sync alleaves --fields" in refused.err
    shown = {one["field"]: one for one in shell("sync", "alleaves", "--fields", "--json").json["items"]}
    assert shown["total"] == {"field": "total", "holds": "number", "records": 100, "of": 100}
    assert "items.0.name" in shown
    assert "Gummies" not in shell("sync", "alleaves", "--fields").out
    till.orders.clear()
    assert "no order of the last 90 days" in shell("sync", "alleaves", "--fields").out


def test_a_date_from_which_orders_are_read_must_be_said(shell: Shell, till: Till):
    text = (shell.folder / "opsbook.toml").read_text().replace("orders_from = 2026-09-01\n", "")
    shell.write(text, "opsbook.toml")
    refused = shell("sync", "alleaves")
    assert refused.code == 1
    assert "ALLEAVES_ORDERS_FROM" in refused.err


def test_orders_of_which_none_can_be_loaded_are_an_error(shell: Shell, till: Till):
    for order in till.orders.values():
        order["total"] = "a lot"
    told = shell("sync", "alleaves")
    assert told.code == 1
    assert "total_cents is not an amount of money (150)" in told.out


def test_a_source_that_is_given_up_is_named_and_one_that_is_none_is_refused(shell: Shell, crm: Crm):
    assert "Nothing was synced yet" in shell("sync", "forget", "hubspot").err
    assert shell("sync", "hubspot").code == 0
    refused = shell("sync", "forget", "hubspt")
    assert (refused.code, "There are: hubspot." in refused.err) == (8, True)
    assert shell("sync", "forget", "hubspot", "--json").json == {"source": "hubspot", "tables": ["leads"]}
    shell("sync", "hubspot")
    assert "its rows stay in leads" in shell("sync", "forget", "hubspot").out
