"""The one way out: deadlines, addresses, bodies and errors, against real connections of this machine."""

from __future__ import annotations

import asyncio
import gzip
import socket
import ssl
import traceback
import tracemalloc
from datetime import UTC, datetime, timedelta

import pytest

from opsbook.sdk.clock import SteppedClock
from opsbook.sdk.errors import InvalidInput, NeverWorks, OpsbookError, PersonNeeded, RetryLater
from opsbook.sdk.http import Answer, HttpClient, NoAnswer, Unreached, bearer
from opsbook.sdk.testing import FakeSystem, json_answer
from peers.mail import certificate  # noqa: F401 a fixture
from sdk.serving import answer, serving

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
CANARY = "canary-7Qm2xv9Lr4"


def client(**more) -> HttpClient:
    return HttpClient(allow_loopback=True, **more)


def faked(answers, **more) -> HttpClient:
    return HttpClient(transport=FakeSystem(answers), clock=SteppedClock(NOW), **more)


async def test_a_request_says_what_it_was_told_and_the_reply_is_read():
    async with serving(answer(b'{"a": [1]}', content_type="application/json")) as server:
        reply = await client().request(
            "POST", server.url("/v1/x?a=1"), params={"b": "ü &"}, json={"c": 2}, headers=bearer("t")
        )
    head = server.requests[0].decode()
    assert head.startswith("POST /v1/x?a=1&b=%C3%BC+%26 HTTP/1.1\r\n")
    assert "authorization: Bearer t" in head
    assert f"host: localhost:{server.port}" in head.lower()
    assert (reply.status, reply.object(), reply.host) == (200, {"a": [1]}, "localhost")
    assert reply.elapsed_ms > 0


async def test_forms_and_basic_credentials_are_written_as_they_should_be():
    desk = FakeSystem({"*": Answer()})
    http = HttpClient(transport=desk)
    await http.request("POST", "https://api.example.com/", form={"a": "1 2", "b": "é"}, basic=("user", "pass"))
    assert desk.form() == {"a": "1 2", "b": "é"}
    assert desk.sent[0].headers["authorization"] == "Basic dXNlcjpwYXNz"


async def test_a_redirect_is_an_answer_and_is_not_followed():
    async with serving(answer(b"", "302 Found", location="http://127.0.0.1:1/")) as server:
        reply = await client().request("GET", server.url())
    assert reply.status == 302
    assert len(server.requests) == 1
    with pytest.raises(NeverWorks, match="answered 302"):
        reply.checked()


async def test_the_deadline_holds_for_the_whole_request_and_not_for_each_read():
    async def drip(_reader, writer):
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n")
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.02)

    async with serving(drip) as server:
        began = asyncio.get_running_loop().time()
        with pytest.raises(NoAnswer) as caught:
            await client().request("GET", server.url(), total_seconds=0.2)
    assert caught.value.code == "timeout"
    assert asyncio.get_running_loop().time() - began < 1.0


async def test_a_refused_connection_says_that_nothing_was_sent():
    with socket.socket() as taken:  # bound and not listening: nobody else can answer there
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(Unreached) as caught:
            await client().request("GET", f"http://127.0.0.1:{taken.getsockname()[1]}/")
    assert caught.value.code == "network"


async def test_a_connection_that_is_not_answered_in_time_says_that_nothing_was_sent():
    async def never(_host, _port):
        await asyncio.sleep(30)
        return []

    with pytest.raises(Unreached) as caught:
        await HttpClient(resolve=never, connect_seconds=0.05).request("GET", "https://api.example.com/")
    assert caught.value.code == "timeout"


async def test_a_name_that_nobody_knows_says_that_nothing_was_sent():
    async def unknown(_host, _port):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    async def empty(_host, _port):
        return []

    for resolve in (unknown, empty):
        with pytest.raises(Unreached) as caught:
            await HttpClient(resolve=resolve).request("GET", "https://api.example.com/")
        assert caught.value.code == "network"


@pytest.mark.parametrize("said", [b"", b"HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\nhalf"])
async def test_an_answer_that_breaks_off_may_have_been_acted_on(said):
    async with serving(said) as server:
        with pytest.raises(NoAnswer) as caught:
            await client().request("GET", server.url())
    assert caught.value.code == "network"


