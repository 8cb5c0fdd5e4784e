"""The one way out: HTTP with a deadline, checked addresses, a capped body and errors that tell nothing secret.

    http = HttpClient(clock=clock)
    reply = await http.request("GET", "https://api.example.com/v1/things", headers={"authorization": f"Bearer {token}"})
    things = reply.checked().object()["things"]

A test gives a function instead of the network: `HttpClient(transport=lambda sent: Answer(200, b"{}"))`; see
`sdk/testing.py`. What speaks to the network is `sdk/wire.py`; its library is loaded with the first request.
"""

from __future__ import annotations

import base64
import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, NoReturn, cast
from urllib.parse import urlencode

from opsbook.sdk.clock import Clock, SystemClock
from opsbook.sdk.errors import InvalidInput, NeverWorks, PersonNeeded, RetryLater
from opsbook.sdk.exchange import Answer, NoAnswer, Resolve, Sent, Transport, Unreached
from opsbook.sdk.redaction import Redactor
from opsbook.sdk.values import Json, JsonObject

if TYPE_CHECKING:
    from opsbook.sdk.wire import Wire

__all__ = [
    "Answer",
    "HttpClient",
    "NoAnswer",
    "Reply",
    "Resolve",
    "Sent",
    "Transport",
    "Unreached",
    "bearer",
]

CONNECT_SECONDS = 2.0
TOTAL_SECONDS = 5.0
MOST_BYTES = 5_000_000  # of a body, after decompression
FLAVOUR = {"metadata-flavor": "Google"}  # asked with and answered with, so that neither side is taken for another
LONGEST_WAIT = 86_400.0  # seconds; a Retry-After beyond a day is read as a day


