"""Campaigns on their way out: the worker that sends each, and what became of its letters. Only the inbox writes them.

A worker holds a campaign for a while and renews that; whoever takes over gets the next `epoch`, and what the one before
still writes is refused. Before a letter leaves, `guard` is asked in the transaction that starts it: a pause, an opt-out
and the limit of frequency hold from the moment in which they are written.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, case, delete, func, insert, literal, select, text, update

from opsbook.records.effects import Guard
from opsbook.records.rows import Row, fetch, fetch_one, insert_absent, upsert
from opsbook.records.store import Store
from opsbook.records.tables.inbox import campaign_messages, campaigns, suppressions
from opsbook.records.tables.runs import contacts, effects
from opsbook.records.tables.sendings import deliveries, sendings
from opsbook.sdk.errors import NeverWorks

SENDABLE = frozenset({"approved", "scheduled", "sending"})
WAITING = "waiting"
PATH = "campaign"  # the path of a campaign's letters in the ledger
STAYED = (WAITING, "excluded", "failed")  # states of letters that have not left
CONTACT_KEY = "campaign:"  # what the contact log's keys of campaign mail begin with
ADDRESSES = 0x6F7074  # the first half of the locks under which an address is written to, on a database that has them

_SAME_LETTER = (campaign_messages.c.campaign_id == deliveries.c.campaign_id) & (
    campaign_messages.c.contact_id == deliveries.c.contact_id
)
_WITH_EFFECTS = deliveries.outerjoin(effects, effects.c.key == deliveries.c.effect_key)
_STATE = case(  # what a person has settled since stands in the ledger
    (and_(deliveries.c.state == "uncertain", effects.c.state == "done"), "sent"),
    (and_(deliveries.c.state == "uncertain", effects.c.state == "failed"), "failed"),
    else_=deliveries.c.state,
)


@dataclass(frozen=True)
class Claim:
    """The right of one worker to send a campaign."""

    campaign_id: str
    epoch: int

    def check(self, connection: Connection) -> None:
        """Raises `NeverWorks` (code `fenced`) when another worker has taken over."""
        query = select(sendings.c.epoch).where(sendings.c.campaign_id == self.campaign_id)
        if connection.execute(query).scalar() != self.epoch:
            raise NeverWorks("Another worker sends this campaign now.", code="fenced")


@dataclass(frozen=True)
class Settled:
    """What became of a letter. `left` says whether it left or may have: then the contact log keeps it."""

    contact_id: str
    state: str
    left: bool
    reason: str | None = None
    effect_key: str | None = None
    provider_id: str | None = None
    attempts: int = 0


class Sendings:
    def __init__(self, store: Store) -> None:
        self.store = store

    def due(self, now: datetime, limit: int = 20) -> list[str]:
        """Ids of campaigns that may be sent and are due, the one that waits longest first."""
        joined = campaigns.outerjoin(sendings, sendings.c.campaign_id == campaigns.c.id)
        query = (
            select(campaigns.c.id)
            .select_from(joined)
            .where(campaigns.c.status.in_(SENDABLE), func.coalesce(sendings.c.due_at, now) <= now)
            .order_by(campaigns.c.created_at, campaigns.c.id)
            .limit(limit)
        )
        with self.store.reading() as connection:
            return [row["id"] for row in fetch(connection, query)]

    async def claim(
        self, campaign_id: str, holder: str, now: datetime, until: datetime, *, alone: bool
    ) -> Claim | None:
        """Take a campaign to send it; it is `sending` from then on, with a delivery for each of its letters.

        None when it is not to be sent, or another worker holds it. `alone`: there is no other living worker, so what
        another one holds it has left behind.
        """

        def write(connection: Connection) -> Claim | None:
            status = connection.execute(select(campaigns.c.status).where(campaigns.c.id == campaign_id)).scalar()
            if status not in SENDABLE:
                return None
            insert_absent(connection, sendings, {"campaign_id": campaign_id, "due_at": now, "epoch": 0})
            mine = select(sendings).where(sendings.c.campaign_id == campaign_id).with_for_update()
            row = fetch_one(connection, mine)
            assert row is not None
            held = row["holder"] not in (None, holder) and row["lease_until"] > now
            if held and not alone:
                return None
            claim = Claim(campaign_id, row["epoch"] + 1)
            change = {"holder": holder, "lease_until": until, "epoch": claim.epoch, "note": None}
            _change(connection, campaign_id, {**change, "started_at": row["started_at"] or now})
            connection.execute(update(campaigns).where(campaigns.c.id == campaign_id).values(status="sending"))
            if row["started_at"] is None:
                _spread(connection, campaign_id, now)
            return claim

        return await self.store.shared(write)

    async def renew(self, claim: Claim, until: datetime) -> bool:
        """Hold it for longer; False when it is not to be sent any more, or another worker has taken over."""

        def write(connection: Connection) -> bool:
            still = select(campaigns.c.status).where(campaigns.c.id == claim.campaign_id)
            held = (sendings.c.campaign_id == claim.campaign_id, sendings.c.epoch == claim.epoch)
            renewed = connection.execute(update(sendings).where(*held).values(lease_until=until)).rowcount == 1
            return renewed and connection.execute(still).scalar() == "sending"

        return await self.store.shared(write)

    def waiting(self, campaign_id: str, after: str, limit: int) -> list[Row]:
        """Letters that have not left: `{contact_id, organization_id, attempts}`, by contact, behind `after`."""
        query = (
            select(deliveries.c.contact_id, campaign_messages.c.organization_id, deliveries.c.attempts)
            .select_from(deliveries.join(campaign_messages, _SAME_LETTER))
            .where(deliveries.c.campaign_id == campaign_id, deliveries.c.state == WAITING)
            .where(deliveries.c.contact_id > after)
            .order_by(deliveries.c.contact_id)
            .limit(limit)
        )
        with self.store.reading() as connection:
            return fetch(connection, query)

    async def settle(self, claim: Claim, channel: str, settled: Sequence[Settled], now: datetime) -> None:
        """Write down what became of letters. What has not left was no contact.

        What the provider has said of one meanwhile stands.
        """

        def write(connection: Connection) -> None:
            claim.check(connection)
            for one in settled:
                letter = (deliveries.c.campaign_id == claim.campaign_id, deliveries.c.contact_id == one.contact_id)
                mine = (*letter, deliveries.c.state == WAITING)
                change = {
                    "state": one.state,
                    "reason": one.reason,
                    "attempts": one.attempts,
                    "effect_key": one.effect_key,
                    "provider_id": one.provider_id,
                    "changed_at": now,
                }
                connection.execute(update(deliveries).where(*mine).values(**change))
            stayed = [one.contact_id for one in settled if not one.left]
            if stayed:
                _forget(connection, claim.campaign_id, channel, stayed)

        await self.store.shared(write)

    async def rest(self, claim: Claim, due_at: datetime, note: Mapping[str, Any]) -> None:
        """Nothing can leave before `due_at`: it is `scheduled` until then."""
        await self._leave(claim, "scheduled", {"due_at": due_at, "note": dict(note)})

    async def stop(self, claim: Claim, status: str, note: Mapping[str, Any] | None, now: datetime) -> None:
        """It is over, or stands still until a person has mended something (`paused`)."""
        over = {} if status == "paused" else {"finished_at": now}
        await self._leave(claim, status, {"note": dict(note) if note else None, **over})

    async def _leave(self, claim: Claim, status: str, change: Mapping[str, Any]) -> None:
        def write(connection: Connection) -> None:
            claim.check(connection)
            _change(connection, claim.campaign_id, {**change, "holder": None, "lease_until": None})
            mine = (campaigns.c.id == claim.campaign_id, campaigns.c.status == "sending")
            connection.execute(update(campaigns).where(*mine).values(status=status))

        await self.store.shared(write)

    async def move(
        self,
        campaign_id: str,
        to: str,
        before: Collection[str],
        note: Mapping[str, Any],
        now: datetime,
        due_at: datetime | None = None,
    ) -> tuple[str, bool] | None:
        """Change the state that people see, if it is one of `before`; (the state that it was in, whether it changed).

        None when there is no such campaign.
        """

        def write(connection: Connection) -> tuple[str, bool] | None:
            return moved(connection, campaign_id, to, before, note, now, due_at)

        return await self.store.shared(write)

    def progress(self, campaign_id: str) -> Row | None:
        """When it is due, began and ended, and its note; with `states`, how many letters are in which."""
        counted = select(_STATE.label("state"), func.count().label("letters")).select_from(_WITH_EFFECTS)
        counted = counted.where(deliveries.c.campaign_id == campaign_id).group_by(_STATE)
        with self.store.reading() as connection:
            row = fetch_one(connection, select(sendings).where(sendings.c.campaign_id == campaign_id))
            if row is None:
                return None
            return {**row, "states": {one["state"]: one["letters"] for one in fetch(connection, counted)}}

    def letters(self, campaign_id: str, states: Sequence[str] = (), after: str = "", limit: int = 200) -> list[Row]:
        """Deliveries with their recipient and organisation, by contact, behind `after`; of all states or of some."""
        told = (deliveries.c.contact_id, deliveries.c.reason, deliveries.c.effect_key, deliveries.c.changed_at)
        to = (campaign_messages.c.recipient, campaign_messages.c.organization_name)
        query = (
            select(*told, _STATE.label("state"), *to)
            .select_from(_WITH_EFFECTS.join(campaign_messages, _SAME_LETTER))
            .where(deliveries.c.campaign_id == campaign_id, deliveries.c.contact_id > after)
            .order_by(deliveries.c.contact_id)
            .limit(limit)
        )
        if states:
            query = query.where(_STATE.in_(states))
        with self.store.reading() as connection:
            return fetch(connection, query)

    def guard(self, claim: Claim, channel: str, address: str, key: str, now: datetime, quiet: datetime) -> Guard:
        """Asks why a letter must not leave: `paused`, `suppressed` or `contacted_recently` (after `quiet`).

        What may leave is a contact from then on, whatever becomes of it.
        """
        mine = f"{CONTACT_KEY}{claim.campaign_id}"

        def why(connection: Connection) -> str | None:
            if connection.dialect.name == "postgresql":  # on SQLite nobody else writes meanwhile
                lock = text("select pg_advisory_xact_lock(:addresses, hashtext(:address))")
                connection.execute(lock, {"addresses": ADDRESSES, "address": address})
            status = connection.execute(select(campaigns.c.status).where(campaigns.c.id == claim.campaign_id)).scalar()
            if status != "sending":
                return "paused"
            stop = select(suppressions.c.reason).where(
                suppressions.c.channel == channel, suppressions.c.address == address
            )
            if connection.execute(stop).scalar() is not None:
                return "suppressed"
            lately = select(contacts.c.sent_at).where(
                contacts.c.channel == channel,
                contacts.c.recipient == address,
                contacts.c.dedup_key.startswith(CONTACT_KEY, autoescape=True),
                contacts.c.dedup_key != mine,
                contacts.c.sent_at > quiet,
            )
            if connection.execute(lately).first() is not None:
                return "contacted_recently"
            intent = {"channel": channel, "recipient": address, "dedup_key": mine, "sent_at": now, "effect_key": key}
            upsert(connection, contacts, [intent])
            return None

        return why


def moved(
    connection: Connection,
    campaign_id: str,
    to: str,
    before: Collection[str],
    note: Mapping[str, Any],
    now: datetime,
    due_at: datetime | None = None,
) -> tuple[str, bool] | None:
    """`Sendings.move` within a transaction of one's own."""
    query = select(campaigns.c.status).where(campaigns.c.id == campaign_id).with_for_update()
    status = connection.execute(query).scalar()
    if status is None or status not in before:
        return None if status is None else (status, False)
    insert_absent(connection, sendings, {"campaign_id": campaign_id, "due_at": due_at or now, "epoch": 0})
    _change(connection, campaign_id, {"note": dict(note), **({"due_at": due_at} if due_at else {})})
    connection.execute(update(campaigns).where(campaigns.c.id == campaign_id).values(status=to))
    return status, True