@pytest.mark.parametrize("said", [b"220 mail.example.com ESMTP\r\n\r\n", b"\x00\xff\x00\xff\r\n\r\n"])
async def test_what_is_not_http_is_a_bad_reply(said):
    async with serving(said) as server:
        with pytest.raises(NeverWorks) as caught:
            await client().request("GET", server.url())
    assert caught.value.code == "bad_reply"


async def test_a_packed_body_is_unpacked():
    packed = gzip.compress(b'{"ok": true}')
    async with serving(answer(packed, content_encoding="gzip")) as server:
        assert (await client().request("GET", server.url())).json() == {"ok": True}


async def test_the_second_address_of_a_name_is_tried_when_the_first_refuses():
    async def two(_host, _port):
        return ["::1", "127.0.0.1"]

    async with serving(answer(b"[]")) as server:
        assert (await client(resolve=two).request("GET", server.url())).json() == []


@pytest.mark.parametrize(
    "said",
    [
        answer(b"x" * 1001),
        b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 1001,
        answer(gzip.compress(b"\0" * 50_000_000), content_encoding="gzip"),
        answer(gzip.compress(b"[]")[:-4], content_encoding="gzip"),
        answer(b"no gzip at all", content_encoding="gzip"),
        answer(b"[]", content_encoding="br"),
    ],
    ids=["large", "endless", "bomb", "cut", "not gzip", "unasked"],
)
async def test_a_body_that_is_too_large_or_broken_is_a_bad_reply(said):
    async with serving(said) as server:
        with pytest.raises(NeverWorks) as caught:
            await client(most_bytes=1000).request("GET", server.url())
    assert caught.value.code == "bad_reply"


async def test_a_small_body_that_holds_a_huge_one_is_never_unpacked_as_a_whole():
    async with serving(answer(gzip.compress(b"\0" * 50_000_000), content_encoding="gzip")) as server:
        http = client(most_bytes=1000)
        http.prepared()
        tracemalloc.start()
        with pytest.raises(NeverWorks):
            await http.request("GET", server.url())
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert most < 5_000_000


@pytest.mark.parametrize("body", [b"", b"nothing", b"NaN", b'{"a": Infinity}', b"\xff\xfe", b"[" * 100_000])
async def test_what_is_not_strict_json_is_a_bad_reply(body):
    reply = await faked({"*": Answer(200, body)}).request("GET", "https://api.example.com/")
    with pytest.raises(NeverWorks, match="not JSON"):
        reply.json()


async def test_an_object_is_not_a_list():
    reply = await faked({"*": Answer(200, b"[]")}).request("GET", "https://api.example.com/")
    assert reply.json() == []
    with pytest.raises(NeverWorks, match="not a JSON object"):
        reply.object()


@pytest.mark.parametrize(
    ("status", "kind", "code"),
    [
        (401, PersonNeeded, "credentials"),
        (403, PersonNeeded, "credentials"),
        (429, RetryLater, "rate_limited"),
        (500, RetryLater, "http_5xx"),
        (503, RetryLater, "http_5xx"),
        (404, NeverWorks, "bad_reply"),
        (307, NeverWorks, "bad_reply"),
    ],
)
async def test_a_failed_status_becomes_the_error_of_what_happens_next(status, kind, code):
    reply = await faked({"*": Answer(status)}).request("GET", "https://api.example.com/")
    with pytest.raises(kind) as caught:
        reply.checked()
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("30", 30.0),
        ("0", 0.0),
        ("99999999999999", 86400.0),
        ("Tue, 24 Nov 2026 09:00:45 GMT", 45.0),
        ("Tue, 24 Nov 2026 08:00:00 GMT", 0.0),
        ("Tue, 24 Nov 2026 09:00:45 -0000", 45.0),
        ("soon", None),
        ("-5", None),
        ("", None),
    ],
)
async def test_the_wait_that_was_asked_for_is_understood_in_both_forms(text, seconds):
    reply = await faked({"*": Answer(429, headers={"retry-after": text})}).request("GET", "https://api.example.com/")
    assert reply.retry_after_seconds == seconds


async def test_the_wait_rides_on_the_error():
    reply = await faked({"*": Answer(429, headers={"Retry-After": "7"})}).request("GET", "https://api.example.com/")
    with pytest.raises(RetryLater) as caught:
        reply.checked()
    assert caught.value.after_seconds == 7.0


