"""Sends one mail to one recipient over SMTP.

Class D: a server promises nothing about a message that is sent twice. The deterministic Message-ID helps whoever looks
for it, and prevents nothing.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

import aiosmtplib
from aiosmtplib import errors as smtp_errors

from opsbook.integrations._mail import compose, message_id
from opsbook.sdk.clock import Clock
from opsbook.sdk.effects import ConnectorClass, Lost, Parcel, Receipt, Refused

Session = Callable[[], AbstractAsyncContextManager[aiosmtplib.SMTP]]


class Mail:
    """The channel `email` over one mail server."""

    name = "smtp"
    channel = "email"
    effect_class = ConnectorClass.D
    search_after = timedelta(0)

    def __init__(self, sender: str, sender_name: str, session: Session, clock: Clock) -> None:
        self.sender = sender
        self.sender_name = sender_name
        self.session = session
        self.clock = clock
        self._kept: list[_Kept] | None = None

    @asynccontextmanager
    async def burst(self) -> AsyncIterator[None]:
        """While it lasts, a session that has carried one mail is kept for the next one. All are ended with it."""
        outer, self._kept = self._kept, []
        try:
            yield
        finally:
            ended, self._kept = self._kept, outer
            for kept in ended:
                await kept.stack.aclose()

    async def send(self, parcel: Parcel) -> Receipt:
        """Hand the mail over. What goes wrong before the content is sent is refused; after it, lost.

        A refusal is permanent for a 5xx, and temporary for a 4xx and for a connection that did not come about.
        """
        mail = compose(parcel, self.sender, self.sender_name, self.clock.now())
        while self._kept:
            kept = self._kept.pop()
            try:
                return await self._hand_over(kept, parcel, mail)
            except _Stale:  # the server has hung up on it since the last mail; nothing of this one was said
                continue
        return await self._hand_over(None, parcel, mail)

    async def _hand_over(self, kept: _Kept | None, parcel: Parcel, mail: bytes) -> Receipt:
        begun, keep, stack = False, False, kept.stack if kept else AsyncExitStack()
        try:
            server = kept.server if kept else await stack.enter_async_context(self.session())
            await server.mail(self.sender)
            await server.rcpt(parcel.to)
            begun = True
            said = await server.data(mail)
            keep = self._kept is not None
        except (smtp_errors.SMTPException, OSError, ValueError) as error:
            if kept and not begun and isinstance(error, smtp_errors.SMTPServerDisconnected | OSError):
                raise _Stale from None
            raise _meant(error, begun) from None
        finally:
            if not keep:
                await stack.aclose()
        if self._kept is not None:
            self._kept.append(_Kept(server, stack))
        return Receipt(message_id(parcel.key, self.sender), {"answer": said.code})

    async def find(self, key: str) -> Receipt | None:
        """A mail server cannot be searched: always None. The ledger does not ask a class D connector."""
        return None


@dataclass(frozen=True)
class _Kept:
    """A session that is open, and what ends it."""

    server: aiosmtplib.SMTP
    stack: AsyncExitStack


class _Stale(Exception):
    """A kept session is over."""


def _meant(error: Exception, begun: bool) -> Refused | Lost:
    code = getattr(error, "code", None)
    if isinstance(code, int) and 400 <= code < 600:
        name = "credentials" if isinstance(error, smtp_errors.SMTPAuthenticationError) else f"smtp_{code}"
        return Refused(name, f"The mail server refused it ({code}).", permanent=code >= 500)
    if begun:
        return Lost("The connection to the mail server broke after the message had left.")
    if isinstance(error, OSError):
        return Refused("network", "No connection to the mail server, or it broke off.", permanent=False)
    sentence = f"The mail server does not take it as the settings say ({type(error).__name__})."
    return Refused("smtp_settings", sentence, elsewhere=True)
