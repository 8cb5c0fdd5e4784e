"""What can come back instead of a good answer, and a system asked in front of it."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from integrations.samples import SAMPLES, failing
from opsbook.integrations.catalog import one_of
from opsbook.integrations.configuration import configure_one
from opsbook.sdk.clock import SteppedClock
from opsbook.sdk.http import Answer, HttpClient
from opsbook.sdk.integration import ErrorClass, Integration, Observation, Status
from opsbook.sdk.testing import FakeSystem, Scripted, json_answer

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)

Situation = tuple[Answer | Exception, Status, ErrorClass | None]

VERDICTS: list[Situation] = [
    (Answer(401), Status.OFFLINE, ErrorClass.AUTH),
    (Answer(403), Status.OFFLINE, ErrorClass.AUTH),
    (Answer(429, headers={"retry-after": "30"}), Status.DEGRADED, ErrorClass.THROTTLED),
    (Answer(500), Status.OFFLINE, ErrorClass.SERVER),
    (Answer(502, b"<html>bad gateway</html>"), Status.OFFLINE, ErrorClass.SERVER),
    (Answer(204), Status.OFFLINE, ErrorClass.BAD_REPLY),
    (Answer(200, b"<html>maintenance</html>"), Status.OFFLINE, ErrorClass.BAD_REPLY),
    (Answer(200, b"\xff\xfe"), Status.OFFLINE, ErrorClass.BAD_REPLY),
    (Answer(200, b"[" * 90_000), Status.OFFLINE, ErrorClass.BAD_REPLY),
    (Answer(200, b" " * 200_000), Status.OFFLINE, ErrorClass.BAD_REPLY),
    (
        Answer(200, gzip.compress(b" " * 9_000_000), {"content-encoding": "gzip"}),
        Status.OFFLINE,
        ErrorClass.BAD_REPLY,
    ),
    (TimeoutError(), Status.OFFLINE, ErrorClass.TIMEOUT),
]
ERRORS: list[Situation] = [
    (Answer(418), Status.OFFLINE, ErrorClass.CLIENT),
    (Answer(302, headers={"location": "https://login.example.com/"}), Status.OFFLINE, ErrorClass.BAD_REPLY),
    (ConnectionRefusedError(), Status.OFFLINE, ErrorClass.NETWORK),
    (ConnectionResetError(), Status.OFFLINE, ErrorClass.NETWORK),
]
ECHOED = (200, 400, 401, 403, 404, 429, 500)


def made(key: str, answers: Mapping[str, Scripted] | None = None, **more: Any) -> tuple[Integration[Any], FakeSystem]:
    """One system with its sample settings (and others on top), in front of a network that answers as scripted."""
    desk = FakeSystem(SAMPLES[key].good if answers is None else answers)
    http = HttpClient(transport=desk, clock=SteppedClock(NOW), most_bytes=100_000)
    settings = {name: value for name, value in {**SAMPLES[key].settings, **more}.items() if value is not None}
    return configure_one(one_of(key), settings, {}, http), desk


async def asked(key: str, answer: Answer | Exception) -> Observation:
    """What a probe finds when the request that is tried is answered so."""
    system, _ = made(key, failing(key, answer))
    return await system.probe()


async def greeted(said: str, **settings: Any) -> tuple[Integration[Any], Observation]:
    """The mail system, and what its probe finds at a server that says only this."""

    async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(f"{said}\r\n".encode())
        writer.close()

    async with await asyncio.start_server(greet, "127.0.0.1", 0) as server:
        where = {"host": "127.0.0.1", "port": server.sockets[0].getsockname()[1], "sender": "ops@example.com"}
        system = configure_one(one_of("smtp"), {**where, **settings}, {}, HttpClient())
        return system, await system.probe()


def echo(secret: str, status: int) -> Answer:
    """A vendor that repeats a secret in every place where it could."""
    error = {"code": secret, "status": secret, "type": secret, "message": secret}
    body = {"error": error, "code": secret, "ok": False, "category": secret, "ErrorCode": secret, "message": secret}
    return json_answer(body, status)
