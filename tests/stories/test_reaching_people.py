"""A run tells people through real servers: a mail server with STARTTLS and sign-in, and Slack's emulator."""

from __future__ import annotations

import email
import email.policy
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from opsbook.app import App, open_app, the_world
from opsbook.playbooks.load import load_playbook
from opsbook.runs.acceptance import Request
from opsbook.settings import PersonSettings, Settings
from peers.mail import PASSWORD, USER, Mailbox
from peers.slack import SlackPeer

PLAYBOOK = """
id: tell_people
name: Tells people
agent: leo
steps:
  - {id: found, type: set, values: {down: [aeropay]}}
  - id: tell
    type: notify
    channels: [email, dashboard]
    to: [owner]
    subject: "Down: {{ down[0] }} – and a line\\u2028break"
    body: "**{{ down[0] }}** does not answer."
alerts:
  - id: offline
    expr: down.length > 0
    severity: high
    subjects: down
    message: "{{ subject }} is offline"
    notify: [slack, email]
"""


@pytest.fixture
async def app(tmp_path: Path, mailbox: Mailbox, slack_peer: SlackPeer) -> AsyncIterator[App]:
    settings = Settings(
        home=tmp_path,
        people={"owner": PersonSettings(email="owner@example.com")},
        allow_loopback=True,
        integrations={
            "smtp": {
                "host": mailbox.host,
                "port": mailbox.port,
                "security": "starttls",
                "username": USER,
                "password": PASSWORD,
                "sender": "ops@example.com",
                "ca_file": str(mailbox.certificate),
            },
            "slack": {"bot_token": slack_peer.token, "alert_channel": slack_peer.alerts, "base_url": slack_peer.api},
        },
    )
    async with open_app(settings, the_world(settings, environment={})) as opened, opened.working():
        yield opened


async def carried_out(app: App, text: str) -> dict[str, Any]:
    playbook = load_playbook(text, app.catalog)
    app.operations.publish(playbook, text, "a test")
    accepted = await app.operations.start(Request(playbook.id))
    return await app.operations.ended(accepted.run["id"], 30)


async def test_a_mail_arrives_and_an_alert_is_posted_and_both_are_read_back(
    app: App,
    mailbox: Mailbox,
    slack_peer: SlackPeer,
) -> None:
    run = await carried_out(app, PLAYBOOK.replace("\\u2028", " "))
    assert run["state"] == "succeeded"
    assert {row["state"] for row in app.records.effects.of_run(run["id"])} == {"done"}
    mails = [email.message_from_bytes(one.content, policy=email.policy.default) for one in mailbox.arrived]
    assert [mail["To"] for mail in mails] == ["owner@example.com"] * 2
    assert mails[0]["Subject"] == "Down: aeropay – and a line break"
    assert "aeropay is offline" in mails[1]["Subject"]
    assert mails[0].get_body(("html",)).get_content().strip() == "<p><strong>aeropay</strong> does not answer.</p>"
    asked = {"url": f"{slack_peer.api}/conversations.history", "data": {"channel": slack_peer.alerts}}
    async with httpx.AsyncClient(headers={"Authorization": f"Bearer {slack_peer.token}"}) as client:
        history = (await client.post(**asked)).json()
    assert any("aeropay is offline" in str(message) for message in history["messages"])


async def test_an_alerts_end_is_read_back_from_the_thread_of_its_beginning(app: App, slack_peer: SlackPeer) -> None:
    text = PLAYBOOK.replace("tell_people", "tell_the_end").replace("\\u2028", " ").replace("aeropay", "cannpay")
    await carried_out(app, text)
    ended = await carried_out(app, text.replace("{down: [cannpay]}", "{down: []}").replace("{{ down[0] }}", "nothing"))
    (alert,) = ended["alerts"]
    assert alert["state"] == "closed"
    async with httpx.AsyncClient(headers={"Authorization": f"Bearer {slack_peer.token}"}) as client:
        history = await client.post(f"{slack_peer.api}/conversations.history", data={"channel": slack_peer.alerts})
        (first,) = [one for one in history.json()["messages"] if "cannpay is offline" in one["text"]]
        asked = {"channel": slack_peer.alerts, "ts": first["ts"]}
        replies = (await client.post(f"{slack_peer.api}/conversations.replies", data=asked)).json()["messages"]
    assert ["Over after" in one["text"] for one in replies] == [False, True]


async def test_a_subject_that_would_break_its_header_is_refused_and_nothing_is_sent(
    app: App,
    mailbox: Mailbox,
) -> None:
    text = PLAYBOOK.replace(" – and a line\\u2028break", "{{ ['a', 'b'].join('\\u2028') }}").split("alerts:")[0]
    run = await carried_out(app, text)
    assert (run["state"], mailbox.arrived) == ("failed", [])
    assert "bad_message" in run["error"]["message"]
