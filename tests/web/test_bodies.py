"""What a request brings is read within bounds, and whatever is wrong with it is the caller's mistake."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from opsbook.sdk.errors import InvalidInput, NotFound
from opsbook.web.bodies import (
    MOST_BYTES,
    TooLarge,
    Unfinished,
    body_of,
    idempotency_key,
    known_id,
    object_in,
    query_number,
    query_value,
)


def request(
    query: bytes = b"", headers: tuple[tuple[bytes, bytes], ...] = (), chunks: tuple[bytes, ...] = ()
) -> Request:
    waiting = list(chunks)

    async def receive() -> dict[str, object]:
        body = waiting.pop(0) if waiting else b""
        return {"type": "http.request", "body": body, "more_body": bool(waiting)}

    scope = {"type": "http", "method": "POST", "path": "/", "query_string": query, "headers": list(headers)}
    return Request(scope, receive)


@pytest.mark.parametrize(("body", "found"), [(b"", {}), (b"  \n", {}), (b'{"a": [1, null]}', {"a": [1, None]})])
def test_a_json_object_or_nothing_is_read(body, found):
    assert object_in(body) == found


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b"1",
        b'"text"',
        b"null",
        b"\xff\xfe",
        b'{"a": NaN}',
        b'{"a": -Infinity}',
        b'{"a": 1e999}',
        b'{"a": ' + b"9" * 5000 + b"}",
        b'{"a": ' + b"[" * 41 + b"]" * 41 + b"}",
        b"[" * 100_000,
        b'{"a":' * 3000,
    ],
)
def test_anything_else_is_refused_with_a_cure(body):
    with pytest.raises(InvalidInput) as told:
        object_in(body)
    assert told.value.field == "body"
    assert told.value.cure


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reading_of_a_body(body):
    with suppress(InvalidInput):
        assert isinstance(object_in(body), dict)


@given(st.recursive(st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(), st.lists, max_leaves=20))
def test_what_json_can_say_is_read_as_it_is(value):
    assert object_in(json.dumps({"value": value}).encode()) == {"value": value}


async def test_a_body_in_pieces_is_one_body():
    assert await body_of(request(chunks=(b'{"a"', b": 1}"))) == b'{"a": 1}'


async def test_reading_stops_at_the_limit():
    with pytest.raises(TooLarge) as told:
        await body_of(request(chunks=(b"x" * MOST_BYTES, b"x", b"never read")))
    assert told.value.http_status == 413


async def test_a_body_that_never_comes_is_not_waited_for():
    async def never() -> dict[str, object]:
        await asyncio.Event().wait()
        return {}

    with pytest.raises(Unfinished, match="in time") as told:
        await body_of(Request(request().scope, never), patience=0.01)
    assert told.value.http_status == 408


async def test_a_caller_that_goes_away_in_the_middle_of_its_body_breaks_nothing():
    async def gone() -> dict[str, object]:
        return {"type": "http.disconnect"}

    with pytest.raises(Unfinished, match="went away"):
        await body_of(Request(request().scope, gone))


def test_a_value_of_the_query_is_given_once_or_not_at_all():
    assert query_value(request(b"a=1&b="), "a") == "1"
    assert query_value(request(b"a=1&b="), "b") is None
    assert query_value(request(b"a=1"), "c") is None
    with pytest.raises(InvalidInput):
        query_value(request(b"a=1&a=2"), "a")


@pytest.mark.parametrize(("text", "found"), [(b"5", 5), (b"0", 0), (b"2.5", 2.5), (b"901", 900), (b"", 20)])
def test_a_number_of_the_query_has_a_default_and_an_upper_bound(text, found):
    assert query_number(request(b"wait=" + text), "wait", 20, 900) == found


@pytest.mark.parametrize("text", [b"-1", b"nan", b"inf", b"1e9", b"five", b"%D9%A3", b"+5", b"0x10", b"9" * 500])
def test_what_is_no_number_is_refused(text):
    with pytest.raises(InvalidInput):
        query_number(request(b"wait=" + text), "wait", 20, 900)


def test_a_text_that_can_be_no_id_is_not_found():
    assert known_id("run_0123abc", "run") == "run_0123abc"
    for text in ("", "a/b", "é", "a b", "x" * 81, "a\x00b", "a\n"):
        with pytest.raises(NotFound):
            known_id(text, "run")


def test_an_idempotency_key_is_one_short_visible_text():
    assert idempotency_key(request()) is None
    assert idempotency_key(request(headers=((b"idempotency-key", b"order-17"),))) == "order-17"
    for bad in (b"", b"a b", b"\xff", b"k" * 256):
        with pytest.raises(InvalidInput):
            idempotency_key(request(headers=((b"idempotency-key", bad),)))
    with pytest.raises(InvalidInput):
        idempotency_key(request(headers=((b"idempotency-key", b"a"), (b"idempotency-key", b"a"))))
