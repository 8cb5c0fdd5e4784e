"""How a message is handed to a vendor over HTTP: what surely did not arrive is refused, what may have is lost."""

from __future__ import annotations

from collections.abc import Awaitable

from opsbook.sdk.effects import Lost, Refused
from opsbook.sdk.errors import OpsbookError
from opsbook.sdk.http import Reply, Unreached

SEND_SECONDS = 30.0  # vendors take their time over a message: an answer that is given up on leaves a doubt
NEVER_LEFT = frozenset({"invalid_input", "address_refused", "credentials"})  # no request was made with the message
UNAVAILABLE = 503


async def handed_over(asking: Awaitable[Reply], vendor: str) -> Reply:
    """The reply to a message that was posted, whatever it says below 500.

    Raises `Refused` when the message surely did not arrive, `Lost` when it may have. A 503 that names a time to come
    back at is a refusal: by HTTP's definition the request was not handled. Any other 5xx leaves a doubt.
    """
    try:
        reply = await asking
    except Unreached as error:
        raise Refused(error.code, error.sentence, permanent=False) from None
    except OpsbookError as error:
        if error.code in NEVER_LEFT:
            raise Refused(error.code, error.sentence) from None
        raise Lost(error.sentence) from None
    if reply.status == UNAVAILABLE and reply.retry_after_seconds is not None:
        raise put_off("unavailable", f"{vendor} is not available for now", reply)
    if reply.status >= 500:
        raise Lost(f"{vendor} failed while it had the message (status {reply.status}).")
    return reply


def throttled(reply: Reply, vendor: str) -> Refused:
    """What a vendor means that takes no more messages for now; the message did not arrive."""
    return put_off("rate_limited", f"{vendor} takes no more messages for now", reply)


def put_off(code: str, said: str, reply: Reply) -> Refused:
    """A refusal for now, with the wait that the reply asks for, if it asks for one."""
    wait = reply.retry_after_seconds
    sentence = f"{said}." if wait is None else f"{said}; it asks to wait {wait:g} s."
    return Refused(code, sentence, permanent=False, after_seconds=wait)


async def searched(asking: Awaitable[Reply]) -> Reply:
    """The reply to a search for a message. Raises `Lost` when there is none: "not found" is never a guess."""
    try:
        return await asking
    except OpsbookError as error:
        raise Lost(error.sentence) from None
