"""Sends approved campaigns: the frozen bytes, each letter once, each only when its recipient may get it now.

One worker holds a campaign at a time. What it finds after a crash goes on where it stood: a letter whose effect has
begun is settled by the ledger's rules and never sent beside them. A campaign that cannot go on for a reason that a
person has to mend is `paused` and says why; it is never left in `sending` with nobody at work on it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from opsbook.effects.failover import STAYED_HERE, keys_of
from opsbook.effects.ledger import Effect, Ledger, effect_key
from opsbook.effects.patience import Patience
from opsbook.effects.posting import Post, Posted, post
from opsbook.inbox.consent import BETWEEN_CAMPAIGNS
from opsbook.inbox.gate import Gate, Passed
from opsbook.inbox.lifecycle import CampaignStatus, LetterState
from opsbook.inbox.pace import Pace
from opsbook.records.effects import WITHHELD
from opsbook.records.rows import Row
from opsbook.records.sendings import PATH, STAYED, Claim, Sendings, Settled
from opsbook.sdk.clock import Clock
from opsbook.sdk.effects import Bursting, Connector, EffectState, Parcel
from opsbook.sdk.errors import Conflict, InvalidInput, OpsbookError, PersonNeeded
from opsbook.sdk.values import JsonObject, Unknown

ROUND = 1.0  # seconds between two looks
LEASE = timedelta(seconds=60)
BATCH = 100  # letters that are judged together, and written down together
MOST_ATTEMPTS = 6
FIRST_PAUSE = timedelta(minutes=1)  # after a refusal that may pass; doubled with each further one
BLIND_PAUSE = timedelta(minutes=15)  # while nobody can tell whom one may write to

log = logging.getLogger("opsbook.sender")

Approved = Callable[[str], JsonObject]
"""The frozen manifest of an approved campaign. Raises `Conflict` when it is not approved, or not what was approved."""
Tell = Callable[[str, str], Awaitable[None]]
"""Tells people what became of a campaign: its id, and a text."""


@dataclass(frozen=True)
class Trouble:
    """Why a campaign cannot go on; `passes` by itself, or a person has to mend it."""

    code: str
    message: str
    passes: bool = False

    def as_json(self) -> JsonObject:
        return {"code": self.code, "message": self.message}


@dataclass
class _Going:
    """A campaign while it is sent. `opens` are the moments at which some of what waits may leave."""

    claim: Claim
    channel: str
    letters: Mapping[str, Row]
    connectors: Sequence[Connector]
    opens: list[datetime]
    trouble: Trouble | None = None


class Sender:
    """`holder` names this worker; `alone` says that no other one can live (an embedded store has one server)."""

    def __init__(
        self,
        rows: Sendings,
        approved: Approved,
        gate: Gate,
        ledger: Ledger,
        connectors: Mapping[str, Sequence[Connector]],
        tell: Tell,
        pace: Pace,
        clock: Clock,
        sleep: Callable[[float], Awaitable[None]],
        holder: str,
        *,
        alone: bool,
    ) -> None:
        self.rows = rows
        self.approved = approved
        self.gate = gate
        self.ledger = ledger
        self.connectors = connectors
        self.tell = tell
        self.pace = pace
        self.clock = clock
        self.sleep = sleep
        self.holder = holder
        self.alone = alone

    async def run(self) -> None:
        """Until cancelled: round after round."""
        while True:
            try:
                await self.round()
            except OpsbookError as error:
                log.warning("a round of the sender: %s", error)
            except Exception:
                log.exception("a round of the sender broke; the next one goes on")
            await self.sleep(ROUND)

    async def round(self) -> int:
        """Send what is due; how many campaigns that were. Safe to repeat."""
        due = await asyncio.to_thread(self.rows.due, self.clock.now())
        for campaign_id in due:
            await self.send(campaign_id)
        return len(due)

    async def send(self, campaign_id: str) -> None:
        """Send every letter of a campaign that may leave now, unless another worker does. Safe to repeat."""
        now = self.clock.now()
        claim = await self.rows.claim(campaign_id, self.holder, now, now + LEASE, alone=self.alone)
        if claim is None:
            return
        try:
            manifest: Any = await asyncio.to_thread(self.approved, campaign_id)
        except Conflict as error:
            await self._over(claim, CampaignStatus.FAILED, Trouble(error.code, error.sentence))
            return
        channel, letters = str(manifest["channel"]), {one["contact_id"]: one for one in manifest["messages"]}
        going = _Going(claim, channel, letters, self.connectors.get(channel, ()), [])
        if not going.connectors:
            nothing = Trouble("not_configured", f"There is no way out for {channel}: configure one, then resume it.")
            await self._over(claim, CampaignStatus.PAUSED, nothing)
            return
        try:
            async with AsyncExitStack() as bursts:
                for connector in going.connectors:
                    if isinstance(connector, Bursting):
                        await bursts.enter_async_context(connector.burst())
                finished = await self._through(going)
            if finished:
                await self._leave(going)
        except (PersonNeeded, InvalidInput) as error:
            why = Trouble(error.code, f"{error.sentence} {error.cure}".strip())
            await self._over(claim, CampaignStatus.PAUSED, why)

    async def _through(self, going: _Going) -> bool:
        """Every letter once; False when somebody paused it or took it over meanwhile."""
        last = ""
        while batch := await asyncio.to_thread(self.rows.waiting, going.claim.campaign_id, last, BATCH):
            last = str(batch[-1]["contact_id"])
            if not await self._batch(going, batch):
                return True
            if not await self.rows.renew(going.claim, self.clock.now() + LEASE):
                return False
        return True

    async def _batch(self, going: _Going, batch: Sequence[Row]) -> bool:
        """Judge and send some letters; False when nothing more can leave in this round."""
        begun = await asyncio.to_thread(self._begun, going, batch)
        fresh = [going.letters[one["contact_id"]] for one in batch if one["contact_id"] not in begun]
        passed: Passed | Unknown = Passed()
        if fresh:
            passed = await asyncio.to_thread(self.gate.judge, going.channel, fresh, self.clock.now())
        if isinstance(passed, Unknown):
            going.trouble = Trouble(
                "contacts_unknown", f"Nobody can tell whom one may write to: {passed.reason}.", True
            )
            going.opens.append(self.clock.now() + BLIND_PAUSE)
            return False
        going.opens += passed.later.values()
        out = [Settled(one, LetterState.EXCLUDED, False, why) for one, why in passed.removed.items()]
        attempts = {one["contact_id"]: one["attempts"] for one in batch}
        for some in _chunks([*begun, *passed.now], self.pace.at_once):
            began = self.clock.monotonic()
            posted = await asyncio.gather(*(self._post(going, one) for one in some))
            for contact_id, row in zip(some, posted, strict=True):
                settled = self._settled(going, contact_id, row, attempts[contact_id])
                out += [settled] if settled else []
            if going.trouble is not None:
                break
            await self._keep_pace(len(some), self.clock.monotonic() - began)
        await self.rows.settle(going.claim, going.channel, out, self.clock.now())
        return going.trouble is None

    async def _keep_pace(self, letters: int, seconds: float) -> None:
        left = 60 * letters / self.pace.per_minute - seconds if self.pace.per_minute else 0
        if left > 0:
            await self.sleep(left)

    def _begun(self, going: _Going, batch: Sequence[Row]) -> list[str]:
        """Contacts whose letter has begun to leave: the ledger says what became of it, and nobody judges it again."""
        keys: dict[str, str] = {}
        for one in batch:
            own, named = keys_of(self._key(going.claim), str(one["contact_id"]), going.connectors)
            keys |= dict.fromkeys((own, *named.values()), str(one["contact_id"]))
        rows = self.ledger.effects.standing(list(keys))
        return list(dict.fromkeys(keys[key] for key, row in rows.items() if row["state"] not in STAYED_HERE))

    async def _post(self, going: _Going, contact_id: str) -> Row:
        letter, claim, now = going.letters[contact_id], going.claim, self.clock.now()
        address, key = str(letter["recipient"]).lower(), self._key(going.claim)
        guard = self.rows.guard(claim, going.channel, address, key(contact_id), now, now - BETWEEN_CAMPAIGNS)

        def effect(own: str, connector: Connector) -> Effect:
            parcel = Parcel(own, letter["recipient"], letter["subject"], letter["body"], headers=letter["headers"])
            return Effect(claim.campaign_id, PATH, contact_id, parcel)

        one = Post(contact_id, key, effect, guard=guard)
        posted: Posted = await post(self.ledger, going.connectors, one, Patience(now), claim)
        assert posted.row is not None
        return posted.row

    def _key(self, claim: Claim) -> Callable[[str], str]:
        return lambda item: effect_key(claim.campaign_id, PATH, item)

    def _settled(self, going: _Going, contact_id: str, row: Row, attempts: int) -> Settled | None:
        """What became of a letter; None for one that waits on without a try of its own."""
        error: Any = row["error"] or {}
        state, code = row["state"], error.get("code")
        if state == WITHHELD:
            if code == "paused":
                return None
            return Settled(contact_id, LetterState.EXCLUDED, False, code)
        if state in (EffectState.DONE, EffectState.UNCERTAIN):
            known = LetterState.SENT if state == EffectState.DONE else LetterState.UNCERTAIN
            return Settled(contact_id, known, True, code, row["key"], row["provider_id"], attempts + 1)
        if row["not_before"] is not None:  # its provider asked to come back later: that is not the letter's fault
            going.opens.append(row["not_before"])
            return Settled(contact_id, LetterState.WAITING, False, code, attempts=attempts)
        if error.get("elsewhere"):  # no connector takes anything: the rest would fail in the same way
            going.trouble = Trouble(str(code), str(error.get("message", "")))
            return Settled(contact_id, LetterState.WAITING, False, code, attempts=attempts)
        if error.get("permanent") or attempts + 1 >= MOST_ATTEMPTS:
            return Settled(contact_id, LetterState.FAILED, False, code, row["key"], attempts=attempts + 1)
        going.opens.append(self.clock.now() + FIRST_PAUSE * 2**attempts)
        return Settled(contact_id, LetterState.WAITING, False, code, attempts=attempts + 1)

    async def _leave(self, going: _Going) -> None:
        """Let go of a campaign of which nothing more can leave now."""
        now, trouble = self.clock.now(), going.trouble
        if trouble is not None and not trouble.passes:
            await self._over(going.claim, CampaignStatus.PAUSED, trouble)
            return
        progress = await asyncio.to_thread(self.rows.progress, going.claim.campaign_id)
        states: Mapping[str, int] = progress["states"] if progress else {}
        if states.get(LetterState.WAITING):
            due = min(going.opens, default=now + FIRST_PAUSE)
            note = trouble or Trouble("waits", f"{states[LetterState.WAITING]:,} letters wait for their hour.", True)
            await self.rows.rest(going.claim, due, note.as_json())
            return
        left = sum(number for state, number in states.items() if state not in STAYED)
        await self._over(going.claim, CampaignStatus.SENT if left else CampaignStatus.FAILED, None)

    async def _over(self, claim: Claim, status: CampaignStatus, why: Trouble | None) -> None:
        await self.rows.stop(claim, status, why.as_json() if why else None, self.clock.now())
        progress = await asyncio.to_thread(self.rows.progress, claim.campaign_id)
        await self.tell(claim.campaign_id, outcome(status, why, progress["states"] if progress else {}))


def outcome(status: str, why: Trouble | None, states: Mapping[str, int]) -> str:
    """What became of a campaign, in one or two sentences that a person can act on."""
    counts = ", ".join(f"{number:,} {state}" for state, number in sorted(states.items())) or "no letter was touched"
    text = f"The campaign is {status}: {counts}."
    if why:
        text += f" {why.message}"
    if states.get(LetterState.UNCERTAIN):
        text += " What is uncertain may have left: it is not sent again until a person says what became of it."
    return text


def _chunks(items: Sequence[str], size: int) -> list[Sequence[str]]:
    return [items[start : start + size] for start in range(0, len(items), size)]
