"""What single vendors do differently: failures inside success, codes of their own, quotas."""

from __future__ import annotations

import base64
import json
from datetime import timedelta

import pytest

from integrations.samples import CANARY, failing
from opsbook.sdk.http import Answer
from opsbook.sdk.integration import ErrorClass, Status
from opsbook.sdk.testing import json_answer


def google(reason: str, status: int, name: str = "PERMISSION_DENIED") -> Answer:
    return json_answer({"error": {"code": status, "status": name, "errors": [{"reason": reason}]}}, status)


INSIDE_SUCCESS = [
    ("aeropay", {"error": {"code": "AP101", "message": "bad"}}, Status.OFFLINE, ErrorClass.AUTH),
    ("aeropay", {"error": {"code": "AP999"}}, Status.OFFLINE, ErrorClass.CLIENT),
    ("aeropay", {"success": False, "code": "AP002", "error": "no"}, Status.OFFLINE, ErrorClass.AUTH),
    ("aeropay", {"success": False, "token": "t"}, Status.OFFLINE, ErrorClass.CLIENT),
    ("aeropay", {"token": ""}, Status.OFFLINE, ErrorClass.BAD_REPLY),
    ("cannpay", {"code": 599, "message": "no", "data": None}, Status.OFFLINE, ErrorClass.SERVER),
    ("cannpay", {"code": "599"}, Status.OFFLINE, ErrorClass.SERVER),
    ("cannpay", {"code": 401}, Status.OFFLINE, ErrorClass.AUTH),
    ("cannpay", {"code": True}, Status.OFFLINE, ErrorClass.BAD_REPLY),
    ("slack", {"ok": False, "error": "invalid_auth"}, Status.OFFLINE, ErrorClass.AUTH),
    ("slack", {"ok": False, "error": "missing_scope", "needed": "x"}, Status.OFFLINE, ErrorClass.AUTH),
    ("slack", {"ok": False, "error": "ratelimited"}, Status.DEGRADED, ErrorClass.THROTTLED),
    ("slack", {"ok": False, "error": "fatal_error"}, Status.OFFLINE, ErrorClass.SERVER),
    ("slack", {"ok": False, "error": "some_news"}, Status.OFFLINE, ErrorClass.CLIENT),
    ("slack", {"ok": True, "team_id": "T2"}, Status.OFFLINE, ErrorClass.AUTH),
    ("slack", {"ok": "true"}, Status.OFFLINE, ErrorClass.BAD_REPLY),
    ("hubspot", {"status": "error", "category": "INTERNAL"}, Status.OFFLINE, ErrorClass.SERVER),
    ("mailjet", {"ErrorMessage": "no", "StatusCode": 400}, Status.OFFLINE, ErrorClass.SERVER),
    ("blackleaf", {"success": False}, Status.OFFLINE, ErrorClass.SERVER),
    ("blackleaf", {"accepted": False, "data": []}, Status.OFFLINE, ErrorClass.SERVER),
    ("blackleaf", {"status": "rejected"}, Status.OFFLINE, ErrorClass.SERVER),
    ("blackleaf", {"data": [{"id": "p1", "healthy": False}]}, Status.DEGRADED, ErrorClass.SERVER),
    ("blackleaf", [], Status.ONLINE, None),
    ("blackleaf", {"data": []}, Status.ONLINE, None),
    ("alleaves", {"error": "no"}, Status.OFFLINE, ErrorClass.SERVER),
    ("alleaves", {"success": False}, Status.OFFLINE, ErrorClass.SERVER),
    ("letta", [{"id": "agent-1"}], Status.ONLINE, None),
    ("firestore", {"name": "projects/sample-1/databases/(default)/documents/opsbook/probe"}, Status.ONLINE, None),
    ("firebase_auth", {"users": []}, Status.ONLINE, None),
    ("sheets", {"spreadsheetId": "another"}, Status.OFFLINE, ErrorClass.BAD_REPLY),
]


@pytest.mark.parametrize(("key", "body", "status", "error_class"), INSIDE_SUCCESS)
async def test_success_is_decided_from_the_body_as_well(key, body, status, error_class, make):
    system, _ = make(key, failing(key, json_answer(body)))
    seen = await system.probe()
    assert (seen.status, seen.error_class) == (status, error_class), seen.message


