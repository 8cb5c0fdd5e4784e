"""What providers say of messages: which message is meant, what it changes, each word once and in any order.

A letter's state follows from the set of what was said of it, never from the order in which it came. Only the inbox
writes these rows; an effect that was uncertain is settled in the same transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select, update

from opsbook.records.rows import Row, fetch, fetch_one, insert_absent
from opsbook.records.sendings import PATH, STAYED, moved
from opsbook.records.store import Store
from opsbook.records.tables.inbox import campaign_messages, campaigns
from opsbook.records.tables.runs import effects
from opsbook.records.tables.sendings import deliveries, receipts
from opsbook.sdk.hook import Fate, MessageReceipt

RANK: Mapping[str, int] = {fate: place for place, fate in enumerate(Fate)}
BOUNCED = "bounced"
ON_THEIR_WAY = ("planned", "started")
SENDING = ("sending", "scheduled")

Brake = Callable[[int, int], Mapping[str, Any] | None]
"""Why a campaign is paused after a complaint, from (letters that left, complaints); None: it is not."""


@dataclass(frozen=True)
class Taken:
    """What a provider's word came to.

    `became`: `moved` (it was news), `known`, `settled` (of a message that is no campaign's letter), `early` (its
    outcome is not written down yet), `unknown` (no message of ours), `contradicts` (we know that it never left).
    """

    became: str
    campaign_id: str | None = None
    contact_id: str | None = None
    state: str | None = None
    paused: str | None = None  # why the campaign was paused by this


class Receipts:
    def __init__(self, store: Store) -> None:
        self.store = store

    async def take(self, said: MessageReceipt, provider: str, at: datetime, now: datetime, brake: Brake) -> Taken:
        """Find the message, settle it and move its letter on. Safe to repeat. `at`: when it happened."""

        def write(connection: Connection) -> Taken:
            effect = _effect(connection, said, provider)
            if effect is None:
                return Taken("early" if _on_its_way(connection, said, provider) else "unknown")
            if effect["recipient"].lower() != said.address.lower():
                return Taken("unknown")
            if effect["state"] in ON_THEIR_WAY:
                return Taken("early")
            if effect["state"] != "done" and not _settled(connection, effect, said, provider, now):
                return Taken("contradicts")
            letter = _letter(connection, effect)
            if letter is None:
                return Taken("settled")
            return _moved(connection, letter, effect, said, provider, at, now, brake)

        return await self.store.shared(write)

    def last_bounced_softly(self, channel: str, recipient: str, number: int) -> bool:
        """Whether the last so many letters to an address, each of another campaign, all bounced softly."""
        same = (campaign_messages.c.campaign_id == deliveries.c.campaign_id) & (
            campaign_messages.c.contact_id == deliveries.c.contact_id
        )
        joined = deliveries.join(campaign_messages, same).join(campaigns, campaigns.c.id == deliveries.c.campaign_id)
        query = (
            select(deliveries.c.state, deliveries.c.reason)
            .select_from(joined)
            .where(campaign_messages.c.recipient == recipient, campaigns.c.channel == channel)
            .where(deliveries.c.state.not_in(STAYED))
            .order_by(deliveries.c.changed_at.desc())
            .limit(number)
        )
        with self.store.reading() as connection:
            rows = fetch(connection, query)
        soft = [row for row in rows if (row["state"], row["reason"]) == (BOUNCED, Fate.SOFT_BOUNCED)]
        return len(soft) == number

    def tallies(self, campaign_id: str) -> list[Row]:
        """For each provider by name: `{provider, states: {state: letters}, fates: {fate: letters}}` of what left.

        `fates` is empty for a provider that has said nothing of this campaign.
        """
        by_state = (
            select(effects.c.connector, deliveries.c.state, func.count().label("letters"))
            .join(effects, effects.c.key == deliveries.c.effect_key)
            .where(deliveries.c.campaign_id == campaign_id, deliveries.c.state.not_in(STAYED))
            .where(effects.c.state != "failed")  # a person says that it never left
            .group_by(effects.c.connector, deliveries.c.state)
        )
        by_fate = (
            select(receipts.c.provider, receipts.c.fate, func.count().label("letters"))
            .where(receipts.c.campaign_id == campaign_id)
            .group_by(receipts.c.provider, receipts.c.fate)
        )
        found: dict[str, Row] = {}
        with self.store.reading() as connection:
            for row in fetch(connection, by_state):
                one = found.setdefault(row["connector"], {"provider": row["connector"], "states": {}, "fates": {}})
                one["states"][row["state"]] = row["letters"]
            for row in fetch(connection, by_fate):
                if row["provider"] in found:
                    found[row["provider"]]["fates"][row["fate"]] = row["letters"]
        return [found[name] for name in sorted(found)]


def _effect(connection: Connection, said: MessageReceipt, provider: str) -> Row | None:
    of_provider = select(effects).where(effects.c.connector == provider)
    if said.mark and (row := fetch_one(connection, of_provider.where(effects.c.mark == said.mark))):
        return row
    if not said.provider_id:
        return None
    return fetch_one(connection, of_provider.where(effects.c.provider_id == said.provider_id))


def _on_its_way(connection: Connection, said: MessageReceipt, provider: str) -> bool:
    """Whether it can be of a message to this address whose id the provider has not told us yet."""
    query = select(effects.c.key).where(
        effects.c.state == "started",
        effects.c.connector == provider,
        func.lower(effects.c.recipient) == said.address.lower(),
    )
    return not said.mark and connection.execute(query).first() is not None


def _settled(connection: Connection, effect: Row, said: MessageReceipt, provider: str, now: datetime) -> bool:
    """The provider's word settles what nobody could know, or what a person took for not sent; whether it did."""
    by_hand = effect["state"] == "failed" and (effect["error"] or {}).get("code") == "settled"
    if effect["state"] != "uncertain" and not by_hand:
        return False
    note = {"code": "settled", "message": f"{provider} told of it: {said.fate}.", "by": f"provider:{provider}"}
    change = {"state": "done", "finished_at": now, "error": note}
    if not effect["provider_id"] and said.provider_id:
        change["provider_id"] = said.provider_id
    connection.execute(update(effects).where(effects.c.key == effect["key"]).values(**change))
    return True


