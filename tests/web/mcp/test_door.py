"""The door at `/mcp`: who comes in, under which name of the server, with how much."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from opsbook.settings.mcp import TokenSettings
from opsbook.web.auth.bearer import named
from opsbook.web.bodies import MOST_BYTES
from web.mcp.asking import EVERYTHING, bearer
from web.serving import API, CRON, Served

PATH = "/mcp"
LIST: dict[str, Any] = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
SPEAKS = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}


async def post(served: Served, headers: dict[str, str], body: Any = LIST) -> httpx.Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return await served.client.post(PATH, headers={**SPEAKS, **headers}, content=content)


def answer_in(response: httpx.Response) -> dict[str, Any]:
    """The one message of an event stream, or the body."""
    lines = [line.removeprefix("data: ") for line in response.text.splitlines() if line.startswith("data: ")]
    return json.loads(lines[-1] if lines else response.text)  # type: ignore[no-any-return]


async def test_a_known_token_is_let_in(served: Served):
    response = await post(served, bearer(EVERYTHING))
    assert response.status_code == 200
    assert len(answer_in(response)["result"]["tools"]) > 7


STRANGERS: dict[str, dict[str, str]] = {
    "nobody": {},
    "an empty token": {"Authorization": "Bearer "},
    "another scheme": {"Authorization": f"Basic {bearer(EVERYTHING)['Authorization'].split()[1]}"},
    "a token that is not ours": {"Authorization": "Bearer token-of-somebody"},
    "the name of a caller": {"Authorization": f"Bearer {EVERYTHING}"},
    "one letter more": {"Authorization": bearer(EVERYTHING)["Authorization"] + "x"},
    "the token of the API": API,
    "the secret of the cron door": CRON,
    "a very long one": {"Authorization": f"Bearer {'x' * 5000}"},
}


@pytest.mark.parametrize("who", STRANGERS)
async def test_a_stranger_is_told_nothing_but_how_to_sign_in(served: Served, who: str):
    response = await post(served, STRANGERS[who])
    assert response.status_code == 401
    assert response.headers["www-authenticate"] == "Bearer"
    assert response.json()["code"] == "not_signed_in"


async def test_bytes_that_are_no_text_are_a_wrong_token_and_no_fault(served: Served):
    headers = [(b"authorization", b"Bearer \xff\xfe"), *((k.lower().encode(), v.encode()) for k, v in SPEAKS.items())]
    response = await served.client.post(PATH, headers=headers, content=json.dumps(LIST))
    assert response.status_code == 401


async def test_a_token_of_the_door_opens_nothing_else(served: Served):
    for path in ("/api/v1/runs", "/api/v1/playbooks", "/openapi.json"):
        assert (await served.client.get(path, headers=bearer(EVERYTHING))).status_code == 401


@pytest.mark.parametrize(
    "host", ["evil.example.com", "opsbook.test.evil.example.com", "", "[::", "evil.example.com:8000"]
)
async def test_a_name_that_is_not_ours_is_refused_before_the_token_is_looked_at(served: Served, host: str):
    for token in ({}, bearer(EVERYTHING)):
        assert (await post(served, {**token, "Host": host})).status_code == 421


@pytest.mark.parametrize("host", ["opsbook.test", "localhost:8000", "127.0.0.1:1234", "[::1]:8000"])
async def test_our_own_names_are_known(served: Served, host: str):
    assert (await post(served, {**bearer(EVERYTHING), "Host": host})).status_code == 200


@pytest.mark.parametrize(
    "origin", ["https://evil.example.com", "null", "http://localhost:9999", "http://opsbook.test.evil"]
)
async def test_a_page_of_another_origin_may_not_ask(served: Served, origin: str):
    assert (await post(served, {**bearer(EVERYTHING), "Origin": origin})).status_code == 403


async def test_a_page_of_our_own_origin_may_ask(served: Served):
    assert (await post(served, {**bearer(EVERYTHING), "Origin": "http://opsbook.test"})).status_code == 200


async def test_a_body_beyond_the_cap_is_not_read_to_its_end(served: Served):
    response = await post(served, bearer(EVERYTHING), b"x" * (MOST_BYTES + 1))
    assert response.status_code == 413
    assert response.json()["code"] == "too_large"


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff", b"null", b'{"jsonrpc": "2.0"}', b"[" * 10_000])
async def test_what_is_not_the_protocol_is_the_callers_mistake(served: Served, body: bytes):
    assert 400 <= (await post(served, bearer(EVERYTHING), body)).status_code < 500


@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT", "PATCH", "HEAD", "OPTIONS"])
async def test_other_methods_are_not_answered(served: Served, method: str):
    response = await served.client.request(method, PATH, headers=bearer(EVERYTHING))
    assert response.status_code == 405
    assert response.headers["allow"] == "POST"


async def test_nothing_is_kept_between_two_requests(served: Served):
    """A session id that somebody has read from another's line opens nothing: there are none."""
    response = await post(served, bearer(EVERYTHING))
    assert "mcp-session-id" not in response.headers
    assert (await post(served, {"Mcp-Session-Id": "0" * 32})).status_code == 401


class TestWithoutTokens:
    @pytest.fixture
    def more_settings(self) -> dict[str, Any]:
        return {}

    async def test_there_is_no_door(self, served: Served):
        assert (await post(served, bearer(EVERYTHING))).status_code == 401
        assert (await post(served, API)).status_code == 404


def test_a_token_is_known_by_its_hash_alone():
    digests = {"one": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"}  # of the word test
    assert named(b"test", digests) == "one"
    assert named(b"Test", digests) is None
    assert named(digests["one"].encode(), digests) is None
    assert named(None, {"empty": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}) is None
    assert named(b"test", {}) is None


@pytest.mark.parametrize(
    "given", [{}, {"sha256": "short"}, {"sha256": "G" * 64}, {"sha256": "0" * 64, "rights": ["all"]}]
)
def test_a_token_that_is_not_well_set_refuses_to_start(given: dict[str, Any]):
    with pytest.raises(ValueError, match="validation error"):
        TokenSettings.model_validate(given)


def test_a_token_has_no_right_that_is_not_given():
    token = TokenSettings(sha256="0" * 64)
    assert token.rights == ()
    assert token.playbooks == ()