OWN_CODES = [
    ("gmail", google("rateLimitExceeded", 403), Status.DEGRADED, ErrorClass.THROTTLED),
    ("drive", google("userRateLimitExceeded", 403), Status.DEGRADED, ErrorClass.THROTTLED),
    ("calendar", google("insufficientPermissions", 403), Status.OFFLINE, ErrorClass.AUTH),
    ("sheets", google("forbidden", 403), Status.OFFLINE, ErrorClass.AUTH),
    ("firestore", google("x", 429, "RESOURCE_EXHAUSTED"), Status.DEGRADED, ErrorClass.THROTTLED),
    ("gemini", google("API_KEY_INVALID", 400, "INVALID_ARGUMENT"), Status.OFFLINE, ErrorClass.AUTH),
    ("gemini", google("badRequest", 400, "INVALID_ARGUMENT"), Status.OFFLINE, ErrorClass.CLIENT),
    ("claude", json_answer({"error": {"type": "overloaded_error"}}, 529), Status.DEGRADED, ErrorClass.THROTTLED),
    ("aeropay", json_answer({"error": {"code": "AP006"}}, 400), Status.OFFLINE, ErrorClass.AUTH),
    ("aeropay", json_answer({"error": {"code": "AP700"}}, 400), Status.OFFLINE, ErrorClass.CLIENT),
]


@pytest.mark.parametrize(("key", "answer", "status", "error_class"), OWN_CODES)
async def test_a_vendors_own_code_counts_more_than_its_status(key, answer, status, error_class, make):
    system, _ = make(key, failing(key, answer))
    seen = await system.probe()
    assert (seen.status, seen.error_class) == (status, error_class), seen.message


async def test_a_vendors_sentence_is_not_taken_for_its_code(make):
    said = "The user owner@example.com may not do this"
    system, _ = make("claude", {"*": json_answer({"error": {"type": said, "message": said}}, 400)})
    seen = await system.probe()
    assert seen.message == "It says that our request is wrong (status 400)."


async def test_a_missing_database_is_a_404_too_and_is_not_taken_for_a_missing_document(make):
    said = {"error": {"code": 404, "message": "The database (default) does not exist.", "status": "NOT_FOUND"}}
    system, _ = make("firestore", {"*": json_answer(said, 404)})
    assert (await system.probe()).error_class is ErrorClass.CLIENT


async def test_hubspot_gives_its_quota_with_the_same_call(make):
    system, _ = make("hubspot")
    assert (await system.probe()).quota == {
        "used": 200000,
        "limit": 250000,
        "used_share": 0.8,
        "resets_at": "2026-11-25T05:00:00Z",
    }


@pytest.mark.parametrize(
    "row", [{"fetchStatus": "FAILURE", "currentUsage": 0, "usageLimit": 0}, {"fetchStatus": "SUCCESS"}, "text"]
)
async def test_a_quota_that_hubspot_could_not_fetch_is_unknown_and_not_nothing(row, make):
    system, _ = make("hubspot", {"*": json_answer({"results": [row]})})
    seen = await system.probe()
    assert seen.status is Status.ONLINE
    assert seen.quota["used_share"]["status"] == "unknown"
    system, _ = make("hubspot", {"*": json_answer({"results": []})})
    assert (await system.probe()).quota is None


@pytest.mark.parametrize(
    ("rows", "status"),
    [
        ([{"Email": "ops@example.com", "Status": "Active"}], Status.ONLINE),
        ([{"Email": "*@example.com", "Status": "Active"}], Status.ONLINE),
        ([{"Email": "ops@example.com", "Status": "Inactive"}], Status.DEGRADED),
        ([{"Email": "someone@example.org", "Status": "Active"}], Status.DEGRADED),
        ([{"Email": f"{n}@example.org", "Status": "Active"} for n in range(100)], Status.ONLINE),  # cut off: not known
    ],
)
async def test_mailjet_says_whether_our_sender_is_active(rows, status, make):
    system, desk = make("mailjet", {"*": json_answer({"Data": rows})}, sender="Ops@example.com")
    assert (await system.probe()).status is status
    assert desk.query() == {"Limit": "100"}


