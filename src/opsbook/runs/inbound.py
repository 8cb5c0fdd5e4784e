"""Events from outside: proved at their door, written down once, then acted on: a playbook starts, an address is kept.

The order is proof, record, answer, work. What was written down and not acted on, because a process died in between or
a vendor could not be asked, is found again by the clockwork.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from opsbook.inbox.opt_outs import OptOuts
from opsbook.inbox.receipts import EARLY, Receipts
from opsbook.integrations.hooks import Entrance
from opsbook.records.events import Events
from opsbook.records.rows import Row
from opsbook.runs.acceptance import Request
from opsbook.runs.operations import Operations
from opsbook.sdk.clock import Clock, Ids
from opsbook.sdk.errors import CallerMistake, NotFound, OpsbookError, PersonNeeded, RetryLater
from opsbook.sdk.hook import Delivery, Event, Press
from opsbook.sdk.values import JsonObject, plain

AT_ONCE = timedelta(seconds=2)  # so long the receiving process has an event to itself
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=10), timedelta(hours=1)
MOST_ATTEMPTS = 15  # about seven hours
MOST_IN_A_ROUND = 20
MOST_UNPROVEN = 200  # of one sender in a minute: strangers must not fill the store or use up the vendor
MINUTE = timedelta(minutes=1)


class EventState(StrEnum):
    """Where an event stands."""

    RECEIVED = "received"  # on disk, not acted on yet
    UNCONFIRMED = "unconfirmed"  # its sender proves nothing and the vendor has not been asked, or could not be
    HANDLED = "handled"  # every playbook that listens was started
    REFUSED = "refused"  # the vendor's own record says otherwise


class NoSecret(PersonNeeded):
    """A door has nothing to check a delivery against, so it is closed to everybody. Set its secret."""

    code = "no_hook_secret"
    http_status = 503


@dataclass(frozen=True)
class Receipt:
    """What a delivery is answered with, None for an empty answer; `fresh` are the events that were not known."""

    answer: JsonObject | None
    fresh: tuple[Row, ...] = ()


Pressed = Callable[[Press, str], Awaitable[JsonObject]]
"""Acts on a pressed button; the text tells a repeat from a second press. Raises `OpsbookError` when it is refused."""


class Inbound:
    """The doors by id, and what happens behind them."""

    def __init__(
        self,
        entrances: Mapping[str, Entrance],
        events: Events,
        operations: Operations,
        opt_outs: OptOuts,
        receipts: Receipts,
        pressed: Pressed,
        clock: Clock,
        ids: Ids,
    ) -> None:
        self.entrances = entrances
        self.events = events
        self.operations = operations
        self.opt_outs = opt_outs
        self.receipts = receipts
        self.pressed = pressed
        self.clock = clock
        self.ids = ids

    def entrance(self, hook_id: str) -> Entrance:
        """An open door. Raises `NotFound`, and `NoSecret` while nothing is configured to check deliveries against."""
        found = self.entrances.get(hook_id)
        if found is None:
            raise NotFound("There is no such door.", cure="See `[hooks.<id>]` and the systems that can call.")
        if not found.open:
            raise NoSecret(
                f"The door {hook_id} has no secret.", cure="Set it (docs/howto/webhooks.md) and start again."
            )
        return found

    async def receive(self, door: Entrance, delivery: Delivery) -> Receipt:
        """Prove a delivery and write its events down; when this answers they are on disk. Nothing is acted on yet.

        A repeated delivery is answered as the first one was. Raises what `Hook.verify` raises, and `RetryLater`
        (`busy`) when too much of an unproven sender waits to be confirmed.
        """
        now = self.clock.now()
        said = door.hook.verify(delivery, door.config, now)
        if door.hook.confirms and await asyncio.to_thread(self.events.crowd, door.id, now - MINUTE) >= MOST_UNPROVEN:
            raise RetryLater("Too many events wait to be confirmed.", after_seconds=60, code="busy")
        rows = [self._row(door, event, now) for event in said.events]
        standing = await self.events.receive(rows) if rows else []
        for row in standing:
            if row["state"] == EventState.REFUSED:  # told again, it is asked about again: it may be true by now
                ask = {"due_at": max(now, row["settled_at"] + MINUTE), "settled_at": None, "attempts": 0}
                await self.events.change(row["id"], {**ask, "state": EventState.UNCONFIRMED})
        made = {row["id"] for row in rows}
        fresh = tuple(row for row in standing if row["id"] in made)
        if said.answer is not None or door.hook.silent:
            return Receipt(said.answer, fresh)
        return Receipt({"events": [{"id": row["id"], "name": row["name"]} for row in standing]}, fresh)

    async def act(self, events: tuple[Row, ...]) -> None:
        """Do what events ask for. Safe to repeat: a playbook is started once for each event."""
        for row in events:
            await self._settle(row)

    async def round(self, now: datetime) -> None:
        """Look after events that nobody has acted on. Each is put off first, so that a bad one holds up no other."""
        due = await asyncio.to_thread(self.events.due, now, MOST_IN_A_ROUND)
        for row in due:
            tried = row["attempts"] + 1
            pause = min(FIRST_PAUSE * 2 ** row["attempts"], LONGEST_PAUSE)
            next_look = now + pause if tried < MOST_ATTEMPTS else None
            await self.events.change(row["id"], {"attempts": tried, "due_at": next_look})
        await asyncio.gather(*(self._settle(row) for row in due))

    def _row(self, door: Entrance, event: Event, now: datetime) -> Row:
        stop = event.opt_out
        key = hashlib.sha256(event.key.encode("utf-8", "surrogatepass")).hexdigest()
        return {
            "id": self.ids.new("event"),
            "dedup_key": f"{door.id}:{key}",
            "source": door.id,
            "name": event.named(door.id),
            "body": plain(event.body),
            "opt_out": vars(stop) if stop else None,
            "receipt": plain(vars(event.receipt)) if event.receipt else None,
            "received_at": now,
            "state": EventState.UNCONFIRMED if door.hook.confirms else EventState.RECEIVED,
            "attempts": 0,
            "due_at": now + AT_ONCE,
        }

    async def _settle(self, row: Row) -> None:
        if row["state"] == EventState.UNCONFIRMED:
            confirmed = await self._confirmed(row)
            if confirmed is None:
                return
            row = confirmed
        outcome, reason, done = await self._acted(row)
        changes: dict[str, Any] = {"body": row["body"], "outcome": outcome, "reason": reason}
        if done:
            changes |= {"state": EventState.HANDLED, "due_at": None, "settled_at": self.clock.now()}
        await self.events.change(row["id"], changes)

    async def _confirmed(self, row: Row) -> Row | None:
        """The event with what the vendor's record says; None when it says otherwise, or could not be asked yet."""
        door = self.entrances.get(row["source"])
        if door is None or door.system is None or not door.system.configured:
            await self.events.change(row["id"], {"reason": "The system that could confirm it is not configured."})
            return None
        try:
            body = await door.hook.confirm(row["body"], door.system)
        except OpsbookError as error:
            await self.events.change(row["id"], {"reason": error.sentence})
            return None
        if body is None:
            refusal = {"state": EventState.REFUSED, "due_at": None, "settled_at": self.clock.now()}
            await self.events.change(row["id"], {**refusal, "reason": "The vendor's own record says otherwise."})
            return None
        return {**row, "body": plain(body), "state": EventState.RECEIVED}

    async def _acted(self, row: Row) -> tuple[JsonObject, str | None, bool]:
        """(what was done, what went wrong, whether it is over)."""
        if row["opt_out"]:
            await self.opt_outs.heard(**row["opt_out"])
        receipt, later = await self._receipt(row)
        pressed = await self._pressed(row)
        started: JsonObject = {}
        not_started: JsonObject = {}
        for playbook in await asyncio.to_thread(self.operations.records.playbooks.all):
            if not _listens(playbook, row):
                continue
            try:
                accepted = await self.operations.start(event_request(playbook["id"], row))
                started[playbook["id"]] = accepted.run["id"]
            except RetryLater as error:
                later = error.sentence
            except OpsbookError as error:
                not_started[playbook["id"]] = str(error)
        return {**receipt, **pressed, "started": started, "not_started": not_started}, later, later is None

    async def _receipt(self, row: Row) -> tuple[JsonObject, str | None]:
        """(what became of a provider's word about a message, why to ask again); nothing for any other event."""
        if not row.get("receipt"):
            return {}, None
        became, over = await self.receipts.heard(row["receipt"], row["source"], row["received_at"])
        return {"receipt": became}, None if over else EARLY

    async def _pressed(self, row: Row) -> JsonObject:
        """What became of one of our buttons; nothing for any other event. A refusal is an outcome like another."""
        door = self.entrances.get(row["source"])
        press = door.hook.press(row["body"], door.config) if door and door.config is not None else None
        if press is None:
            return {}
        try:
            return {"pressed": await self.pressed(press, row["id"])}
        except CallerMistake as error:
            return {"pressed": {"refused": error.code, "message": error.sentence}}


def event_request(playbook_id: str, event: Row) -> Request:
    """The request of an event: however often it is asked, it is one run for each playbook."""
    told = {name: plain(event[name]) for name in ("id", "name", "received_at", "body")}
    return Request(
        playbook_id,
        trigger="event",
        actor=f"event:{event['name']}",
        dedup_key=f"event:{event['id']}:{playbook_id}",
        as_of=event["received_at"],
        event=told,
    )


def matches(pattern: str, name: str) -> bool:
    """Whether a trigger's pattern means an event: the name itself, or what stands before `.*` and any rest."""
    if pattern.endswith(".*"):
        return name.startswith(pattern[:-1])
    return name == pattern


def _listens(playbook: Row, event: Row) -> bool:
    """Whether a playbook is to be started: what came in while it was off is not for it."""
    if not playbook["enabled"] or playbook["enabled_at"] > event["received_at"]:
        return False
    return any(matches(pattern, event["name"]) for pattern in patterns_of(playbook["document"]))


def patterns_of(document: Mapping[str, Any]) -> list[str]:
    """The events that a stored document's triggers name."""
    named = (trigger.get("event") for trigger in document.get("triggers", ()))
    return [pattern for pattern in named if isinstance(pattern, str)]
