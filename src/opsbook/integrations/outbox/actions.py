"""Writes one mail to one recipient as a file.

Class A: a mail's file is named after its key, so a repeat writes the same file again.
"""

from __future__ import annotations

import asyncio
import os
from datetime import timedelta
from pathlib import Path

from opsbook.integrations._mail import compose, message_id
from opsbook.sdk.clock import Clock
from opsbook.sdk.effects import ConnectorClass, Parcel, Receipt, Refused


class Files:
    """The channel `email` into a folder."""

    name = "outbox"
    channel = "email"
    effect_class = ConnectorClass.A
    search_after = timedelta(0)

    def __init__(self, folder: Path, sender: str, clock: Clock) -> None:
        self.folder = folder
        self.sender = sender
        self.clock = clock

    async def send(self, parcel: Parcel) -> Receipt:
        """Write the mail's file: whole or not at all. Safe to repeat."""
        mail = compose(parcel, self.sender, "", self.clock.now())
        name = message_id(parcel.key, self.sender)
        file = self.folder / f"{name.strip('<>').partition('@')[0]}.eml"
        try:
            await asyncio.to_thread(_write, file, mail)
        except OSError as error:
            raise Refused("folder", f"The outbox cannot be written ({type(error).__name__}).", elsewhere=True) from None
        return Receipt(name, {"file": file.name})

    async def find(self, key: str) -> Receipt | None:
        """Nobody searches a class A connector: it is sent again under its key."""
        return None


def _write(file: Path, mail: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    half = file.with_suffix(".part")
    half.write_bytes(mail)
    os.replace(half, file)
