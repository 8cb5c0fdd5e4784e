"""When credentials end: told where the system's own answer states it, and unknown everywhere else."""

from __future__ import annotations

import base64
import json
from datetime import timedelta

import pytest

from opsbook.integrations.monitor import Monitor
from opsbook.records.probes import Probes
from opsbook.records.store import Store
from opsbook.records.tables import metadata
from opsbook.sdk.http import Answer
from opsbook.sdk.testing import json_answer

REFRESH = {"access_token": None, "client_id": "c", "client_secret": "s" * 9, "refresh_token": "r" * 12}
LABELS = json_answer({"labels": [{"id": "INBOX", "name": "INBOX", "type": "system"}]})


def granted(**more: object):
    return {"POST /token": json_answer({"access_token": "token-number-1", "expires_in": 3600, **more}), "*": LABELS}


def jwt(ends: float) -> str:
    return f"a.{base64.urlsafe_b64encode(json.dumps({'exp': ends}).encode()).decode().rstrip('=')}.c"


async def expiry(system):
    seen = (await system.probe()).expiry
    return seen and seen.as_json()


async def test_an_access_token_ends_when_its_answer_says_and_is_renewed_by_us(make, clock):
    system, _ = make("gmail", granted(), **REFRESH)
    ends = (clock.now() + timedelta(hours=1)).isoformat()
    assert await expiry(system) == {"expires_at": ends, "of": "access token", "renews": True}
    clock.forward(timedelta(minutes=5))
    assert (await expiry(system))["expires_at"] == ends  # the kept token still ends then


async def test_a_refresh_token_granted_for_a_time_is_what_a_person_must_renew(make, clock):
    system, _ = make("gmail", granted(refresh_token_expires_in=604_799), **REFRESH)
    ends = (clock.now() + timedelta(seconds=604_799)).isoformat()
    assert await expiry(system) == {"expires_at": ends, "of": "refresh token", "renews": False}


@pytest.mark.parametrize("odd", [1e300, -1, True, "soon", float("inf")])
async def test_an_end_that_is_no_length_of_time_is_not_told(odd, make):
    answer = json.dumps({"access_token": "token-number-1", "expires_in": 3600, "refresh_token_expires_in": odd})
    system, _ = make("gmail", {"POST /token": Answer(200, answer.encode()), "*": LABELS}, **REFRESH)
    seen = await expiry(system)
    assert seen is None or seen["of"] == "access token"


async def test_a_token_from_the_settings_and_a_private_apps_token_do_not_say_when_they_end(make):
    for key in ("gmail", "hubspot", "claude"):
        system, _ = make(key)
        assert await expiry(system) is None


async def test_a_token_that_was_refused_is_at_nobodys_hand(make):
    answers = {**granted(), "*": [LABELS, Answer(401), Answer(401)]}
    system, _ = make("gmail", answers, **REFRESH)
    assert await expiry(system) is not None
    assert await expiry(system) is None


async def test_aeropay_states_how_long_its_token_lives(make, clock):
    system, _ = make("aeropay", {"*": json_answer({"TTL": 1800, "token": "t" * 9})})
    assert (await expiry(system))["expires_at"] == (clock.now() + timedelta(minutes=30)).isoformat()
    for body in ({"token": "t" * 9}, {"TTL": "long", "token": "t" * 9}, {"TTL": True, "token": "t" * 9}):
        system, _ = make("aeropay", {"*": json_answer(body)})
        assert await expiry(system) is None


async def test_alleaves_says_it_in_the_token_itself_or_not_at_all(make, clock):
    ends = clock.now() + timedelta(hours=24)
    for token, told in ((jwt(ends.timestamp()), ends.isoformat()), ("opaque-token", None)):
        system, _ = make("alleaves", {"POST /api/auth": json_answer({"token": token}), "*": json_answer([])})
        seen = await expiry(system)
        assert (seen and seen["expires_at"]) == told


async def test_the_status_row_and_the_stored_state_tell_it_or_say_that_it_is_unknown(make, clock, tmp_path):
    async def no_wait(seconds: float) -> None:
        clock.forward(timedelta(seconds=seconds))

    store = Store(f"sqlite:///{tmp_path}/a.db")
    metadata.create_all(store.engine)
    try:
        stored = Probes(store)
        systems = {"gmail": make("gmail", granted(), **REFRESH)[0], "hubspot": make("hubspot")[0]}
        gmail, hubspot = await Monitor(systems, stored, clock, no_wait).check(["gmail", "hubspot"])
        assert gmail.as_json()["credentials"] == stored.last("gmail")["credentials"]
        assert hubspot.as_json()["credentials"]["expires_at"]["status"] == "unknown"
        assert stored.last("hubspot")["credentials"] is None
    finally:
        store.close()
