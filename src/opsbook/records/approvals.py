"""Approvals, the manifests that they bind and the decisions about them. Only the inbox writes them.

Whatever happens to an approval happens in one transaction that holds its row: the entry in its audit, the decision, the
new state, what its subject becomes and the waits that it ends. Who may do what is judged by the caller, inside of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, or_, select, update

from opsbook.records import audit
from opsbook.records.campaigns import decided, whole_campaign
from opsbook.records.rows import Row, fetch, fetch_one, insert_absent, insert_all_absent
from opsbook.records.store import Store, Write
from opsbook.records.tables.approvals import approvals, decisions, manifest_parts
from opsbook.records.tables.inbox import campaigns
from opsbook.records.tables.runs import runs, waits
from opsbook.records.waits import close_wait
from opsbook.sdk.values import JsonObject

KIND = "approval"  # of the waits that an approval ends
PART = 500  # messages of a manifest in one row


@dataclass(frozen=True)
class Standing:
    """An approval as it stands while its row is held.

    `manifest` is what it binds. `campaign` is its campaign with every letter, as stored now; None for another subject.
    `wait` is the wait of the run that asked, None before it has parked. `refused` counts the refusals so far.
    """

    row: Row
    decisions: Sequence[Row]
    wait: Row | None
    refused: int
    manifest: Callable[[], JsonObject]
    campaign: Callable[[], Row | None]


@dataclass(frozen=True)
class Turn:
    """What becomes of an approval: an entry of its audit, and what changes with it.

    `end` is the state that it ends in, with the `answer` for whoever waits for it; `decision` a person's decision.
    """

    event: str
    words: str
    person: str | None = None
    via: str | None = None
    code: str | None = None
    details: JsonObject = field(default_factory=dict)
    changes: Mapping[str, Any] = field(default_factory=dict)
    decision: Mapping[str, Any] | None = None
    end: str | None = None
    answer: JsonObject | None = None


@dataclass(frozen=True)
class Turned:
    """The approval after a turn, and the waits that it ended. No turn: nothing was changed."""

    row: Row
    turn: Turn | None
    ended: tuple[Row, ...] = ()


class Approvals:
    def __init__(self, store: Store) -> None:
        self.store = store

    async def ask(self, approval: Mapping[str, Any], manifest: Mapping[str, Any]) -> Row:
        """Write the question down unless its `ask_key` stands; answers the one that stands. Safe to repeat."""
        return await self.store.shared(asking(approval, manifest))

    async def turn(self, approval_id: str, how: Callable[[Standing], Turn | None], now: datetime) -> Turned | None:
        """Let `how` say what becomes of it, while nobody else can change it; None when there is no such approval.

        An approval that has ended stays as it is: of a turn then only its entry in the audit is kept, and an `end`
        that takes back what was approved (`voided`).
        """

        def write(connection: Connection) -> Turned | None:
            row = fetch_one(connection, select(approvals).where(approvals.c.id == approval_id).with_for_update())
            if row is None:
                return None
            turn = how(_standing(connection, row))
            return Turned(row, None) if turn is None else take(connection, row, turn, now)

        return await self.store.shared(write)

    def get(self, approval_id: str) -> Row | None:
        """The approval with its `decisions` and its `audit`, both in the order in which they were made."""
        with self.store.reading() as connection:
            row = fetch_one(connection, select(approvals).where(approvals.c.id == approval_id))
            if row is None:
                return None
            return {
                **row,
                "decisions": _decisions(connection, approval_id),
                "audit": audit.entries(connection, approval_id),
            }

    def latest(self, *, state: str | None = None, limit: int = 50, after: str | None = None) -> list[Row]:
        """Newest first; `after` is the id of the last one of the page before."""
        query = select(approvals).order_by(approvals.c.asked_at.desc(), approvals.c.id.desc()).limit(limit)
        if state:
            query = query.where(approvals.c.state == state)
        with self.store.reading() as connection:
            if after is not None:
                at = connection.execute(select(approvals.c.asked_at).where(approvals.c.id == after)).scalar()
                earlier = (approvals.c.asked_at == at) & (approvals.c.id < after)
                query = query.where((approvals.c.asked_at < at) | earlier)
            return fetch(connection, query)

    def about(self, subject: str) -> Row | None:
        """The newest approval of a campaign, or of a step of a run."""
        query = select(approvals).where(approvals.c.subject == subject)
        with self.store.reading() as connection:
            return fetch_one(connection, query.order_by(approvals.c.asked_at.desc(), approvals.c.id.desc()).limit(1))

    def of_run(self, run_id: str) -> list[Row]:
        """Those that a run waits for now."""
        open_ones = select(waits.c.subject).where(
            waits.c.run_id == run_id, waits.c.kind == KIND, waits.c.state == "open"
        )
        with self.store.reading() as connection:
            return fetch(connection, select(approvals).where(approvals.c.id.in_(open_ones)).order_by(approvals.c.id))

    def manifest(self, digest: str, parts: int | None = None) -> JsonObject:
        """The frozen manifest under a digest, empty when there is none; `parts`: with so many times `PART` messages."""
        with self.store.reading() as connection:
            return _manifest(connection, digest, parts)

    def due(self, now: datetime, limit: int = 100) -> list[Row]:
        """Pending ones with something to do: to tell, to remind of, or whose deadline has come; the oldest first."""
        something = or_(approvals.c.tell.is_not(None), approvals.c.remind_at <= now, approvals.c.deadline <= now)
        query = select(approvals).where(approvals.c.state == "pending", something).order_by(approvals.c.deadline)
        with self.store.reading() as connection:
            return fetch(connection, query.limit(limit))

    def forsaken(self, over: frozenset[str]) -> list[Row]:
        """Pending ones that nothing waits for any more: neither their run (`over` are the states of one that has
        ended) nor their campaign."""
        left = waits.join(approvals, waits.c.subject == approvals.c.id)
        closed = select(approvals.c.id).select_from(left).where(waits.c.kind == KIND, waits.c.state != "open")
        ended = approvals.join(runs, runs.c.id == approvals.c.run_id)
        gone = select(approvals.c.id).select_from(ended).where(runs.c.state.in_(over))
        asked = (approvals.c.kind == "step", or_(approvals.c.id.in_(closed), approvals.c.id.in_(gone)))
        moved = select(campaigns.c.id).where(campaigns.c.status != "pending_approval")
        drafted = (approvals.c.kind == "artifact", approvals.c.subject.in_(moved))
        query = select(approvals).where(approvals.c.state == "pending", or_(and_(*asked), and_(*drafted)))
        with self.store.reading() as connection:
            return fetch(connection, query)

    def overtaken(self) -> list[Row]:
        """Open waits for approvals that ended before the run had parked, with the approval's `given` answer."""
        both = waits.join(approvals, waits.c.subject == approvals.c.id)
        query = select(waits, approvals.c.answer.label("given")).select_from(both)
        with self.store.reading() as connection:
            asked = (waits.c.kind == KIND, waits.c.state == "open", approvals.c.state != "pending")
            return fetch(connection, query.where(*asked))


