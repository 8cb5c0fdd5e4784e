"""Thousands of malformed requests over a real socket: the caller is told, the server never breaks and never hangs."""

from __future__ import annotations

import asyncio
import random
from collections import Counter

import httpx
import pytest

from web.serving import API, CRON, DOOR, SECRET, TOKEN, Served, listening

REQUESTS = 3000
PATHS = [
    b"/api/cron/playbook-runner?playbookId=says_hello&wait=0",
    b"/api/cron/playbook-runner",
    b"/api/v1/runs?limit=3&cursor=run_0",
    b"/api/v1/runs/run_0",
    b"/api/v1/runs/run_0/cancel",
    b"/api/v1/playbooks/says_hello/runs",
    b"/api/v1/playbooks/says_hello",
    b"/api/v1/threads/thread_0",
    b"/api/v1/alerts?state=open",
    b"/api/v1/slots?playbook_id=says_hello",
    b"/openapi.json",
    b"/healthz",
]
METHODS = [b"GET", b"POST", b"PUT", b"DELETE", b"HEAD", b"OPTIONS", b"PATCH", b"BREW", b"get", b""]
BODIES = [
    b"",
    b"{}",
    b'{"inputs": {"name": "x"}}',
    b'{"inputs": {"name": "\\ud800"}}',
    b'{"inputs": {"name": 1e999}}',
    b'{"inputs": {"name": NaN}}',
    b'{"dry_run": 1}',
    b"[" * 3000,
    b'{"inputs":' * 500,
    b"\xff\xfe\x00",
    b"9" * 6000,
    b'{"inputs": {"name": "' + b"n" * 70_000 + b'"}}',
]
HEADERS = [
    b"Authorization: Bearer " + SECRET.encode(),
    b"Authorization: Bearer " + TOKEN.encode(),
    b"Authorization: Bearer \xff\xfe",
    b"Authorization: Bearer " + "é".encode(),
    b"Authorization: Bearer " + b"x" * 5000,
    b"Authorization:",
    b"X-CloudScheduler-JobName: \xff",
    b"X-CloudScheduler-JobName: job",
    b"X-CloudScheduler-ScheduleTime: 2026-11-24T14:00:00Z",
    b"X-CloudScheduler-ScheduleTime: 0001-01-01T00:00:00Z",
    b"X-CloudScheduler-ScheduleTime: 9999-12-31T23:59:59-23:59",
    b"X-CloudScheduler-ScheduleTime: \xd9\xa3",
    b"Idempotency-Key: \xff",
    b"Idempotency-Key: key",
    b"Content-Type: application/json",
    b"Content-Type: multipart/form-data; boundary=\xff",
    b"Expect: 100-continue",
    b"Host: \xff",
    b"Cookie: a=b; \x80",
    b"no colon here",
    b"Transfer-Encoding: chunked",
    b"Content-Length: -1",
    b": empty",
]
JUNK = [b"%00", b"%ff", b"%", b"%zz", b"&playbookId=x", b"&wait=nan", b"?", b"#", b";", b"//", b"..", b"\xc3\xa9"]
VERSIONS = [b"HTTP/1.1", b"HTTP/1.1", b"HTTP/1.0", b"HTTP/9"]


def malformed(chance: random.Random) -> bytes:
    """A request made of plausible parts, with parts broken."""
    path = chance.choice(PATHS)
    for _ in range(chance.choice((0, 0, 1, 1, 2))):
        at = chance.randrange(1, len(path) + 1)
        path = path[:at] + chance.choice(JUNK) + path[at:]
    body = chance.choice(BODIES)
    lines = [b" ".join((chance.choice(METHODS), path, chance.choice(VERSIONS)))]
    lines += [b"Host: opsbook.test", b"Connection: close", b"Content-Length: %d" % len(body)]
    lines += chance.sample(HEADERS, chance.randrange(0, 4))
    raw = b"\r\n".join(lines) + b"\r\n\r\n" + body
    if chance.random() < 0.2:
        at = chance.randrange(len(raw))
        raw = raw[:at] + chance.randbytes(chance.randrange(1, 6)) + raw[at + chance.randrange(4) :]
    return raw


async def status_of(port: int, raw: bytes) -> int:
    """The status of the answer; 0 when the server closed the connection without one."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(raw)
        writer.write_eof()
        line = await asyncio.wait_for(reader.readline(), 20)
        return int(line.split()[1]) if line else 0
    except ConnectionError:
        return 0
    finally:
        writer.close()


async def test_no_request_however_malformed_is_answered_with_a_5xx_or_with_silence(served: Served):
    chance = random.Random(20261124)
    requests = [malformed(chance) for _ in range(REQUESTS)]
    seen: Counter[int] = Counter()
    places = asyncio.Semaphore(40)

    async def one(port: int, raw: bytes) -> None:
        async with places:
            status = await status_of(port, raw)
        assert status < 500, raw[:400]
        seen[status] += 1

    async with listening(served.site) as port:
        await asyncio.gather(*(one(port, raw) for raw in requests))
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
            assert (await client.get("/healthz")).status_code == 200
    assert sum(seen.values()) == REQUESTS
    assert {200, 400, 401, 404, 405} <= set(seen), seen


@pytest.mark.parametrize("bearer", [b"Bearer \xff", "Bearer é".encode(), b"Bearer " + b"x" * 5120, b""])
async def test_a_bearer_of_any_bytes_is_a_401_on_the_wire(served: Served, bearer):
    async with listening(served.site) as port:
        for target in (DOOR.encode() + b"?playbookId=says_hello", b"/api/v1/runs"):
            head = [b"POST " + target + b" HTTP/1.1", b"Host: x", b"Content-Length: 0", b"Connection: close"]
            head += [b"Authorization: " + bearer] if bearer else []
            assert await status_of(port, b"\r\n".join(head) + b"\r\n\r\n") == 401


async def test_fifty_schedulers_at_once_start_one_run(served: Served):
    headers = {
        **CRON,
        "X-CloudScheduler": "true",
        "X-CloudScheduler-JobName": "hello",
        "X-CloudScheduler-ScheduleTime": "2026-11-24T14:00:00Z",
    }
    async with listening(served.site) as port:
        limits = httpx.Limits(max_connections=50)
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", limits=limits, timeout=30) as client:
            posts = (client.post(DOOR, params={"playbookId": "says_hello"}, headers=headers) for _ in range(50))
            answers = await asyncio.gather(*posts)
            ids = {answer.json()["executionId"] for answer in answers}
            assert len(ids) == 1
            assert {answer.status_code for answer in answers} <= {200, 202}
            assert sum("duplicate" not in answer.json() for answer in answers) == 1
            runs = (await client.get("/api/v1/runs", headers=API)).json()["items"]
            assert [run["id"] for run in runs] == list(ids)
    assert len(served.app.records.runs.latest()) == 1