async def test_latency_is_taken_from_the_clock_that_only_moves_forward():
    clock = SteppedClock(NOW)

    async def slow(_sent):
        clock.forward(timedelta(milliseconds=250))
        return Answer()

    reply = await HttpClient(transport=slow, clock=clock).request("GET", "https://api.example.com/")
    assert (reply.elapsed_ms, reply.received_at) == (250.0, NOW + timedelta(milliseconds=250))


FAILURES = [
    ConnectionRefusedError(CANARY),
    ConnectionResetError(CANARY),
    TimeoutError(CANARY),
    ssl.SSLError(CANARY),
    Answer(200, CANARY.encode()),
    Answer(401, CANARY.encode()),
    Answer(503, CANARY.encode()),
]


@pytest.mark.parametrize("failure", FAILURES, ids=[type(one).__name__ for one in FAILURES])
async def test_no_error_repeats_a_header_a_query_a_body_or_what_the_library_said(failure):
    http = faked({"*": failure})
    with pytest.raises(OpsbookError) as caught:
        await _ask_with_secrets_everywhere(http)
    error = caught.value
    assert error.__context__ is None or CANARY not in "".join(traceback.format_exception(error.__context__))
    assert CANARY not in f"{error!r} {error} {error.cure}"


async def _ask_with_secrets_everywhere(http: HttpClient) -> None:
    reply = await http.request(
        "POST",
        f"https://api.example.com/hook/{CANARY}",
        params={"key": CANARY},
        headers=bearer(CANARY),
        json={"password": CANARY},
    )
    reply.checked().json()


async def test_neither_a_request_nor_a_reply_prints_what_it_carries():
    desk = FakeSystem({"*": Answer(200, CANARY.encode(), {"x-key": CANARY})})
    reply = await HttpClient(transport=desk).request("GET", "https://api.example.com/", headers=bearer(CANARY))
    assert CANARY not in repr(reply)
    assert CANARY not in repr(desk.sent[0])


@pytest.mark.parametrize("text", ["a\r\nx-evil: 1", "a\0", "schlüssel", "a\u2028b"])
async def test_a_header_that_could_become_two_is_refused_before_anything_is_sent(text):
    desk = FakeSystem({"*": Answer()})
    with pytest.raises(InvalidInput) as caught:
        await HttpClient(transport=desk).request("GET", "https://api.example.com/", headers={"x-key": text})
    assert (caught.value.field, desk.sent) == ("x-key", [])


async def test_the_name_is_what_the_certificate_is_checked_against(certificate):  # noqa: F811
    cert, key = certificate
    serve = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serve.load_cert_chain(cert, key)
    trust = ssl.create_default_context(cafile=str(cert))

    async def here(_host, _port):
        return ["127.0.0.1"]

    async with serving(answer(b"[]"), tls=serve) as server:
        http = HttpClient(allow_loopback=True, tls=trust, resolve=here)
        assert (await http.request("GET", server.url(scheme="https"))).json() == []
        with pytest.raises(Unreached):  # nobody vouches for it
            await HttpClient(allow_loopback=True, resolve=here).request("GET", server.url(scheme="https"))


async def test_a_closed_client_can_be_used_again():
    http = faked({"*": json_answer({"a": 1})})
    await http.request("GET", "https://api.example.com/")
    await http.close()
    await http.close()
    assert (await http.request("GET", "https://api.example.com/")).object() == {"a": 1}


def test_one_client_serves_several_loops():
    http = faked({"*": json_answer([])})
    for _ in range(3):
        assert asyncio.run(http.request("GET", "https://api.example.com/")).json() == []


async def test_a_fake_gives_its_answers_in_turn_and_refuses_what_nobody_scripted():
    desk = FakeSystem({"GET /a": [Answer(500), Answer(200)], "POST /b": json_answer({}, 201, retry_after="3")})
    http = HttpClient(transport=desk)
    statuses = [(await http.request("GET", "https://api.example.com/a?x=1")).status for _ in range(3)]
    assert (statuses, desk.query()) == ([500, 200, 200], {"x": "1"})
    assert (await http.request("POST", "https://api.example.com/b", json=[1])).retry_after_seconds == 3.0
    assert desk.json() == [1]
    with pytest.raises(NeverWorks, match="Nobody scripted"):
        await http.request("GET", "https://api.example.com/c")