def asking(approval: Mapping[str, Any], manifest: Mapping[str, Any]) -> Write:
    """A write that asks; it answers the approval as it stands. Safe to repeat."""

    def write(connection: Connection) -> Row:
        if not insert_absent(connection, approvals, approval):
            stands = fetch_one(connection, select(approvals).where(approvals.c.ask_key == approval["ask_key"]))
            assert stands is not None
            return stands
        insert_all_absent(connection, manifest_parts, _parts(approval["digest"], manifest))
        asked = Turn("asked", "Asked for a decision.", approval["asked_by"], details={"digest": approval["digest"]})
        audit.add(connection, approval["id"], _entry(asked, approval["asked_at"]))
        return dict(approval)

    return write


def take(connection: Connection, row: Row, turn: Turn, now: datetime) -> Turned:
    """Carry a turn out on a row that is held."""
    audit.add(connection, row["id"], _entry(turn, now))
    may_end = row["state"] == "pending" or (row["state"] == "approved" and turn.end == "voided")
    if not may_end:
        return Turned(row, turn)
    changes: Row = dict(turn.changes)
    if turn.decision is not None:
        connection.execute(decisions.insert(), {**turn.decision, "approval_id": row["id"]})
    if turn.end is not None:
        ended = {"state": turn.end, "reason": turn.words, "answer": turn.answer, "ended_at": now}
        changes |= {**ended, "tell": None, "remind_at": None}
    if changes:
        connection.execute(update(approvals).where(approvals.c.id == row["id"]).values(**changes))
    after = {**row, **changes}
    if turn.end is None:
        return Turned(after, turn)
    if row["kind"] == "artifact":
        decided(connection, row["subject"], turn.end)
    return Turned(after, turn, tuple(_wake(connection, row["id"], turn.answer, now)))


def held_about(connection: Connection, subject: str) -> list[Row]:
    """The approvals of a subject that still bind something, their rows held."""
    query = select(approvals).where(approvals.c.subject == subject, approvals.c.state.in_(("pending", "approved")))
    return fetch(connection, query.with_for_update())


def _wake(connection: Connection, approval_id: str, answer: JsonObject | None, now: datetime) -> list[Row]:
    query = select(waits.c.id).where(waits.c.subject == approval_id, waits.c.kind == KIND, waits.c.state == "open")
    closed = [close_wait(connection, one, "answered", answer, now) for one in connection.execute(query).scalars().all()]
    return [one for one in closed if one is not None]


def _standing(connection: Connection, row: Row) -> Standing:
    campaign = select(campaigns).where(campaigns.c.id == row["subject"])
    return Standing(
        row,
        _decisions(connection, row["id"]),
        fetch_one(connection, select(waits).where(waits.c.subject == row["id"], waits.c.run_id == row["run_id"])),
        audit.refusals(connection, row["id"]),
        lambda: _manifest(connection, row["digest"]),
        lambda: whole_campaign(connection, fetch_one(connection, campaign)) if row["kind"] == "artifact" else None,
    )


def _decisions(connection: Connection, approval_id: str) -> list[Row]:
    query = select(decisions).where(decisions.c.approval_id == approval_id)
    return fetch(connection, query.order_by(decisions.c.at, decisions.c.person))


def _parts(digest: str, manifest: Mapping[str, Any]) -> list[Row]:
    messages = list(manifest.get("messages", ()))
    head = {name: value for name, value in manifest.items() if name != "messages"}
    slices = [messages[start : start + PART] for start in range(0, len(messages), PART)]
    whole = [head, *({"messages": one} for one in slices)]
    return [{"digest": digest, "number": number, "content": part} for number, part in enumerate(whole)]


def _manifest(connection: Connection, digest: str, most: int | None = None) -> JsonObject:
    query = select(manifest_parts.c.content).where(manifest_parts.c.digest == digest)
    if most is not None:
        query = query.where(manifest_parts.c.number <= most)
    parts = connection.execute(query.order_by(manifest_parts.c.number)).scalars().all()
    if not parts:
        return {}
    return {**parts[0], "messages": [one for part in parts[1:] for one in part["messages"]]}


def _entry(turn: Turn, at: datetime) -> Row:
    return {
        "at": at,
        "event": turn.event,
        "person": turn.person,
        "via": turn.via,
        "code": turn.code,
        "words": turn.words,
        "details": turn.details,
    }
