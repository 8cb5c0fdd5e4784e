"""Deciding over HTTP: as the person whose token it is, and by the page behind the link that each person is sent."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from html import unescape
from typing import Any

import httpx
import pytest

from opsbook.playbooks.model import Playbook
from opsbook.runs.acceptance import Request
from opsbook.settings import PersonSettings
from web.serving import API, Served

TOKENS = {name: f"token-of-{name}-for-the-tests" for name in ("ada", "bo", "guest")}
STEPS = [
    {"id": "draft", "type": "set", "values": {"limit": "<b>12</b>"}},
    {
        "id": "may_we",
        "type": "approval",
        "to": ["approver"],
        "title": "Raise <i>the limit</i>",
        "message": "May it be raised to {{ limit }}?",
        "of": "limit",
        "quorum": 2,
        "form": {"days": {"type": "number", "required": True}, "loud": {"type": "boolean", "default": True}},
    },
]


def bearer(name: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {TOKENS[name]}"}


def person(name: str, *roles: str) -> PersonSettings:
    digest = hashlib.sha256(TOKENS[name].encode()).hexdigest()
    return PersonSettings(email=f"{name}@example.com", roles=roles, approve_token_sha256=digest)


@pytest.fixture
def more_settings() -> dict[str, Any]:
    people = {"ada": person("ada", "approver"), "bo": person("bo", "approver"), "guest": person("guest")}
    return {"people": people, "public_url": "https://ops.example.com"}


@pytest.fixture
async def asked(served: Served) -> dict[str, Any]:
    """The approval that a run waits for."""
    document = {"id": "asks_first", "name": "Asks first", "steps": STEPS}
    playbook = Playbook.model_validate(document, context={"catalog": served.app.catalog})
    served.app.operations.publish(playbook, "# asks_first\n", "a test")
    accepted = await served.app.operations.start(Request("asks_first"))
    while served.app.operations.get(accepted.run["id"])["state"] != "waiting":
        await served.app.operations.ended(accepted.run["id"], 0.05)
    (approval,) = served.app.approvals.rows.of_run(accepted.run["id"])
    return approval


async def decide(served: Served, approval: dict[str, Any], who: str | None, **more: Any) -> httpx.Response:
    headers = {**(bearer(who) if who else {}), **more.pop("headers", {})}
    body = {"decision": "approved", "digest": approval["digest"], "form": {"days": 3}, **more}
    return await served.client.post(f"/api/v1/approvals/{approval['id']}/decision", json=body, headers=headers)


async def audit(served: Served, approval: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = served.app.approvals.get(approval["id"])["audit"][-1]
    return found


async def test_two_persons_approve_and_the_run_goes_on(served: Served, asked):
    first = await decide(served, asked, "ada", note="Fine.")
    assert (first.status_code, first.json()["state"]) == (200, "pending")
    second = await decide(served, asked, "bo")
    assert second.json()["state"] == "approved"
    run = await served.app.operations.ended(asked["run_id"], 5)
    assert run["state"] == "succeeded"
    assert [(one["person"], one["via"], one["form"]) for one in second.json()["decisions"]] == [
        ("ada", "api", {"days": 3, "loud": True}),
        ("bo", "api", {"days": 3, "loud": True}),
    ]


async def test_whoever_only_looks_decides_nothing(served: Served, asked):
    for headers in (API, bearer("ada")):
        for path in ("", f"/{asked['id']}", f"/{asked['id']}/manifest"):
            answer = await served.client.get(f"/api/v1/approvals{path}", headers=headers)
            assert answer.status_code == 200, answer.text
    shown = (await served.client.get(f"/api/v1/approvals/{asked['id']}", headers=API)).json()
    assert (shown["state"], shown["decisions"], shown["may_decide"]) == ("pending", [], ["ada", "bo"])
    frozen = await served.client.get(f"/api/v1/approvals/{asked['id']}/manifest", headers=API)
    assert frozen.json()["value"] == "<b>12</b>"


async def test_a_persons_token_shows_what_concerns_that_person_alone(served: Served, asked):
    for path in (asked["id"], f"{asked['id']}/manifest"):
        answer = await served.client.get(f"/api/v1/approvals/{path}", headers=bearer("guest"))
        assert (answer.status_code, "12" in answer.text) == (403, False)


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer x"}, {"Authorization": "Bearer "}])
async def test_strangers_see_nothing_and_decide_nothing(served: Served, asked, headers):
    for path in ("", f"/{asked['id']}", f"/{asked['id']}/manifest", "/approval_none"):
        answer = await served.client.get(f"/api/v1/approvals{path}", headers=headers)
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert (await decide(served, asked, None, headers=headers)).status_code == 401


async def test_the_api_token_is_nobodys_and_decides_nothing(served: Served, asked):
    answer = await decide(served, asked, None, headers=API)
    assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in")
    assert (await audit(served, asked))["event"] == "told"


@pytest.mark.parametrize(
    ("who", "more", "status", "code"),
    [
        ("guest", {}, 403, "no_right"),
        ("ada", {"digest": "0" * 64}, 409, "other_digest"),
        ("ada", {"form": {}}, 400, "invalid_input"),
        ("ada", {"form": {"days": "3"}}, 400, "invalid_input"),
        ("ada", {"decision": "rejected"}, 400, "invalid_input"),
    ],
)
async def test_a_refusal_has_its_status_and_is_kept(served: Served, asked, who, more, status, code):
    answer = await decide(served, asked, who, **more)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    kept = await audit(served, asked)
    assert (kept["event"], kept["person"], kept["via"], kept["code"]) == ("refused", who, "api", code)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"decision": "approved"},
        {"decision": "maybe", "digest": "0" * 64},
        {"decision": "approved", "digest": "0" * 64, "by": "ada"},
        [],
    ],
)
async def test_a_body_without_its_digest_or_with_a_name_in_it_is_refused(served: Served, asked, body):
    answer = await served.client.post(f"/api/v1/approvals/{asked['id']}/decision", json=body, headers=bearer("ada"))
    assert answer.status_code == 400


async def test_the_same_key_is_answered_as_before_and_without_it_a_second_decision_is_refused(served: Served, asked):
    key = {"Idempotency-Key": "k-1"}
    first = await decide(served, asked, "ada", headers=key)
    again = await decide(served, asked, "ada", headers=key)
    assert (again.status_code, again.json()["decisions"]) == (200, first.json()["decisions"])
    refused = await decide(served, asked, "ada")
    assert (refused.status_code, refused.json()["code"]) == (409, "already_decided")
    assert "ada approved this already" in refused.json()["detail"]


async def test_pages_of_approvals_follow_each_other(served: Served, asked):
    for _ in range(2):
        await served.app.operations.start(Request("asks_first"))
    while len(served.app.approvals.rows.latest()) < 3:
        await served.app.operations.ended(asked["run_id"], 0.05)
    first = (await served.client.get("/api/v1/approvals?limit=2", headers=API)).json()
    rest = (await served.client.get(f"/api/v1/approvals?limit=2&cursor={first['next_cursor']}", headers=API)).json()
    ids = [one["id"] for one in first["items"] + rest["items"]]
    assert (len(set(ids)), rest["next_cursor"]) == (3, None)


async def test_without_any_persons_token_the_door_is_closed(served: Served, asked):
    people = served.app.people.people
    people.update({name: replace(one, approve_token_sha256=None) for name, one in people.items()})
    answer = await decide(served, asked, "ada")
    assert (answer.status_code, answer.json()["code"]) == (503, "no_approver_token")


# the page behind a link


@pytest.fixture
async def links(served: Served, asked) -> dict[str, str]:
    return {
        name: (await served.app.approvals.passes.link(asked, name)).removeprefix("https://ops.example.com")
        for name in TOKENS
    }


def fields(text: str) -> dict[str, str]:
    found = re.findall(r'<input[^>]* name="([^"]+)" value="([^"]*)"', text)
    return {name: unescape(value) for name, value in found}


FORM = {"decision": "approved", "form.days": "3", "form.loud": "true", "note": ""}


async def test_opening_the_link_shows_everything_and_decides_nothing(served: Served, asked, links):
    for method in ("GET", "HEAD"):
        for _ in range(20):
            answer = await served.client.request(method, links["ada"])
            assert answer.status_code in (200, 405), (method, answer.status_code)
    page = await served.client.get(links["ada"])
    assert served.app.approvals.get(asked["id"])["decisions"] == []
    assert "you decide as: <strong>ada" in page.text.lower()
    assert "&lt;b&gt;12&lt;/b&gt;" in page.text
    assert "<b>12" not in page.text
    assert "<i>the" not in page.text
    assert fields(page.text)["digest"] == asked["digest"]


async def test_the_page_lets_no_script_run_and_nobody_frame_or_keep_it(served: Served, links):
    page = await served.client.get(links["ada"])
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script" not in policy
    assert "frame-ancestors 'none'" in policy
    assert "<script" not in page.text
    assert (page.headers["cache-control"], page.headers["referrer-policy"]) == ("no-store", "no-referrer")


async def test_pressing_the_button_decides_as_the_person_of_the_link(served: Served, asked, links):
    page = await served.client.get(links["ada"])
    done = await served.client.post(links["ada"], data={**fields(page.text), **FORM})
    assert done.status_code == 200, done.text
    (decision,) = served.app.approvals.get(asked["id"])["decisions"]
    assert (decision["person"], decision["via"], decision["form"]) == ("ada", "link", {"days": 3, "loud": True})


async def test_a_replayed_link_is_refused_and_shown_as_decided(served: Served, asked, links):
    for who in ("ada", "bo"):
        assert (await served.client.post(links[who], data=FORM)).status_code == 200
    for _ in range(5):
        again = await served.client.post(links["ada"], data=FORM)
        assert (again.status_code, "ada approved this already" in again.text) == (409, True)
    page = await served.client.get(links["ada"])
    assert "It is approved." in page.text
    assert "<form" not in page.text


async def test_a_link_for_somebody_without_the_right_is_refused(served: Served, asked, links):
    answer = await served.client.post(links["guest"], data=FORM)
    assert (answer.status_code, "guest may not decide" in answer.text) == (403, True)
    assert (await audit(served, asked))["code"] == "no_right"
    page = await served.client.get(links["guest"])
    assert (page.status_code, "12" in page.text) == (403, False)


async def test_whoever_has_left_sees_nothing_behind_their_link_any_more(served: Served, asked, links):
    del served.app.people.people["ada"]
    for method in ("GET", "POST"):
        answer = await served.client.request(method, links["ada"])
        assert (answer.status_code, "12" in answer.text) == (403, False)
    assert (await audit(served, asked))["code"] == "unknown_person"


async def test_a_forged_link_shows_nothing_and_is_kept(served: Served, asked, links):
    forged = links["ada"].partition(".")[0] + "." + links["bo"].partition(".")[2]
    for method in ("GET", "POST"):
        answer = await served.client.request(method, forged)
        assert answer.status_code in (403, 404)
        assert "12" not in answer.text
    assert (await audit(served, asked))["code"] == "bad_link"
    for nonsense in ("/approvals/x", "/approvals/a.b", "/approvals/%00.%00", "/approvals/" + "A" * 3000):
        assert (await served.client.get(nonsense)).status_code == 404
        assert (await served.client.post(nonsense, data=FORM)).status_code == 404


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"decision": "maybe"}, "Nothing was chosen"),
        ({"form.days": "many"}, "days is no number"),
        ({"form.days": ""}, "The input days is required"),
        ({"decision": "rejected"}, "A rejection needs its reason"),
        ({"digest": "0" * 64}, "the digests differ"),
        ({"form.other": "1"}, "There is no input other"),
    ],
)
async def test_a_form_that_cannot_be_taken_says_why(served: Served, asked, links, changed, said):
    answer = await served.client.post(links["ada"], data={**FORM, **changed})
    assert answer.status_code in (400, 409)
    assert said in unescape(answer.text)
    assert served.app.approvals.get(asked["id"])["decisions"] == []
