"""Messages to people: one effect for each recipient and channel, through the first connector that takes it.

`Door` is the live one. `DryDoor` answers what would happen; it holds no connector and no ledger, so a dry run has
nothing it could leak through.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from markdown_it import MarkdownIt

from opsbook.effects.ledger import Effect, Ledger, thread_key
from opsbook.effects.patience import PATIENCE, Patience, pause
from opsbook.effects.posting import Post, post
from opsbook.records.rows import Row
from opsbook.records.segments import Fence
from opsbook.sdk.effects import Connector, EffectState, Parcel
from opsbook.sdk.errors import InvalidInput
from opsbook.sdk.values import Json, JsonObject, plain
from opsbook.sdk.work import Message

QUIET = timedelta(hours=6)  # a reminder about the same thing goes out this often at most
THREAD = timedelta(days=7)  # so long after the first message about it a later one follows that one
QUIET_LINK = "color:inherit;text-decoration:none;border-bottom:1px dotted"
_FACT = re.compile(r'<a href="([^"]+/facts/[^"]+)">')
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

        The item is stable (a person's name), the address is where it goes; an empty one means that this person cannot
        be reached there. Raises `InvalidInput` for an unknown name.
        """


class Delivery(Protocol):
    async def deliver(self, message: Message, origin: Origin) -> tuple[JsonObject, ...]: ...


class Door:
    """`connectors` by channel, in the order in which they are tried (see `failover`)."""

    def __init__(self, ledger: Ledger, connectors: Mapping[str, Sequence[Connector]], addresses: Addresses) -> None:
        self.ledger = ledger
        self.connectors = connectors
        self.addresses = addresses

    async def deliver(self, message: Message, origin: Origin) -> tuple[JsonObject, ...]:
        """One row for each recipient: `{channel, recipient, state, key, connector, provider_id, error, permanent}`.

        `state` is the effect's, or `quiet` when the recipient was told about the same `dedup_key` lately. When
        connectors refused before, `failed_over_from` lists them as `{connector, error}`. Where a provider asked to come
        back later, everybody else is served first, and then it is waited for, for two minutes at most; one that wants
        more goes elsewhere, or fails with `not_before`. Safe to repeat: what is done stays done.
        """
        clock = self.ledger.clock
        wanted, patience = recipients(self.addresses, message), Patience(clock.now() + PATIENCE)
        rows = [await self._one(message, origin, one, patience) for one in wanted]
        while later := [index for index, row in enumerate(rows) if row["state"] == EffectState.PLANNED]:
            patience.rounds += 1
            await self.ledger.sleep(pause([_instant(rows[index]["not_before"]) for index in later], clock.now()))
            for index in later:
                rows[index] = await self._one(message, origin, wanted[index], patience)
        return tuple(rows)

    async def _one(
        self, message: Message, origin: Origin, recipient: tuple[str, str, str], patience: Patience
    ) -> JsonObject:
        channel, item, address = recipient
        connectors = self.connectors.get(channel, ())
        if not connectors or not address:
            error = "no_address" if connectors else "not_configured"
            return _row(channel, address or _bare(item), "failed", origin.key(item), error=error, permanent=True)
        one = Post(
            item,
            origin.key,
            lambda key, connector: self._effect(message, origin, recipient, key, connector),
            lambda keys: self._told(message, channel, address, keys),
        )
        posted = await post(self.ledger, connectors, one, patience, origin.fence)
        if posted.row is not None:
            return _delivered(posted.row, posted.refused)
        assert posted.told is not None
        return _row(channel, address, "quiet", origin.key(item), error=f"told {plain(posted.told['sent_at'])}")

    def _effect(
        self, message: Message, origin: Origin, recipient: tuple[str, str, str], key: str, connector: Connector
    ) -> Effect:
        channel, item, address = recipient
        parcel = _parcel(message, channel, key, address, self._first(message, connector, address))
        return Effect(origin.run_id, origin.path, item, parcel, message.dedup_key, _about(message))

    def _first(self, message: Message, connector: Connector, address: str) -> str | None:
        """The id of the first message about the same thing that this connector sent there lately."""
        about, effects = _about(message), self.ledger.effects
        if about is None:
            return None
        first = effects.told_since(connector.channel, address, thread_key(about), self.ledger.clock.now() - THREAD)
        row = effects.standing([first["effect_key"]]).get(first["effect_key"]) if first else None
        return row["provider_id"] if row and row["connector"] == connector.name else None

    def _told(self, message: Message, channel: str, address: str, keys: frozenset[str]) -> Row | None:
        if not message.dedup_key:
            return None
        since = self.ledger.clock.now() - QUIET
        told = self.ledger.effects.told_since(channel, address, message.dedup_key, since)
        return told if told and told["effect_key"] not in keys else None


class DryDoor:
    """Says what would be sent."""

    def __init__(self, addresses: Addresses) -> None:
        self.addresses = addresses

    async def deliver(self, message: Message, origin: Origin) -> tuple[JsonObject, ...]:
        return tuple(
            _row(channel, address, "would_send", origin.key(item))
            if address
            else _row(channel, _bare(item), "would_fail", origin.key(item), error="no_address")
            for channel, item, address in recipients(self.addresses, message)
        )


def recipients(addresses: Addresses, message: Message) -> list[tuple[str, str, str]]:
    """(channel, item, address) of every delivery of a message, channels in their order.

    Raises `InvalidInput` when a channel would reach nobody: a message that goes nowhere is not a message that was sent.
    """
    found: list[tuple[str, str, str]] = []
    for channel in message.channels:
        reached = [(channel, f"{channel}:{item}", address) for item, address in addresses.of(channel, message.to)]
        if not reached:
            raise InvalidInput(
                f"The message has no recipient on {channel}.",
                field="to",
                cure="Name people of the settings, or their addresses.",
                code="no_recipient",
            )
        found += reached
    return found


def _instant(text: Json) -> datetime:
    return datetime.fromisoformat(str(text))


def _bare(item: str) -> str:
    """The recipient's name without the channel."""
    return item.partition(":")[2]


def _about(message: Message) -> str | None:
    return message.about or message.dedup_key


def _parcel(message: Message, channel: str, key: str, address: str, follows: str | None) -> Parcel:
    html = _html(message) if channel == "email" else None
    return Parcel(
        key,
        address,
        message.subject,
        message.body,
        html,
        severity=message.severity,
        dedup_key=message.dedup_key,
        follows=follows,
        buttons=message.buttons,
    )


def _html(message: Message) -> str:
    """The body as HTML; a link on a fact is a dotted line under it and no more."""
    return _FACT.sub(rf'<a href="\1" style="{QUIET_LINK}">', WRITER.render(message.linked or message.body))


def _delivered(row: Row, refused: Sequence[Json]) -> JsonObject:
    error = row["error"] or {}
    found = _row(
        row["channel"],
        row["recipient"],
        str(row["state"]),
        row["key"],
        connector=row["connector"],
        provider_id=row["provider_id"],
        error=error.get("code"),
        permanent=bool(error.get("permanent", True)),
    )
    if row["not_before"] is not None:
        found["not_before"] = plain(row["not_before"])
    return {**found, "failed_over_from": list(refused)} if refused else found


def _row(channel: str, recipient: str, state: str, key: str, **more: Json) -> JsonObject:
    return {"channel": channel, "recipient": recipient, "state": state, "key": key, **more}