def _letter(connection: Connection, effect: Row) -> Row | None:
    if effect["path"] != PATH:
        return None
    mine = (deliveries.c.campaign_id == effect["run_id"], deliveries.c.contact_id == effect["item"])
    return fetch_one(connection, select(deliveries).where(*mine).with_for_update())


def _moved(
    connection: Connection,
    letter: Row,
    effect: Row,
    said: MessageReceipt,
    provider: str,
    at: datetime,
    now: datetime,
    brake: Brake,
) -> Taken:
    ids = {"campaign_id": letter["campaign_id"], "contact_id": letter["contact_id"]}
    row = {**ids, "fate": said.fate.value, "provider": provider, "at": at, "detail": said.detail[:60] or None}
    fresh = insert_absent(connection, receipts, row)
    mine = (receipts.c.campaign_id == letter["campaign_id"], receipts.c.contact_id == letter["contact_id"])
    fates = fetch(connection, select(receipts.c.fate, receipts.c.detail).where(*mine))
    heaviest = max(fates, key=lambda one: RANK[one["fate"]])
    soft = heaviest["fate"] == Fate.SOFT_BOUNCED
    state = BOUNCED if soft else heaviest["fate"]
    change = {
        "state": state,
        "reason": Fate.SOFT_BOUNCED.value if soft else heaviest["detail"],
        "effect_key": effect["key"],
        "provider_id": effect["provider_id"] or said.provider_id or None,
        "attempts": max(letter["attempts"], 1),
        "changed_at": now if fresh else letter["changed_at"],
    }
    this = (deliveries.c.campaign_id == letter["campaign_id"], deliveries.c.contact_id == letter["contact_id"])
    connection.execute(update(deliveries).where(*this).values(**change))
    paused = None
    if fresh and said.fate is Fate.COMPLAINED:
        paused = _braked(connection, letter["campaign_id"], brake, now)
    return Taken("moved" if fresh else "known", **ids, state=state, paused=paused)


def _braked(connection: Connection, campaign_id: str, brake: Brake, now: datetime) -> str | None:
    """Pause a campaign that too many complain of; why, when it was paused by this."""
    out = select(func.count()).where(deliveries.c.campaign_id == campaign_id, deliveries.c.state.not_in(STAYED))
    spam = select(func.count()).where(receipts.c.campaign_id == campaign_id, receipts.c.fate == Fate.COMPLAINED.value)
    why = brake(int(connection.execute(out).scalar_one()), int(connection.execute(spam).scalar_one()))
    if why is None:
        return None
    done = moved(connection, campaign_id, "paused", SENDING, why, now)
    return str(why["message"]) if done and done[1] else None
