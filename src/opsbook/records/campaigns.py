"""Campaigns, their frozen letters and who was left out; and who must not be written to. Only the inbox writes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select, update

from opsbook.records.rows import Row, fetch, fetch_one, insert_absent
from opsbook.records.sendings import CONTACT_KEY
from opsbook.records.store import Store, Write
from opsbook.records.tables.inbox import artifacts, campaign_exclusions, campaign_messages, campaigns, suppressions
from opsbook.records.tables.runs import contacts

BECOMES = {"approved": "approved", "rejected": "cancelled", "expired": "cancelled", "voided": "failed"}
AT_ONCE = 500  # addresses in one query


class Campaigns:
    """Letters are written once and never changed: what is approved is what is sent."""

    def __init__(self, store: Store) -> None:
        self.store = store

    async def draft(
        self,
        campaign: Mapping[str, Any],
        messages: Sequence[Mapping[str, Any]],
        left_out: Sequence[Mapping[str, Any]],
        *also: Write,
    ) -> str:
        """Write a campaign whole, unless its `effect_key` stands; answers the id under which it stands.

        `also` is written in the same transaction, when the campaign is.
        """

        def write(connection: Connection) -> str:
            if not insert_absent(connection, campaigns, campaign):
                query = select(campaigns.c.id).where(campaigns.c.effect_key == campaign["effect_key"])
                return str(connection.execute(query).scalar())
            connection.execute(campaign_messages.insert(), [dict(one) for one in messages])
            if left_out:
                connection.execute(campaign_exclusions.insert(), [dict(one) for one in left_out])
            for one in also:
                one(connection)
            return str(campaign["id"])

        return await self.store.shared(write)

    def get(self, campaign_id: str) -> Row | None:
        """The campaign with its `messages`, by organisation, and its `exclusions`."""
        with self.store.reading() as connection:
            row = fetch_one(connection, select(campaigns).where(campaigns.c.id == campaign_id))
            return whole_campaign(connection, row)

    def by_key(self, effect_key: str) -> Row | None:
        """As `get`."""
        with self.store.reading() as connection:
            row = fetch_one(connection, select(campaigns).where(campaigns.c.effect_key == effect_key))
            return whole_campaign(connection, row)

    def latest(self, *, status: str | None = None, limit: int = 50) -> list[Row]:
        """Newest first, without letters."""
        query = select(campaigns).order_by(campaigns.c.created_at.desc(), campaigns.c.id.desc()).limit(limit)
        if status:
            query = query.where(campaigns.c.status == status)
        with self.store.reading() as connection:
            return fetch(connection, query)

    def recipient(self, campaign_id: str, contact_id: str) -> tuple[str, str] | None:
        """(channel, address) that a campaign wrote to a contact at."""
        query = (
            select(campaigns.c.channel, campaign_messages.c.recipient)
            .join(campaigns, campaigns.c.id == campaign_messages.c.campaign_id)
            .where(campaign_messages.c.campaign_id == campaign_id, campaign_messages.c.contact_id == contact_id)
        )
        with self.store.reading() as connection:
            row = fetch_one(connection, query)
            return None if row is None else (row["channel"], row["recipient"])

    async def suppress(self, channel: str, address: str, reason: str, now: datetime) -> bool:
        """Never write to this address again; True when it was not suppressed yet. The first reason stands."""
        row = {"channel": channel, "address": address.strip().lower(), "reason": reason, "at": now}
        return await self.store.shared(lambda connection: insert_absent(connection, suppressions, row))

    def suppressed(self, channel: str, addresses: Sequence[str]) -> dict[str, str]:
        """The reason for each of these addresses (lower case) that is suppressed."""
        table = suppressions.c
        with self.store.reading() as connection:
            return {
                row["address"]: row["reason"]
                for some in _batches(addresses)
                for row in fetch(
                    connection,
                    select(table.address, table.reason).where(table.channel == channel, table.address.in_(some)),
                )
            }

    def contacted_since(self, channel: str, addresses: Sequence[str], since: datetime) -> dict[str, datetime]:
        """When a campaign last reached, or may have reached, each of these addresses, where that was after `since`."""
        found: dict[str, datetime] = {}
        with self.store.reading() as connection:
            for some in _batches(addresses):
                for row in _reached(connection, channel, some, since):
                    found[row["address"]] = max(row["at"], found.get(row["address"], row["at"]))
        return found


def decided(connection: Connection, campaign_id: str, state: str) -> None:
    """What its approval has come to: of a campaign that waits for it, and of the draft that hangs on its thread.

    Approved letters that an edit or a tampering takes back are approved no longer.
    """
    before = "approved" if state == "voided" else "pending_approval"
    change = update(campaigns).where(
        campaigns.c.id == campaign_id, campaigns.c.status.in_((before, "pending_approval"))
    )
    connection.execute(change.values(status=BECOMES[state]))
    threads = select(campaigns.c.thread_id).where(campaigns.c.id == campaign_id)
    kept = select(artifacts).where(artifacts.c.thread_id.in_(threads), artifacts.c.type == "outreach_draft")
    for one in fetch(connection, kept):
        if isinstance(one["data"], dict) and one["data"].get("campaign_id") == campaign_id:
            status = "approved" if state == "approved" else "rejected"
            connection.execute(update(artifacts).where(artifacts.c.id == one["id"]).values(status=status))


def whole_campaign(connection: Connection, row: Row | None) -> Row | None:
    """A campaign's row with its `messages` and `exclusions`."""
    if row is None:
        return None
    letters = select(campaign_messages).where(campaign_messages.c.campaign_id == row["id"])
    out = select(campaign_exclusions).where(campaign_exclusions.c.campaign_id == row["id"])
    return {
        **row,
        "messages": fetch(
            connection,
            letters.order_by(
                campaign_messages.c.organization_name,
                campaign_messages.c.organization_id,
                campaign_messages.c.contact_id,
            ),
        ),
        "exclusions": fetch(
            connection, out.order_by(campaign_exclusions.c.organization_id, campaign_exclusions.c.contact_id)
        ),
    }


def _reached(connection: Connection, channel: str, addresses: Sequence[str], since: datetime) -> list[Row]:
    logged = (
        select(func.lower(contacts.c.recipient).label("address"), contacts.c.sent_at.label("at"))
        .where(contacts.c.channel == channel, contacts.c.recipient.in_(addresses), contacts.c.sent_at > since)
        .where(contacts.c.dedup_key.startswith(CONTACT_KEY, autoescape=True))
    )
    letters = (
        select(campaign_messages.c.recipient.label("address"), campaign_messages.c.sent_at.label("at"))
        .join(campaigns, campaigns.c.id == campaign_messages.c.campaign_id)
        .where(campaigns.c.channel == channel, campaign_messages.c.recipient.in_(addresses))
        .where(campaign_messages.c.sent_at > since)
    )
    return [*fetch(connection, logged), *fetch(connection, letters)]


def _batches(addresses: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(addresses), AT_ONCE):
        yield addresses[start : start + AT_ONCE]
