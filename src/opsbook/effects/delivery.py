"""Messages to people: one effect for each recipient and channel, through the first connector that is configured.

`Door` is the live one. `DryDoor` answers what would happen; it holds no connector and no ledger, so a dry run has
nothing it could leak through.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from markdown_it import MarkdownIt

from opsbook.effects.ledger import Effect, Ledger
from opsbook.records.rows import Row
from opsbook.records.segments import Fence
from opsbook.sdk.effects import Connector, Parcel
from opsbook.sdk.errors import InvalidInput
from opsbook.sdk.values import JsonObject, plain
from opsbook.sdk.work import Message

QUIET = timedelta(hours=6)  # a reminder about the same thing goes out this often at most
WRITER = MarkdownIt("commonmark", {"html": False}).enable("table")


@dataclass(frozen=True)
class Origin:
    """Whose message it is: the run, the step's path and its right to write."""

    run_id: str
    path: str
    fence: Fence | None
    key: Callable[[str], str]


class Addresses(Protocol):
    """Who is meant: names of the settings' people, or addresses of known people."""

    def of(self, channel: str, to: Sequence[str]) -> Sequence[tuple[str, str]]:
        """(item, address) for each recipient of that channel, in order, without repeats.

        The item is stable (a person's name), the address is where it goes. Raises `InvalidInput` for an unknown name.
        """


class Delivery(Protocol):
    async def deliver(self, message: Message, origin: Origin) -> tuple[JsonObject, ...]: ...


class Door:
    """`connectors` by channel, in the order in which they are tried."""

    def __init__(self, ledger: Ledger, connectors: Mapping[str, Sequence[Connector]], addresses: Addresses) -> None:
        self.ledger = ledger
        self.connectors = connectors
        self.addresses = addresses

    async def deliver(self, message: Message, origin: Origin) -> tuple[JsonObject, ...]:
        """One row for each recipient: `{channel, recipient, state, key, provider_id, error, permanent}`.

        `state` is the effect's, or `quiet` when the recipient was told about the same `dedup_key` lately. Safe to
        repeat: what is done stays done.
        """
        rows = []
        for channel, item, address in recipients(self.addresses, message):
            rows.append(await self._one(message, origin, channel, item, address))
        return tuple(rows)

    async def _one(self, message: Message, origin: Origin, channel: str, item: str, address: str) -> JsonObject:
        key = origin.key(item)
        connectors = self.connectors.get(channel, ())
        if not connectors:
            return _row(channel, address, "failed", key, error="not_configured", permanent=True)
        if message.dedup_key and (told := self._told(message, channel, address, key)):
            return _row(channel, address, "quiet", key, error=f"told {plain(told['sent_at'])}")
        parcel = Parcel(
            key,
            address,
            message.subject,
            message.body,
            WRITER.render(message.body) if channel == "email" else None,
            severity=message.severity,
        )
        effect = Effect(origin.run_id, origin.path, item, parcel, message.dedup_key)
        row = await self.ledger.carry_out(effect, connectors[0], origin.fence)
        error = row["error"] or {}
        return _row(
            channel,
            address,
            str(row["state"]),
            key,
            provider_id=row["provider_id"],
            error=error.get("code"),
            permanent=bool(error.get("permanent", True)),
        )

    def _told(self, message: Message, channel: str, address: str, key: str) -> Row | None:
        since = self.ledger.clock.now() - QUIET
        told = self.ledger.effects.told_since(channel, address, message.dedup_key or "", since)
        return told if told and told["effect_key"] != key else None


class DryDoor:
    """Says what would be sent."""

    def __init__(self, addresses: Addresses) -> None:
        self.addresses = addresses

    async def deliver(self, message: Message, origin: Origin) -> tuple[JsonObject, ...]:
        return tuple(
            _row(channel, address, "would_send", origin.key(item))
            for channel, item, address in recipients(self.addresses, message)
        )


def recipients(addresses: Addresses, message: Message) -> list[tuple[str, str, str]]:
    """(channel, item, address) of every delivery of a message, channels in their order."""
    found = [
        (channel, f"{channel}:{item}", address)
        for channel in message.channels
        for item, address in addresses.of(channel, message.to)
    ]
    if not found:
        raise InvalidInput(
            "The message has no recipient.", field="to", cure="Name people of the settings, or their addresses."
        )
    return found


def _row(channel: str, recipient: str, state: str, key: str, **more: str | bool | None) -> JsonObject:
    return {"channel": channel, "recipient": recipient, "state": state, "key": key, **more}