@dataclass(frozen=True)
class Reply:
    """An answer with any status. `headers` have lower-case names; `elapsed_ms` includes connecting."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    host: str
    elapsed_ms: float
    received_at: datetime

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    @property
    def retry_after_seconds(self) -> float | None:
        """What the `Retry-After` header asks for, in seconds from now, 0 to a day; None without a readable one."""
        text = self.headers.get("retry-after", "").strip()
        if text.isascii() and text.isdigit():
            return min(float(text[:9]), LONGEST_WAIT)
        try:
            then = parsedate_to_datetime(text)
        except ValueError:
            return None
        then = then if then.tzinfo else then.replace(tzinfo=UTC)
        return min(max((then - self.received_at).total_seconds(), 0.0), LONGEST_WAIT)

    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    def json(self) -> Json:
        """The body as JSON. Raises `NeverWorks` (`bad_reply`) when it is none: NaN and bad UTF-8 are refused too."""
        try:
            return cast(Json, json.loads(self.body.decode("utf-8"), parse_constant=_no_constant))
        except (ValueError, RecursionError):
            pass
        raise NeverWorks(f"The answer of {self.host} is not JSON.", code="bad_reply")

    def object(self) -> JsonObject:
        """The body as a JSON object. Raises `NeverWorks` (`bad_reply`) when it is something else."""
        value = self.json()
        if isinstance(value, dict):
            return value
        raise NeverWorks(f"The answer of {self.host} is not a JSON object.", code="bad_reply")

    def checked(self) -> Reply:
        """Itself when the status is 2xx.

        Raises:
            PersonNeeded: `credentials` (401, 403).
            RetryLater: `rate_limited` (429, with the wait that was asked for), `http_5xx`.
            NeverWorks: `bad_reply`, every other status; a redirect is one, it is never followed.
        """
        if self.ok:
            return self
        said = f"{self.host} answered {self.status}."
        if self.status in (401, 403):
            raise PersonNeeded(said, cure="Renew or extend the credentials in the settings.", code="credentials")
        if self.status == 429:
            raise RetryLater(said, after_seconds=self.retry_after_seconds, code="rate_limited")
        if self.status >= 500:
            raise RetryLater(said, after_seconds=self.retry_after_seconds, code="http_5xx")
        raise NeverWorks(said, cure="The request or the address in the settings is wrong.", code="bad_reply")


class HttpClient:
    """Requests, each on a connection of its own: no state is shared, so it can be used from any thread and loop.

    `allow_loopback` opens plain http to `localhost`, `127.0.0.1` and `::1`, for samples and tests, and nothing else.
    `transport` answers instead of the network; `resolve` gives the addresses of a host; `tls` is the context that
    certificates are checked with. Safe to repeat is what the request makes it: nothing is retried here.
    """

    def __init__(
        self,
        *,
        allow_loopback: bool = False,
        clock: Clock | None = None,
        transport: Transport | None = None,
        resolve: Resolve | None = None,
        tls: ssl.SSLContext | None = None,
        connect_seconds: float = CONNECT_SECONDS,
        total_seconds: float = TOTAL_SECONDS,
        most_bytes: int = MOST_BYTES,
    ) -> None:
        self.allow_loopback = allow_loopback
        self.clock = clock or SystemClock()
        self.redactor = Redactor()
        self.transport = transport
        self.resolve = resolve
        self.tls = tls
        self.connect_seconds = connect_seconds
        self.total_seconds = total_seconds
        self.most_bytes = most_bytes
        self._wire: Wire | None = None

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str | int] | None = None,
        json: Json | None = None,
        form: Mapping[str, str] | None = None,
        content: bytes | None = None,
        basic: tuple[str, str] | None = None,
        total_seconds: float | None = None,
    ) -> Reply:
        """One request; an answer of any status is a reply. Redirects are not followed.

        `content` is a body as it is, for a request that is signed; its type stands in `headers`.

        Raises:
            InvalidInput: the address is not one that requests may be sent to; no connection was made.
            Unreached: `timeout` or `network`, nothing was sent.
            NoAnswer: `timeout` or `network`, the request may have left.
            NeverWorks: `bad_reply`, an answer beyond the cap or one that is not HTTP.
        """
        sent = _written(method, url, headers, params, json, form, content, basic)
        return await self._exchanged(sent, self.total_seconds if total_seconds is None else total_seconds)

    async def ask_machine(self, host: str, path: str, params: Mapping[str, str | int]) -> Reply:
        """What the metadata server of a Google machine answers: the one plain http to an internal address.

        `host` is one of its names (`addresses.MACHINE_NAMES`), or this machine where loopback is open. Its name must
        lead to its own addresses and nowhere else; whatever else `request` refuses is refused here too.

        Raises what `request` raises, and `NeverWorks` (`bad_reply`) when what answered does not sign as one.
        """
        sent = _written("GET", f"http://{host}{path}", FLAVOUR, params, None, None, None, None)
        reply = await self._exchanged(sent, self.total_seconds, machine=True)
        if any(reply.headers.get(name) != text for name, text in FLAVOUR.items()):
            raise NeverWorks(f"What answers at {reply.host} is no metadata server of Google's.", code="bad_reply")
        return reply

    async def _exchanged(self, sent: Sent, seconds: float, *, machine: bool = False) -> Reply:
        wire = self.prepared()
        wire.check(sent.url, machine=machine)
        began = self.clock.monotonic()
        answer, host = await wire.exchange(sent, seconds, machine=machine)
        elapsed = (self.clock.monotonic() - began) * 1000
        return Reply(answer.status, answer.headers, answer.body, host, elapsed, self.clock.now())

    def check(self, url: str) -> None:
        """Refuse an address that no request may be sent to, as far as it can be told without resolving its name.

        Raises `InvalidInput`; the sentence does not repeat the address.
        """
        self.prepared().check(url)

    def prepared(self) -> Wire:
        """Load what speaks to the network, so that the first request does not wait for it. Safe to repeat."""
        if self._wire is None:
            from opsbook.sdk.wire import Wire  # noqa: PLC0415 its library takes 0.2 s to import

            self._wire = Wire(
                resolve=self.resolve,
                allow_loopback=self.allow_loopback,
                transport=self.transport,
                tls=self.tls,
                connect_seconds=self.connect_seconds,
                most_bytes=self.most_bytes,
            )
        return self._wire

    async def close(self) -> None:
        """Let go of what was loaded; a later request loads it again. Safe to repeat."""
        self._wire = None


def _written(
    method: str,
    url: str,
    headers: Mapping[str, str] | None,
    params: Mapping[str, str | int] | None,
    value: Json | None,
    form: Mapping[str, str] | None,
    content: bytes | None,
    basic: tuple[str, str] | None,
) -> Sent:
    lines = {"accept": "application/json", "user-agent": "opsbook"}
    body = content or b""
    if value is not None:
        lines["content-type"] = "application/json"
        body = json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    elif form is not None:
        lines["content-type"] = "application/x-www-form-urlencoded"
        body = urlencode(form).encode()
    if basic is not None:
        lines["authorization"] = "Basic " + base64.b64encode(":".join(basic).encode()).decode()
    for name, text in (headers or {}).items():
        lines[name.lower()] = text
    for name, text in lines.items():
        if not text.isascii() or not text.isprintable():
            raise InvalidInput(f"The header {name} holds a character that no header can carry.", field=name)
    if params:
        url += ("&" if "?" in url else "?") + urlencode(params)
    return Sent(method, url, lines, body)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


def bearer(token: str, **more: str) -> dict[str, str]:
    """The headers of a request with a bearer token."""
    return {"authorization": f"Bearer {token}", **more}
