"""Buttons in Slack: signed, pressed by a known person who may decide, on the content that was shown, once."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from inbox.approving import RUN, question
from opsbook.sdk.testing import json_answer
from opsbook.settings import PersonSettings
from web.hooking import Doors
from web.signing import AT, INTEGRATIONS, Parcel, slack_button

TRIES = 25


@pytest.fixture
def more_settings() -> dict[str, Any]:
    people = {
        "ada": PersonSettings(email="ada@example.com", slack_user="U00000001", roles=("approver",)),
        "bo": PersonSettings(email="bo@example.com", slack_user="U00000002", roles=("approver",)),
        "guest": PersonSettings(email="guest@example.com", slack_user="U00000003"),
    }
    slack = {**INTEGRATIONS["slack"], "team_id": "T00000001"}
    return {"people": people, "integrations": {**INTEGRATIONS, "slack": slack}}


@pytest.fixture
def answers() -> dict[str, Any]:
    return {"POST /api/chat.postMessage": json_answer({"ok": True, "ts": "1.2", "channel": "C000000001"})}


@pytest.fixture
async def asked(doors: Doors) -> dict[str, Any]:
    found = await doors.app.approvals.ask(question(to=("approver",), quorum=2), RUN, "steps/1", "leo")
    return dict(found)


def pressed(
    approval: dict[str, Any], user: str = "U00000001", action: str = "approve", at: int = AT, **more: Any
) -> Parcel:
    value = more.pop("value", f"{approval['id']} {approval['digest']}")
    payload = {
        "type": "block_actions",
        "trigger_id": f"{user}.{action}.{value[-6:]}",
        "team": {"id": "T00000001"},
        "user": {"id": user},
        "actions": [{"action_id": f"opsbook_{action}", "value": value}],
        **more,
    }
    return slack_button(payload, at)


def last(doors: Doors, approval: dict[str, Any]) -> tuple[str, str | None, str | None]:
    found = doors.app.approvals.get(approval["id"])["audit"][-1]
    return found["event"], found["code"], found["person"]


async def test_the_message_carries_the_buttons_with_what_they_are_about(doors: Doors, asked):
    (sent,) = [one for one in doors.desk.sent if "chat.postMessage" in one.url]
    body = json.loads(sent.body)
    buttons = body["blocks"][-1]["elements"]
    assert [(one["action_id"], one["value"]) for one in buttons] == [
        ("opsbook_approve", f"{asked['id']} {asked['digest']}"),
        ("opsbook_reject", f"{asked['id']} {asked['digest']}"),
    ]
    assert all("confirm" in one for one in buttons)
    assert "May the limit be raised to 12?" in body["blocks"][0]["text"]["text"]


async def test_two_who_press_approve_it_as_themselves(doors: Doors, asked):
    for user in ("U00000001", "U00000002"):
        answer = await doors.deliver(pressed(asked, user))
        assert (answer.status_code, answer.content) == (200, b"")
    found = doors.app.approvals.get(asked["id"])
    assert found["state"] == "approved"
    assert [(one["person"], one["via"]) for one in found["decisions"]] == [("ada", "slack"), ("bo", "slack")]


async def test_a_replayed_button_decides_once(doors: Doors, asked):
    parcel = pressed(asked)
    for _ in range(TRIES):
        assert (await doors.deliver(parcel)).status_code == 200
    again = await doors.deliver(pressed(asked, trigger_id="another"))
    assert again.status_code == 200
    assert len(doors.app.approvals.get(asked["id"])["decisions"]) == 1
    assert last(doors, asked) == ("refused", "already_decided", "ada")


async def test_an_event_that_is_acted_on_again_after_a_crash_is_no_second_decision(doors: Doors, asked):
    await doors.deliver(pressed(asked))
    (event,) = doors.events()
    row = doors.app.inbound.events.get(event["id"])
    await doors.app.inbound.act((row,))
    assert last(doors, asked) == ("approved", None, "ada")
    assert doors.app.inbound.events.get(event["id"])["outcome"]["pressed"]["decision"] == "approved"


async def test_a_forged_button_is_not_even_read(doors: Doors, asked):
    genuine = pressed(asked)
    other = pressed(asked, at=AT - 1).headers["x-slack-signature"]
    forged = [
        replace(genuine, headers={**genuine.headers, "x-slack-signature": other}),
        replace(genuine, headers={name: text for name, text in genuine.headers.items() if "signature" not in name}),
        replace(genuine, body=genuine.body.replace(b"U00000001", b"U00000002")),
        pressed(asked, at=AT - 301),
        pressed(asked, at=AT + 301),
    ]
    for parcel in forged:
        assert (await doors.deliver(parcel)).status_code == 401
    assert (doors.events(), doors.app.approvals.get(asked["id"])["decisions"]) == ([], [])


@pytest.mark.parametrize(
    ("more", "code", "who"),
    [
        ({"user": "U00000003"}, "no_right", "guest"),
        ({"user": "U99999999"}, "unknown_person", None),
        ({"value": "{id} " + "0" * 64}, "other_digest", "ada"),
    ],
)
async def test_a_press_that_does_not_count_is_kept_with_its_reason(doors: Doors, asked, more, code, who):
    given = {name: text.replace("{id}", asked["id"]) for name, text in more.items()}
    assert (await doors.deliver(pressed(asked, **given))).status_code == 200
    assert last(doors, asked) == ("refused", code, who)
    (event,) = doors.events()
    assert doors.app.inbound.events.get(event["id"])["outcome"]["pressed"]["refused"] == code


@pytest.mark.parametrize(
    "more",
    [
        {"team": {"id": "T99999999"}},
        {"team": None},
        {"actions": []},
        {"actions": [{"action_id": "opsbook_approve"}]},
        {"value": "nothing"},
        {"action": "else"},
        {"value": "approval_none x"},
    ],
)
async def test_another_workspace_and_what_is_no_button_of_ours_decide_nothing(doors: Doors, asked, more):
    answer = await doors.deliver(pressed(asked, **more))
    assert answer.status_code == 200
    assert doors.app.approvals.get(asked["id"])["decisions"] == []


async def test_a_rejection_by_button_says_that_it_came_without_a_word(doors: Doors, asked):
    await doors.deliver(pressed(asked, action="reject"))
    found = doors.app.approvals.get(asked["id"])
    assert (found["state"], found["answer"]["note"]) == ("rejected", "Rejected by a button, without a word.")


async def test_where_a_form_must_be_filled_in_there_are_no_buttons_and_a_press_does_not_count(doors: Doors):
    form = {"days": {"type": "number", "required": True}}
    row = await doors.app.approvals.ask(question(to=("approver",), form=form), RUN, "steps/2", "leo")
    sent = [json.loads(one.body) for one in doors.desk.sent if "chat.postMessage" in one.url]
    assert ["blocks" in one for one in sent] == [False]
    await doors.deliver(pressed(dict(row)))
    assert last(doors, dict(row)) == ("refused", "invalid_input", "ada")
