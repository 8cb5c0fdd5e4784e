"""What speaks HTTP to the network: the only file that imports an HTTP library, loaded with the first request.

A host is resolved once, every address it has is judged, and the connection goes to an address that was judged, while
the name stays what the certificate and the `Host` header are checked against. So a name that answers differently the
second time changes nothing.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import zlib
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from inspect import isawaitable
from typing import Any

import httpcore
import httpx

from opsbook.sdk.addresses import (
    is_address,
    is_loopback_name,
    is_machine_name,
    looks_numeric,
    why_not_machine,
    why_refused,
)
from opsbook.sdk.errors import InvalidInput, NeverWorks, OpsbookError
from opsbook.sdk.exchange import Answer, NoAnswer, Resolve, Sent, Transport, Unreached

UNREACHED = (httpcore.ConnectError, httpcore.ConnectTimeout, ConnectionRefusedError, socket.gaierror, ssl.SSLError)
TIMED_OUT = (TimeoutError, httpcore.TimeoutException)
CUT_OFF = ("Server disconnected", "peer closed connection")  # how the library tells an early end from nonsense
NOT_HTTP = (httpcore.ProtocolError, httpcore.UnsupportedProtocol, httpx.InvalidURL, UnicodeError)


@dataclass
class _Exchange:
    """How far one request came."""

    host: str
    machine: bool = False  # it asks the metadata server, at the one internal address that is ever asked
    left: bool = False

    async def trace(self, event: str, _info: Any) -> None:
        if event.endswith("send_request_headers.started"):
            self.left = True


@dataclass
class Wire:
    """One exchange, one connection."""

    resolve: Resolve | None
    allow_loopback: bool
    transport: Transport | None
    tls: ssl.SSLContext | None
    connect_seconds: float
    most_bytes: int
    below: httpcore.AsyncNetworkBackend = field(default_factory=httpcore.AnyIOBackend)

    def check(self, url: str, *, machine: bool = False) -> httpx.URL:
        """The address, taken apart. Raises `InvalidInput` when no request may be sent to it.

        `machine`: it is a question to the metadata server, which speaks plain http at an internal address.
        """
        try:
            found = httpx.URL(url)
        except (httpx.InvalidURL, UnicodeError, ValueError):
            found = None
        if found is None or not found.host or found.scheme not in ("https", "http"):
            raise _refused("it is not an http address")
        if found.userinfo:
            raise _refused("it carries a user name or password")
        local = self.allow_loopback and is_loopback_name(found.host)
        if machine and found.scheme == "http" and is_machine_name(found.host):
            return found
        if found.scheme == "http" and not local:
            raise _refused("it is not https")
        if looks_numeric(found.host):
            raise _refused("its host is a number and not an address")
        if (":" in found.host or is_address(found.host)) and (why := why_refused(found.host, loopback_allowed=local)):
            raise _refused(why)
        return found

    async def exchange(self, sent: Sent, total_seconds: float, *, machine: bool = False) -> tuple[Answer, str]:
        """The answer and the host that gave it. Raises what `HttpClient.request` says."""
        url = self.check(sent.url, machine=machine)
        state = _Exchange(url.host, machine and is_machine_name(url.host))
        try:
            async with asyncio.timeout(total_seconds):
                return await self._exchange(sent, url, state), url.host
        except OpsbookError:
            raise
        except (*TIMED_OUT, *UNREACHED, *NOT_HTTP, httpcore.NetworkError, httpx.HTTPError, OSError) as error:
            failure = _failure(error, state)
        raise failure  # out here, because the library's error knows the request's headers and would ride along

    async def _exchange(self, sent: Sent, url: httpx.URL, state: _Exchange) -> Answer:
        request = httpx.Request(
            sent.method,
            url,
            headers={**sent.headers, "accept-encoding": "gzip"},
            content=sent.body or None,
            extensions={
                "timeout": {"connect": self.connect_seconds, "read": None, "write": None, "pool": None},
                "trace": state.trace,
            },
        )
        async with self._answering(request, state) as response:
            headers = {name.lower(): value for name, value in response.headers.items()}
            body = bytearray()
            packed = "" if sent.method == "HEAD" else headers.get("content-encoding", "")  # no body follows a HEAD
            encoding = packed.strip().lower()
            async for chunk in _decoded(response.aiter_raw(), encoding, self.most_bytes + 1, state.host):
                body += chunk
                if len(body) > self.most_bytes:
                    raise NeverWorks(
                        f"The answer of {state.host} is larger than {self.most_bytes} bytes.", code="bad_reply"
                    )
            return Answer(response.status_code, bytes(body), headers)

    @asynccontextmanager
    async def _answering(self, request: httpx.Request, state: _Exchange) -> AsyncIterator[httpx.Response]:
        if self.transport is not None:
            yield await _faked(self.transport, request, state)
            return
        backend = CheckedBackend(self.resolve or resolved, self.allow_loopback, self.below, machine=state.machine)
        async with httpcore.AsyncConnectionPool(
            ssl_context=self._tls(), max_keepalive_connections=0, network_backend=backend
        ) as pool:
            response = await pool.handle_async_request(
                httpcore.Request(
                    request.method,
                    httpcore.URL(
                        scheme=request.url.raw_scheme,
                        host=request.url.raw_host,
                        port=request.url.port,
                        target=request.url.raw_path,
                    ),
                    headers=request.headers.raw,
                    content=request.stream,
                    extensions=request.extensions,
                )
            )
            try:
                yield httpx.Response(response.status, headers=response.headers, stream=_Body(response))
            finally:
                await response.aclose()

    def _tls(self) -> ssl.SSLContext:
        if self.tls is None:
            self.tls = httpx.create_ssl_context()
        return self.tls


class _Body(httpx.AsyncByteStream):
    def __init__(self, response: httpcore.Response) -> None:
        self.response = response

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for part in self.response.aiter_stream():
            yield part


class CheckedBackend(httpcore.AsyncNetworkBackend):
    """Connects to judged addresses only. `below` makes the connection; `machine`: to the metadata server's alone."""

    def __init__(
        self, resolve: Resolve, allow_loopback: bool, below: httpcore.AsyncNetworkBackend, *, machine: bool = False
    ) -> None:
        self.resolve = resolve
        self.allow_loopback = allow_loopback
        self.below = below
        self.machine = machine

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        async with asyncio.timeout(timeout):
            addresses = await self.resolve(host, port)
            local = self.allow_loopback and is_loopback_name(host)
            for address in addresses:
                why = why_not_machine(address) if self.machine else why_refused(address, loopback_allowed=local)
                if why:
                    raise _refused(why)
            return await self._first(addresses, port, timeout, socket_options)

    async def _first(
        self,
        addresses: Sequence[str],
        port: int,
        timeout: float | None,
        options: Iterable[httpcore.SOCKET_OPTION] | None,
    ) -> httpcore.AsyncNetworkStream:
        for address in addresses[:-1]:
            try:
                return await self.below.connect_tcp(address, port, timeout, socket_options=options)
            except httpcore.ConnectError:
                continue
        if not addresses:
            raise httpcore.ConnectError("The name has no address.")
        return await self.below.connect_tcp(addresses[-1], port, timeout, socket_options=options)


