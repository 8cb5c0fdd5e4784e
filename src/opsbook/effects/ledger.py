"""Exactly once, or visibly uncertain: how one effect is carried out.

What happens to a row that is found `started` (the process died, or no answer came), by the connector's class:

| class | rule |
| --- | --- |
| A, B, own | send again under the same key: the other side removes the repeat; if it refuses, `uncertain` |
| C | wait until `search_after` has passed since it started, search, send only if absent; lost again: `uncertain` |
| D | `uncertain`: nothing is sent again, a person settles it |

A provider that says when to come back has *not* taken the message. The row is `planned` with `not_before`, and until
then nothing is started through that connector, in no process: whoever comes after a crash waits for the rest of it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256

from opsbook.records.effects import Effects, Guard, Terms
from opsbook.records.rights import Right
from opsbook.records.rows import Row
from opsbook.sdk.clock import Clock
from opsbook.sdk.effects import Connector, ConnectorClass, EffectState, Limited, Lost, Parcel, Receipt, Refused, mark
from opsbook.sdk.errors import Conflict
from opsbook.sdk.values import digest

SCHEME = "1"  # raised when the way keys are made changes: old keys then stay what they were
SHORTEST_WAIT = timedelta(seconds=1)  # also for a provider that asks to come back at once
REPEATABLE = frozenset({ConnectorClass.A, ConnectorClass.B, ConnectorClass.OWN})

Sleep = Callable[[float], Awaitable[None]]


def effect_key(run_id: str, path: str, item: str) -> str:
    """The key of one effect: it depends on run, step and recipient, not on attempt, time or content."""
    return sha256("\n".join((SCHEME, run_id, path, item)).encode("utf-8", "surrogatepass")).hexdigest()


def thread_key(about: str) -> str:
    """What the first message about something is remembered under, beside the keys of what was told."""
    return f"thread:{sha256(about.encode('utf-8', 'surrogatepass')).hexdigest()[:40]}"


@dataclass(frozen=True)
class Effect:
    """One effect of a run: where it comes from and what is to be sent.

    What is `about` the same thing and follows no earlier message is the first one of a thread.
    """

    run_id: str
    path: str
    item: str
    parcel: Parcel
    dedup_key: str | None = None
    about: str | None = None


class Ledger:
    def __init__(self, effects: Effects, clock: Clock, sleep: Sleep) -> None:
        self.effects = effects
        self.clock = clock
        self.sleep = sleep

    async def carry_out(
        self, effect: Effect, connector: Connector, fence: Right | None, guard: Guard | None = None
    ) -> Row:
        """Send it, unless it stands already; answers the ledger's row. Safe to repeat.

        A row that is `planned` was put off: its `not_before` says until when nothing goes out through its connector.
        One that is `withheld` was not sent: `guard` said why, in the transaction that would have started it.

        Raises:
            Conflict: the key stands with another content; nothing was sent.
        """
        wanted = self._row(effect, connector, fence)
        row, go = await self.effects.start(wanted, fence, self.clock.now(), _terms(connector), guard)
        if go:
            return await self._send(effect, connector, fence, searchable=row)
        if row["request_digest"] != wanted["request_digest"]:
            raise Conflict(
                "This effect was already started with another content.",
                cure="Nothing was sent. Start a new run if the new content is meant.",
                code="effect_conflict",
            )
        if row["state"] != EffectState.STARTED:
            return row
        return await self._recover(effect, connector, fence, row)

    async def give_up_waiting(self, row: Row, fence: Right | None) -> Row:
        """An effect that was put off for longer than anybody waits: it failed here, and may go elsewhere."""
        note = {**row["error"], "elsewhere": True}
        return await self.effects.finish(
            row["key"], EffectState.FAILED, self.clock.now(), error=note, not_before=row["not_before"], fence=fence
        )

    async def unsettled(self, run_id: str, fence: Right | None) -> int:
        """How many effects of a run that ends nobody can vouch for.

        One that still stands as `started` (its step ran out of time) is `uncertain` from now on, one that was put off
        has failed. Safe to repeat.
        """
        note = {"code": "uncertain", "message": "The run ended before an answer came."}
        await self.effects.give_up(run_id, note, self.clock.now(), fence)
        return self.effects.unsettled(run_id)

    async def _recover(self, effect: Effect, connector: Connector, fence: Right | None, row: Row) -> Row:
        if connector.effect_class in REPEATABLE:
            return await self._send(effect, connector, fence, again=True)
        if connector.effect_class is ConnectorClass.C:
            return await self._search(effect, connector, fence, row)
        return await self._uncertain(effect, fence, "The process ended after the message had left it.")

    async def _search(self, effect: Effect, connector: Connector, fence: Right | None, row: Row) -> Row:
        left = row["started_at"] + connector.search_after - self.clock.now()
        if left > timedelta(0):
            await self.sleep(left.total_seconds())
        try:
            found = await connector.find(effect.parcel.key)
        except (Refused, Lost) as error:
            return await self._uncertain(effect, fence, f"The search for it failed: {error}")
        if found is not None:
            return await self._done(effect, connector, found, fence)
        return await self._send(effect, connector, fence)

    async def _send(
        self,
        effect: Effect,
        connector: Connector,
        fence: Right | None,
        *,
        again: bool = False,
        searchable: Row | None = None,
    ) -> Row:
        """`again`: an earlier try may have left, so a refusal of this one proves nothing about that one.

        `searchable` is the row of a first try: where its answer is lost, the provider may be searched for it, once.
        """
        try:
            receipt = await connector.send(effect.parcel)
        except Refused as error:
            if again:
                return await self._uncertain(effect, fence, f"It may have left; the repeat was refused: {error.code}")
            return await self._refused(effect, fence, error)
        except Lost as error:
            if not again and connector.effect_class in REPEATABLE:
                return await self._send(effect, connector, fence, again=True)
            if searchable is not None and connector.effect_class is ConnectorClass.C:
                return await self._search(effect, connector, fence, searchable)
            return await self._uncertain(effect, fence, str(error))
        return await self._done(effect, connector, receipt, fence)

    async def _refused(self, effect: Effect, fence: Right | None, error: Refused) -> Row:
        note = {
            "code": error.code,
            "message": error.sentence,
            "permanent": error.permanent,
            "elsewhere": error.elsewhere,
        }
        now, wait = self.clock.now(), error.after_seconds
        put_off = wait is not None and not error.permanent
        return await self.effects.finish(
            effect.parcel.key,
            EffectState.PLANNED if put_off else EffectState.FAILED,
            now,
            error=note,
            not_before=now + max(timedelta(seconds=wait or 0), SHORTEST_WAIT) if put_off else None,
            fence=fence,
        )

    async def _done(self, effect: Effect, connector: Connector, receipt: Receipt, fence: Right | None) -> Row:
        now = self.clock.now()
        keys = [effect.dedup_key] if effect.dedup_key else []
        if effect.about and effect.parcel.follows is None:
            keys.append(thread_key(effect.about))
        contact = {"channel": connector.channel, "recipient": effect.parcel.to}
        told = [{**contact, "dedup_key": key, "sent_at": now, "effect_key": effect.parcel.key} for key in keys]
        return await self.effects.finish(
            effect.parcel.key, EffectState.DONE, now, provider_id=receipt.provider_id, told=told, fence=fence
        )

    async def _uncertain(self, effect: Effect, fence: Right | None, why: str) -> Row:
        note = {"code": "uncertain", "message": why}
        return await self.effects.finish(
            effect.parcel.key, EffectState.UNCERTAIN, self.clock.now(), error=note, fence=fence
        )

    def _row(self, effect: Effect, connector: Connector, fence: Right | None) -> Row:
        parcel = effect.parcel
        content = [parcel.to, parcel.subject, parcel.text, parcel.html, dict(parcel.headers), connector.name]
        content += [vars(button) for button in parcel.buttons]
        return {
            "key": parcel.key,
            "run_id": effect.run_id,
            "path": effect.path,
            "item": effect.item,
            "connector": connector.name,
            "channel": connector.channel,
            "recipient": parcel.to,
            "subject": parcel.subject,
            "effect_class": connector.effect_class.value,
            "request_digest": digest(content),
            "mark": mark(parcel.key),
            "epoch": fence.epoch if fence else 0,
        }


def _terms(connector: Connector) -> Terms:
    name = connector.name
    per_day = connector.per_day if isinstance(connector, Limited) else None
    waits = {"code": "rate_limited", "message": f"{name} asked to be left alone for a while.", "permanent": False}
    used_up = f"The {per_day} messages that {name} is to take in a day are used up; the next day begins at 00:00 UTC."
    refused = {"code": "quota", "message": used_up, "permanent": False, "elsewhere": True}
    return Terms({**waits, "elsewhere": False}, refused, per_day)
