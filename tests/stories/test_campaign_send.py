"""What a person approves reaches a mail server to the byte, and not before; a pulled plug sends nothing twice."""

from __future__ import annotations

import asyncio
import email
import email.policy
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import peers
from cli.commanding import Shell, clean_shell
from opsbook.app import App, open_app, the_world
from peers.mail import Mailbox, plain_mailbox  # noqa: F401 a fixture
from stories.sending import approve, approved, draft, settings_of, settle, settle_down
from stories.serving import server


def test_the_approved_letters_arrive_to_the_byte_and_nothing_before(tmp_path: Path, plain_mailbox: Mailbox) -> None:  # noqa: F811
    settle_down(tmp_path, plain_mailbox.port)
    told = asyncio.run(sent(tmp_path, plain_mailbox, 5))
    mails = [email.message_from_bytes(one.content, policy=email.policy.default) for one in plain_mailbox.arrived]
    letters = [mail for mail in mails if mail["List-Unsubscribe"]]
    frozen = {one["recipient"]: one for one in told["letters"]}
    assert sorted(str(mail["To"]) for mail in letters) == sorted(frozen)
    for mail in letters:
        letter = frozen[str(mail["To"])]
        body = mail.get_body(("plain",))
        assert body is not None
        assert str(mail["Subject"]) == letter["subject"]
        assert body.get_content().replace("\r\n", "\n").rstrip("\n") == letter["body"].rstrip("\n")
        assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert told["before"] == 0
    assert told["status"] == "sent"


async def sent(folder: Path, box: Mailbox, number: int) -> dict[str, Any]:
    settings = settings_of(folder)
    async with open_app(settings, replace(the_world(settings), environment={})) as app:
        ids = settle(app, folder, number)
        campaign_id = await draft(app, ids)
        await app.sender.round()
        before = letters_in(box)
        await approve(app, campaign_id)
        await app.sender.round()
        frozen: Any = app.approvals.approved(campaign_id)
        return {"before": before, "letters": frozen["messages"], "status": status(app, campaign_id)}


def status(app: App, campaign_id: str) -> str:
    return str(app.campaigns.get(campaign_id)["status"])


def letters_in(box: Mailbox) -> int:
    return sum(b"List-Unsubscribe:" in one.content for one in box.arrived)


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    return clean_shell(tmp_path, monkeypatch)


@pytest.mark.parametrize(
    ("number", "most"), [(80, 4), pytest.param(500, 500, marks=[pytest.mark.slow, pytest.mark.timeout(900)])]
)
def test_a_plug_that_is_pulled_again_and_again_sends_nobody_two_and_loses_nobody(
    shell: Shell,
    plain_mailbox: Mailbox,  # noqa: F811
    number: int,
    most: int,
) -> None:
    """Killed after a second of sending, or after `most` letters."""
    settle_down(shell.folder, plain_mailbox.port)
    campaign_id = approved(shell.folder, number)
    kills = 0
    while shell("campaigns", "show", campaign_id, "--json").json["status"] not in ("sent", "failed"):
        with server(shell) as process:
            killed_at = letters_in(plain_mailbox) + most
            peers.until(lambda: letters_in(plain_mailbox) >= killed_at, seconds=1)  # noqa: B023 asked here and now
            process.kill()
            kills += 1
        assert kills < 60, "it makes no headway"
    arrived = Counter(one.rcpt_tos[0] for one in plain_mailbox.arrived if b"List-Unsubscribe:" in one.content)
    rows = shell("campaigns", "letters", campaign_id, "--limit", "1000", "--json").json["items"]
    states = {row["recipient"]: row["state"] for row in rows}
    assert len(states) == number
    assert kills >= 2
    assert {to: times for to, times in arrived.items() if times > 1} == {}
    assert set(states.values()) <= {"sent", "uncertain"}
    assert {to for to, state in states.items() if state == "sent"} <= set(arrived)
    assert set(arrived) <= set(states)
    unsure = [to for to, state in states.items() if state == "uncertain"]
    assert len(unsure) <= 8 * kills
    listed = shell("campaigns", "letters", campaign_id, "--state", "uncertain", "--limit", "1000", "--json").json[
        "items"
    ]
    assert [row["recipient"] for row in listed] == unsure
    assert all(row["effect_key"] for row in listed)