async def test_blackleaf_looks_at_our_profile_only(make):
    rows = [{"id": "p1", "healthy": False}, {"id": "p2", "healthy": True}]
    system, _ = make("blackleaf", {"*": json_answer({"data": rows})}, sending_profile="p2")
    assert (await system.probe()).status is Status.ONLINE


@pytest.mark.parametrize(("key", "more"), [("sheets", {"probe_id": None}), ("blackleaf", {"dialect": "query"})])
async def test_where_no_harmless_call_exists_the_answer_is_unknown_and_nothing_is_asked(key, more, make):
    system, desk = make(key, {}, **more)
    seen = await system.probe()
    assert (seen.status, seen.error_class, desk.sent) == (Status.UNKNOWN, ErrorClass.NO_PROBE, [])


async def test_letta_is_judged_by_its_health_page_first_and_needs_no_key_of_its_own_server(make):
    system, desk = make("letta", {"*": json_answer({"status": "down"})})
    assert (await system.probe()).error_class is ErrorClass.BAD_REPLY
    system, desk = make("letta", {"*": Answer(503)})
    assert (await system.probe()).error_class is ErrorClass.SERVER
    system, desk = make("letta", api_key=None, base_url="https://letta.example.com")
    assert (await system.probe()).status is Status.ONLINE
    assert all("authorization" not in sent.headers for sent in desk.sent)


async def test_a_webhook_alone_is_alive_when_it_refuses_an_empty_message(make):
    secret = f"https://hooks.slack.com/services/{CANARY}"
    only = {"bot_token": None, "alert_channel": None, "team_id": None, "webhook_url": secret}
    for answer, status, error_class in [
        (Answer(400, b"no_text"), Status.ONLINE, None),
        (Answer(404, b"no_service"), Status.OFFLINE, ErrorClass.CLIENT),
        (Answer(403, b"invalid_token"), Status.OFFLINE, ErrorClass.AUTH),
        (Answer(200, b"ok"), Status.OFFLINE, ErrorClass.BAD_REPLY),
    ]:
        system, desk = make("slack", {"*": answer}, **only)
        seen = await system.probe()
        assert (seen.status, seen.error_class) == (status, error_class)
        assert CANARY not in f"{seen} {system.config!r}"
        assert desk.json() == {}


REFRESH = {"access_token": None, "client_id": "c", "client_secret": "s" * 9, "refresh_token": f"{CANARY}-refresh"}
LABELS = json_answer({"labels": []})


async def test_a_refresh_token_is_exchanged_once_and_its_token_is_kept_until_shortly_before_its_end(make, clock):
    answers = {"POST /token": json_answer({"access_token": f"{CANARY}-a", "expires_in": 3600}), "*": LABELS}
    system, desk = make("gmail", answers, **REFRESH)
    assert (await system.probe()).status is Status.ONLINE
    assert desk.form(0)["grant_type"] == "refresh_token"
    clock.forward(timedelta(seconds=3539))
    await system.probe()
    assert [sent.method for sent in desk.sent] == ["POST", "GET", "GET"]
    clock.forward(timedelta(seconds=1))
    await system.probe()
    assert [sent.method for sent in desk.sent[3:]] == ["POST", "GET"]


async def test_a_kept_token_that_is_refused_is_replaced_once(make):
    token = json_answer({"access_token": "token-1", "expires_in": 3600})
    answers = {"POST /token": token, "*": [LABELS, Answer(401), LABELS, Answer(401), Answer(401)]}
    system, desk = make("gmail", answers, **REFRESH)
    statuses = [(await system.probe()).status for _ in range(3)]
    assert statuses == [Status.ONLINE, Status.ONLINE, Status.OFFLINE]
    assert [sent.method for sent in desk.sent] == ["POST", "GET", "GET", "POST", "GET", "GET", "POST", "GET"]


