"""What an answer or an error says of a system, by the rules that all of them share.

| Observation | Status | Class |
| --- | --- | --- |
| 2xx with the body that is documented | online | - |
| 429 | degraded | throttled |
| 401, 403 | offline | auth |
| no name, no TLS, refused, broken off | offline | network |
| no answer in time | offline | timeout |
| 5xx | offline | server |
| another body than documented, a redirect | offline | bad_reply |
| any other 4xx | offline | client |

A message is our own sentence and at most the vendor's code: their prose could repeat a secret or a person's data.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from opsbook.sdk.errors import NeverWorks, OpsbookError
from opsbook.sdk.http import Reply
from opsbook.sdk.integration import ErrorClass, Observation, Status
from opsbook.sdk.values import Json, JsonObject

CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.\-]{0,59}")

SENTENCES: Mapping[ErrorClass, str] = {
    ErrorClass.AUTH: "It refused our credentials",
    ErrorClass.THROTTLED: "It limits how often we may ask",
    ErrorClass.SERVER: "It failed on its side",
    ErrorClass.CLIENT: "It says that our request is wrong",
    ErrorClass.BAD_REPLY: "It answered with something that it does not document",
}
_BY_CODE = {
    "credentials": ErrorClass.AUTH,
    "rate_limited": ErrorClass.THROTTLED,
    "http_5xx": ErrorClass.SERVER,
    "timeout": ErrorClass.TIMEOUT,
    "network": ErrorClass.NETWORK,
    "address_refused": ErrorClass.NETWORK,
    "bad_reply": ErrorClass.BAD_REPLY,
}


def online(reply: Reply, *, quota: JsonObject | None = None, message: str = "") -> Observation:
    """It answered as documented."""
    return Observation(Status.ONLINE, reply.elapsed_ms, None, message, quota)


def failed(reply: Reply, error_class: ErrorClass, code: str = "") -> Observation:
    """It answered, and the answer means a failure; `code` is the vendor's own."""
    status = Status.DEGRADED if error_class is ErrorClass.THROTTLED else Status.OFFLINE
    said = SENTENCES[error_class] + (f" ({code})." if code else f" (status {reply.status}).")
    wait = reply.retry_after_seconds
    if wait is not None and error_class in (ErrorClass.THROTTLED, ErrorClass.SERVER):
        said += f" It asks to wait {wait:g} s."
    return Observation(status, reply.elapsed_ms, error_class, said)


def failure_by_status(reply: Reply, code: str = "") -> Observation | None:
    """What the status alone says; None for 2xx, whose body must be judged."""
    if reply.ok:
        return None
    if reply.status in (401, 403):
        return failed(reply, ErrorClass.AUTH, code)
    if reply.status == 429:
        return failed(reply, ErrorClass.THROTTLED, code)
    if reply.status >= 500:
        return failed(reply, ErrorClass.SERVER, code)
    if reply.status >= 400:
        return failed(reply, ErrorClass.CLIENT, code)
    return failed(reply, ErrorClass.BAD_REPLY, code)


def undocumented(reply: Reply) -> Observation:
    """A good status with a body that the vendor does not document."""
    return failed(reply, ErrorClass.BAD_REPLY)


def verdict_of(error: OpsbookError) -> Observation:
    """What an error of the HTTP client says."""
    error_class = _BY_CODE.get(error.code, ErrorClass.CLIENT)
    status = Status.DEGRADED if error_class is ErrorClass.THROTTLED else Status.OFFLINE
    return Observation(status, None, error_class, str(error))


def no_probe(why: str) -> Observation:
    """No harmless call exists with these settings, and none was made."""
    return Observation(Status.UNKNOWN, None, ErrorClass.NO_PROBE, why)


def code_in(reply: Reply, *paths: str) -> str:
    """The vendor's code at the first of these places (`error.status`, `errors.0.code`) that holds one, else nothing.

    Only short identifiers count: a sentence is no code.
    """
    value = peek(reply)
    for path in paths:
        found = at(value, path)
        text = str(found) if isinstance(found, str | int) and not isinstance(found, bool) else ""
        if CODE.fullmatch(text):
            return text
    return ""


def peek(reply: Reply) -> Json:
    """The body as JSON, None when it is none."""
    try:
        return reply.json()
    except NeverWorks:
        return None


def at(value: Any, path: str) -> Any:
    """The value at a dotted place, None when there is none."""
    for key in path.split("."):
        if isinstance(value, dict):
            value = value.get(key)
        elif isinstance(value, list) and key.isdecimal():
            value = value[int(key)] if int(key) < len(value) else None
        else:
            return None
    return value
