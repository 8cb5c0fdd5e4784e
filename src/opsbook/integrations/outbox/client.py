"""The outbox: where it is, and whether it can be written."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path

from pydantic import Field

from opsbook.integrations._mail import SENDER
from opsbook.integrations._system import System, SystemConfig
from opsbook.integrations.outbox import KIND, NAME
from opsbook.integrations.outbox.actions import Files
from opsbook.sdk.effects import Connector
from opsbook.sdk.integration import ErrorClass, Observation, Status


class OutboxConfig(SystemConfig):
    """A folder that mail is written to instead of being sent."""

    folder: Path = Field(
        validation_alias="OPSBOOK_OUTBOX", description="folder of the mails, each an .eml file; made when it is missing"
    )
    sender: str = Field(
        default="opsbook@localhost",
        validation_alias="OPSBOOK_OUTBOX_FROM",
        pattern=SENDER,
        description="address that mail is from",
    )


class Outbox(System[OutboxConfig]):
    id = "outbox"
    name = NAME
    kind = KIND
    Config = OutboxConfig
    stands_in = True

    async def ask(self, config: OutboxConfig) -> Observation:
        """Whether the folder, or the one that it will be made in, can be written. Nothing is written."""
        began = self.http.clock.monotonic()
        if not await asyncio.to_thread(_writable, config.folder):
            return Observation(Status.OFFLINE, None, ErrorClass.CLIENT, "The folder cannot be written.")
        return Observation(Status.ONLINE, (self.http.clock.monotonic() - began) * 1000)

    def connectors(self) -> Sequence[Connector]:
        if self.config is None:
            return ()
        return (Files(self.config.folder, self.config.sender, self.http.clock),)


def _writable(folder: Path) -> bool:
    there = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    return there.is_dir() and os.access(there, os.W_OK)


INTEGRATION = Outbox