async def resolved(host: str, port: int) -> list[str]:
    """The addresses of a host by the machine's resolver, in its order, once each."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


async def _faked(transport: Transport, request: httpx.Request, state: _Exchange) -> httpx.Response:
    sent = Sent(request.method, str(request.url), dict(request.headers), await request.aread())
    state.left = True
    answer = transport(sent)
    if isawaitable(answer):
        answer = await answer
    return httpx.Response(answer.status, headers=dict(answer.headers), stream=httpx.ByteStream(answer.body))


async def _decoded(raw: AsyncIterator[bytes], encoding: str, most: int, host: str) -> AsyncIterator[bytes]:
    """The parts of a body, never more than `most` bytes at a time: a small body can hold a huge one."""
    if encoding in ("", "identity"):
        async for part in raw:
            yield part
        return
    if encoding != "gzip":
        raise NeverWorks(f"The answer of {host} is packed in a way that was not asked for.", code="bad_reply")
    unpacker = zlib.decompressobj(16 + zlib.MAX_WBITS)
    broken = False
    async for part in raw:
        try:
            unpacked = unpacker.decompress(part, most)
        except zlib.error:
            broken = True
            break
        yield unpacked
    if broken or not unpacker.eof:
        raise NeverWorks(f"The packed answer of {host} is broken.", code="bad_reply")


def _failure(error: Exception, state: _Exchange) -> OpsbookError:
    code = "timeout" if isinstance(error, TIMED_OUT) else "network"
    cut = isinstance(error, httpcore.RemoteProtocolError) and str(error).startswith(CUT_OFF)
    if isinstance(error, NOT_HTTP) and not cut:
        return NeverWorks(f"What answered at {state.host} does not speak HTTP.", code="bad_reply")
    if isinstance(error, UNREACHED) or not state.left:
        said = "No connection in time" if code == "timeout" else "No connection"
        return Unreached(f"{said} to {state.host}.", code=code)
    said = "No whole answer in time" if code == "timeout" else "The connection broke before a whole answer came"
    return NoAnswer(f"{said} from {state.host}.", code=code)


def _refused(why: str) -> InvalidInput:
    return InvalidInput(
        f"No request is sent to this address: {why}.",
        field="url",
        cure="Use the https address of a public host.",
        code="address_refused",
    )