def _change(connection: Connection, campaign_id: str, values: Mapping[str, Any]) -> None:
    connection.execute(update(sendings).where(sendings.c.campaign_id == campaign_id).values(**values))


def _spread(connection: Connection, campaign_id: str, now: datetime) -> None:
    """A delivery for each letter."""
    letters = select(
        campaign_messages.c.campaign_id,
        campaign_messages.c.contact_id,
        literal(WAITING),
        literal(0),
        literal(now, type_=deliveries.c.changed_at.type),
    ).where(campaign_messages.c.campaign_id == campaign_id)
    columns = ["campaign_id", "contact_id", "state", "attempts", "changed_at"]
    connection.execute(insert(deliveries).from_select(columns, letters))


def _forget(connection: Connection, campaign_id: str, channel: str, contact_ids: Sequence[str]) -> None:
    """Take the intents of letters that did not leave out of the contact log."""
    addresses = select(func.lower(campaign_messages.c.recipient)).where(
        campaign_messages.c.campaign_id == campaign_id, campaign_messages.c.contact_id.in_(contact_ids)
    )
    connection.execute(
        delete(contacts).where(
            contacts.c.channel == channel,
            contacts.c.dedup_key == f"{CONTACT_KEY}{campaign_id}",
            contacts.c.recipient.in_(addresses),
        )
    )
