"""Threads, their messages and what is kept with them. Only the inbox writes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, select, update

from opsbook.records.rows import Row, fetch, fetch_one, insert_absent
from opsbook.records.store import Store
from opsbook.records.tables.approvals import approvals
from opsbook.records.tables.inbox import artifacts, campaigns, thread_messages, threads
from opsbook.sdk.errors import Conflict, InvalidInput


class Threads:
    def __init__(self, store: Store) -> None:
        self.store = store

    async def open(
        self,
        thread: Mapping[str, Any],
        message: Mapping[str, Any],
        kept: Sequence[Mapping[str, Any]],
        deciders: Callable[[Sequence[str]], Sequence[str]] = list,
    ) -> Row:
        """Open a thread with its first message, or append to the open one of its `open_key`, in one transaction.

        `deciders` makes of the thread's assignees those who may decide about its campaign.

        `message` carries the `effect_key`: a second time it answers what was answered first and writes nothing.
        Answers `{thread_id, created, type, title, status, assignees, artifact_ids, campaign_id, dedup_key}`.

        Raises:
            Conflict: the open thread about the same thing is of another type.
            InvalidInput: the campaign that the thread is to decide about does not exist.
        """

        def write(connection: Connection) -> Row:
            first = _answer(connection, message["effect_key"])
            if first is not None:
                return first
            _link(connection, thread)
            created = insert_absent(connection, threads, thread)
            standing = dict(thread) if created else _append_to(connection, thread)
            answer = {
                "thread_id": standing["id"],
                "created": created,
                "type": standing["type"],
                "title": standing["title"],
                "status": standing["status"],
                "assignees": standing["assignees"],
                "artifact_ids": [one["id"] for one in kept],
                "campaign_id": standing["campaign_id"],
                "dedup_key": standing["dedup_key"],
            }
            row = {**message, "thread_id": standing["id"], "answer": answer}
            connection.execute(thread_messages.insert(), row)
            if kept:
                connection.execute(artifacts.insert(), [{**one, "thread_id": standing["id"]} for one in kept])
            if thread["campaign_id"] is not None:
                _hang(connection, thread["campaign_id"], standing["id"], deciders(standing["assignees"]))
            return answer

        return await self.store.shared(write)

    async def say(self, thread_id: str, message: Mapping[str, Any]) -> Row | None:
        """Put a message into a thread, open or closed; its `effect_key` a second time adds nothing.

        Answers the thread, None when there is none.
        """

        def write(connection: Connection) -> Row | None:
            row = fetch_one(connection, select(threads).where(threads.c.id == thread_id))
            if row is None:
                return None
            if insert_absent(connection, thread_messages, {**message, "thread_id": thread_id, "answer": None}):
                change = update(threads).where(threads.c.id == thread_id)
                connection.execute(change.values(updated_at=message["at"]))
            return row

        return await self.store.shared(write)

    async def close(self, thread_id: str, status: str, message: Mapping[str, Any], answer: Row) -> Row | None:
        """Close an open thread with a last message and free its key; None when it was not open (any more)."""

        def write(connection: Connection) -> Row | None:
            change = update(threads).where(threads.c.id == thread_id, threads.c.status == "active")
            values = {"status": status, "open_key": None, "updated_at": message["at"]}
            if connection.execute(change.values(**values)).rowcount != 1:
                return None
            connection.execute(thread_messages.insert(), {**message, "thread_id": thread_id, "answer": answer})
            return answer

        return await self.store.shared(write)

    def answer_to(self, effect_key: str) -> Row | None:
        """What was answered when this effect was done, or None when it was not done yet."""
        with self.store.reading() as connection:
            return _answer(connection, effect_key)

    def open_about(self, open_key: str) -> Row | None:
        with self.store.reading() as connection:
            return fetch_one(connection, select(threads).where(threads.c.open_key == open_key))

    def get(self, thread_id: str) -> Row | None:
        """The thread with its `messages`, oldest first, and its `artifacts`."""
        with self.store.reading() as connection:
            thread = fetch_one(connection, select(threads).where(threads.c.id == thread_id))
            if thread is None:
                return None
            said = select(thread_messages).where(thread_messages.c.thread_id == thread_id)
            kept = select(artifacts).where(artifacts.c.thread_id == thread_id)
            return {
                **thread,
                "messages": fetch(connection, said.order_by(thread_messages.c.at, thread_messages.c.id)),
                "artifacts": fetch(connection, kept.order_by(artifacts.c.created_at, artifacts.c.id)),
            }

    def latest(
        self, *, thread_type: str | None = None, status: str | None = None, run_id: str | None = None, limit: int = 50
    ) -> list[Row]:
        """The ones in which something happened last come first."""
        query = select(threads).order_by(threads.c.updated_at.desc(), threads.c.id.desc()).limit(limit)
        if thread_type:
            query = query.where(threads.c.type == thread_type)
        if status:
            query = query.where(threads.c.status == status)
        if run_id:
            written = select(thread_messages.c.thread_id).where(thread_messages.c.run_id == run_id)
            query = query.where(threads.c.id.in_(written))
        with self.store.reading() as connection:
            return fetch(connection, query)


def _answer(connection: Connection, effect_key: str) -> Row | None:
    query = select(thread_messages.c.answer).where(thread_messages.c.effect_key == effect_key)
    found: Row | None = connection.execute(query).scalar()
    return found


def _append_to(connection: Connection, thread: Mapping[str, Any]) -> Row:
    standing = fetch_one(connection, select(threads).where(threads.c.open_key == thread["open_key"]))
    assert standing is not None
    if standing["type"] != thread["type"]:
        raise Conflict(
            f"The open thread about the same thing is of type {standing['type']}, not {thread['type']}.",
            cure="Give this thread a dedup_key of its own.",
            code="thread_type",
        )
    change = {
        "updated_at": thread["updated_at"],
        "preview": thread["preview"],
        "agents": list(dict.fromkeys([*standing["agents"], *thread["agents"]])),
        "assignees": list(dict.fromkeys([*standing["assignees"], *thread["assignees"]])),
        "campaign_id": thread["campaign_id"] or standing["campaign_id"],
    }
    connection.execute(update(threads).where(threads.c.id == standing["id"]).values(**change))
    return {**standing, **change}


def _hang(connection: Connection, campaign_id: str, thread_id: str, deciders: Sequence[str]) -> None:
    """Hang a campaign on the thread: those whom the thread is assigned to are asked about it from now on."""
    mine = (campaigns.c.id == campaign_id, campaigns.c.thread_id.is_(None))
    connection.execute(update(campaigns).where(*mine).values(thread_id=thread_id))
    asked = (approvals.c.subject == campaign_id, approvals.c.state == "pending")
    change = {"thread_id": thread_id, "deciders": list(deciders), "tell": "asked"}
    connection.execute(update(approvals).where(*asked).values(**change))


def _link(connection: Connection, thread: Mapping[str, Any]) -> None:
    """A thread about a campaign that does not exist would offer buttons that decide nothing."""
    wanted = thread["campaign_id"]
    if wanted is None:
        return
    if fetch_one(connection, select(campaigns.c.id).where(campaigns.c.id == wanted)) is None:
        raise InvalidInput(
            "The campaign that this thread is to decide about does not exist.",
            field="campaign",
            cure="Name the campaign_id that the drafting step answered.",
            code="unknown_campaign",
        )