@pytest.mark.parametrize(
    ("answer", "error_class", "word"),
    [
        (json_answer({"error": "invalid_grant"}, 400), ErrorClass.AUTH, "invalid_grant"),
        (json_answer({"error": "invalid_client"}, 401), ErrorClass.AUTH, "invalid_client"),
        (Answer(400, b"nothing"), ErrorClass.AUTH, "400"),
        (Answer(503), ErrorClass.SERVER, "503"),
        (json_answer({"access_token": ""}), ErrorClass.BAD_REPLY, "no access token"),
        (TimeoutError(), ErrorClass.TIMEOUT, "in time"),
    ],
)
async def test_a_refresh_token_that_fails_says_why(answer, error_class, word, make):
    system, desk = make("drive", {"POST /token": answer}, **REFRESH)
    seen = await system.probe()
    assert (seen.status, seen.error_class) == (Status.OFFLINE, error_class)
    assert word in seen.message
    assert ("Connect the account again" in seen.message) == (error_class is ErrorClass.AUTH)
    assert len(desk.sent) == 1


@pytest.mark.parametrize(
    ("key", "host", "path"),
    [
        ("firestore", "emulator_host", "/v1/projects/sample-1/databases/(default)/documents/opsbook/probe"),
        ("firebase_auth", "emulator_host", "/identitytoolkit.googleapis.com/v1/projects/sample-1/accounts:lookup"),
    ],
)
async def test_an_emulator_is_asked_as_its_owner_on_this_machine_only(key, host, path, make):
    system, desk = make(
        key, {"*": json_answer({"name": "x", "kind": "y"})}, access_token=None, **{host: "localhost:80"}
    )
    seen = await system.probe()
    assert seen.error_class is ErrorClass.NETWORK  # plain http is refused unless a deployment allows loopback
    system.http.allow_loopback = True
    await system.http.close()
    assert (await system.probe()).status is Status.ONLINE
    assert desk.sent[0].url.endswith(path)
    assert desk.sent[0].headers["authorization"] == "Bearer owner"


def jwt(exp: object) -> str:
    middle = base64.urlsafe_b64encode(json.dumps({"exp": exp}).encode()).decode().rstrip("=")
    return f"head.{middle}.sign"


async def test_alleaves_signs_in_with_json_when_there_is_a_pin_and_with_basic_when_not(make):
    system, desk = make("alleaves")
    await system.probe()
    assert set(desk.json(0)) == {"username", "password", "pin"}
    system, desk = make("alleaves", pin=None)
    await system.probe()
    assert desk.sent[0].headers["authorization"].startswith("Basic ")
    assert desk.sent[0].body == b""
    system, desk = make("alleaves", pin=None, auth="json")
    await system.probe()
    assert set(desk.json(0)) == {"username", "password"}


async def test_alleaves_keeps_a_token_as_long_as_the_token_says(make, clock):
    ends = clock.now().timestamp() + 600
    for token, seconds in ((jwt(ends), 539), (jwt("soon"), 3539), ("opaque-token", 3539), ("a.%%%.c", 3539)):
        answers = {"POST /api/auth": json_answer({"token": token}), "*": json_answer([])}
        system, desk = make("alleaves", answers)
        await system.probe()
        clock.forward(timedelta(seconds=seconds))
        await system.probe()
        assert len(desk.sent) == 3
        clock.forward(timedelta(seconds=1))
        await system.probe()
        assert len(desk.sent) == 5
        clock.at -= timedelta(seconds=seconds + 1)


@pytest.mark.parametrize(
    ("answer", "error_class"),
    [
        (Answer(401), ErrorClass.AUTH),
        (json_answer({}), ErrorClass.BAD_REPLY),
        (json_answer({"token": 5}), ErrorClass.BAD_REPLY),
    ],
)
async def test_a_sign_in_to_alleaves_that_fails_says_why(answer, error_class, make):
    system, _ = make("alleaves", {"POST /api/auth": answer})
    assert (await system.probe()).error_class is error_class


async def test_an_address_that_resolves_into_our_own_network_is_the_systems_network_failure(make):
    async def inside(_host, _port):
        return ["10.0.0.5"]

    system, _ = make("claude")
    system.http.transport, system.http.resolve = None, inside
    await system.http.close()
    seen = await system.probe()
    assert (seen.status, seen.error_class) == (Status.OFFLINE, ErrorClass.NETWORK)
