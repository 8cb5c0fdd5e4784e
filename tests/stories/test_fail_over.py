"""Mail goes out by the first provider of the order that takes it, and the run says who refused it before."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from integrations.mailers import GmailDesk, MailjetDesk, SesDesk, gmail_error, mailjet_error, ses_error
from opsbook.app import App, open_app, the_world
from opsbook.cli._runs import print_outcome, record
from opsbook.playbooks.load import load_playbook
from opsbook.runs.acceptance import Request
from opsbook.sdk.http import Answer, HttpClient, Sent
from opsbook.sdk.testing import FakeSystem, json_answer
from opsbook.settings import PersonSettings, Settings, read_settings
from peers.mail import Mailbox, plain_mailbox  # noqa: F401 a fixture

PLAYBOOK = """
id: tell_owner
name: Tells the owner
agent: leo
steps:
  - {id: tell, type: notify, channels: [CHANNEL], to: [owner], subject: Health, body: All is well., save_as: told}
"""
NOT_OURS = json_answer({"Messages": [mailjet_error(("send-0008", 403))]}, 403)


@dataclass
class Vendors:
    """The vendors of mail and of text messages, by their host."""

    mailjet: MailjetDesk = field(default_factory=MailjetDesk)
    ses: SesDesk = field(default_factory=SesDesk)
    gmail: GmailDesk = field(default_factory=GmailDesk)
    blackleaf: FakeSystem = field(
        default_factory=lambda: FakeSystem({"POST /messaging/send/text": json_answer({"success": True, "id": "sms-1"})})
    )

    def __call__(self, sent: Sent) -> Answer:
        desks = {
            "api.mailjet.com": self.mailjet,
            "email.us-east-1.amazonaws.com": self.ses,
            "gmail.googleapis.com": self.gmail,
            "api.blackleaf.io": self.blackleaf,
        }
        if urlsplit(sent.url).path == "/v3/REST/sender":
            return json_answer({"Data": [{"Email": "ops@example.com", "Status": "Active"}]})
        return desks[str(urlsplit(sent.url).hostname)](sent)


@pytest.fixture
def vendors() -> Vendors:
    return Vendors()


SYSTEMS: dict[str, dict[str, Any]] = {
    "blackleaf": {"api_key": "private"},
    "gmail": {"access_token": "private", "sender": "ops@example.com"},
    "mailjet": {"api_key": "public", "secret_key": "private", "sender": "ops@example.com"},
    "ses": {"access_key_id": "public", "secret_access_key": "private", "sender": "ops@example.com"},
}


@asynccontextmanager
async def house(
    home: Path,
    vendors: Vendors,
    systems: Sequence[str],
    port: int = 0,
    environment: Mapping[str, str] | None = None,
    **more: Any,
) -> AsyncIterator[App]:
    sections = {key: SYSTEMS[key] for key in systems}
    sections["outbox"] = {"folder": str(home / "outbox")}
    if port:
        sections["smtp"] = {"host": "localhost", "port": port, "security": "none", "sender": "ops@example.com"}
    people = {"owner": PersonSettings(email="owner@example.com", phone="+1 555 010 0123")}
    settings = Settings(home=home, people=people, integrations=sections, **more)

    async def briefly(_seconds: float) -> None:
        pass

    world = the_world(settings, environment=environment or {}, http=HttpClient(transport=vendors), sleep=briefly)
    async with open_app(settings, world) as opened, opened.working():
        yield opened


async def carried_out(app: App, channel: str = "email") -> dict[str, Any]:
    text = PLAYBOOK.replace("CHANNEL", channel)
    playbook = load_playbook(text, app.catalog)
    app.operations.publish(playbook, text, "a test")
    accepted = await app.operations.start(Request(playbook.id))
    await app.operations.ended(accepted.run["id"], 30)
    return record(app, accepted.run["id"])


async def test_a_provider_that_refuses_for_its_own_reason_is_followed_by_the_next_and_everybody_is_told(
    tmp_path, vendors
):
    vendors.mailjet.refuse = NOT_OURS
    async with house(tmp_path, vendors, ["mailjet", "ses"]) as app:
        run = await carried_out(app)
    assert run["state"] == "succeeded", run["error"]
    refused = [{"connector": "mailjet", "error": "account"}]
    assert run["results"]["told"] == [
        {"channel": "email", "state": "done", "connector": "ses", "failed_over_from": refused}
    ]
    (step,) = run["steps"]
    assert step["deliveries"][0]["failed_over_from"] == refused
    first, second = run["effects"]
    assert (first["connector"], first["state"], first["taken_over_by"]) == ("mailjet", "failed", "ses")
    assert (second["connector"], second["state"], second["failed_over_from"]) == ("ses", "done", refused)
    assert [mail.to for mail in vendors.ses.arrived] == ["owner@example.com"]


def test_people_read_one_line_for_each_recipient_and_who_refused_it_first(capsys):
    mail = {"channel": "email", "subject": "Health", "recipient": "owner@example.com"}
    refused = [{"connector": "mailjet", "error": "account"}]
    print_outcome(
        {
            "effects": [
                {**mail, "connector": "mailjet", "state": "failed", "taken_over_by": "ses"},
                {**mail, "connector": "ses", "state": "done", "failed_over_from": refused},
            ]
        }
    )
    shown = " ".join(capsys.readouterr().out.split())
    assert "ses, after mailjet refused it (account)" in shown
    assert "failed" not in shown


async def test_the_order_is_the_settings_and_what_it_does_not_name_comes_last(tmp_path, vendors, plain_mailbox):  # noqa: F811
    order = ("gmail", "smtp")
    async with house(tmp_path, vendors, ["mailjet", "ses", "gmail"], plain_mailbox.port, email_order=order) as app:
        vendors.gmail.refuse = gmail_error("insufficientPermissions", 403)
        assert (await carried_out(app))["state"] == "succeeded"
    assert len(plain_mailbox.arrived) == 1
    assert vendors.mailjet.sent == vendors.ses.sent == []


def test_the_order_can_be_set_in_the_environment_too(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert read_settings({"OPSBOOK_EMAIL_ORDER": "smtp, gmail"}).email_order == ("smtp", "gmail")
    assert read_settings({}).email_order == ("mailjet", "ses", "smtp", "gmail")


@pytest.mark.parametrize(
    ("systems", "first"),
    [(["gmail", "mailjet", "ses"], "mailjet"), (["gmail", "ses"], "ses"), (["gmail"], "gmail"), ([], "outbox")],
)
async def test_without_a_setting_the_api_providers_come_first_and_files_only_where_nothing_else_is(
    systems, first, tmp_path, vendors
):
    async with house(tmp_path, vendors, systems) as app:
        (effect,) = (await carried_out(app))["effects"]
    assert (effect["connector"], effect["state"]) == (first, "done")


async def test_a_day_that_is_used_up_goes_to_the_next_provider_and_the_probe_shows_it(tmp_path, vendors):
    environment = {"MAILJET_DAILY_LIMIT": "1"}
    async with house(tmp_path, vendors, ["mailjet", "ses"], environment=environment) as app:
        first, second = await carried_out(app), await carried_out(app)
        quota = (await app.monitor.check(["mailjet"]))[0].observation.quota
    assert [run["state"] for run in (first, second)] == ["succeeded", "succeeded"]
    refused, taken = second["effects"]
    assert (refused["error"]["code"], refused["taken_over_by"], refused["attempts"]) == ("quota", "ses", 0)
    assert taken["failed_over_from"] == [{"connector": "mailjet", "error": "quota"}]
    assert (len(vendors.mailjet.arrived), len(vendors.ses.arrived)) == (1, 1)
    assert (quota["used"], quota["limit"], quota["source"]) == (1, 1, "own counter")


async def test_a_refused_recipient_is_no_reason_to_ask_the_next_one(tmp_path, vendors):
    vendors.mailjet.refuse = json_answer({"Messages": [mailjet_error(("mj-0013", 400))]}, 400)
    async with house(tmp_path, vendors, ["mailjet", "ses"]) as app:
        run = await carried_out(app)
    assert (run["state"], vendors.ses.sent) == ("failed", [])
    assert "mj-0013" in run["error"]["message"]


async def test_an_answer_that_was_lost_is_no_reason_to_ask_the_next_one_and_no_success(tmp_path, vendors):
    vendors.ses.lose = True
    async with house(tmp_path, vendors, ["ses", "gmail"]) as app:
        run = await carried_out(app)
    (effect,) = run["effects"]
    assert (effect["state"], len(vendors.ses.arrived), vendors.gmail.sent) == ("uncertain", 1, [])
    assert run["state"] == "partial"


async def test_an_answer_that_was_lost_is_searched_for_where_that_can_be_done(tmp_path, vendors):
    vendors.mailjet.lose = True
    async with house(tmp_path, vendors, ["mailjet", "ses"]) as app:
        run = await carried_out(app)
    (effect,) = run["effects"]
    assert (effect["state"], effect["provider_id"], run["state"]) == ("done", "7000", "succeeded")
    assert (len(vendors.mailjet.arrived), vendors.ses.sent) == (1, [])


async def test_when_every_provider_refuses_the_run_fails_with_the_last_ones_reason(tmp_path, vendors):
    vendors.mailjet.refuse, vendors.ses.refuse = NOT_OURS, ses_error("SendingPausedException")
    async with house(tmp_path, vendors, ["mailjet", "ses"]) as app:
        run = await carried_out(app)
    assert run["state"] == "failed"
    first, second = run["effects"]
    assert (first["taken_over_by"], second["failed_over_from"][0]["connector"]) == ("ses", "mailjet")


async def test_a_text_message_goes_to_the_phone_of_the_person_who_was_named(tmp_path, vendors):
    async with house(tmp_path, vendors, ["blackleaf"]) as app:
        run = await carried_out(app, "sms")
    (effect,) = run["effects"]
    assert (effect["state"], effect["connector"], effect["provider_id"]) == ("done", "blackleaf", "sms-1")
    assert vendors.blackleaf.json()["to"] == effect["recipient"] == "15550100123"


async def test_a_text_message_without_a_key_fails_the_step_and_is_never_called_sent(tmp_path, vendors):
    async with house(tmp_path, vendors, []) as app:
        run = await carried_out(app, "sms")
    assert (run["state"], run["effects"]) == ("failed", [])
    assert "sms: not_configured" in run["error"]["message"]
