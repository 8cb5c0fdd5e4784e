"""The effects ledger's rows: one for each effect, keyed for ever. Only the effects room writes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, func, select, text, update

from opsbook.records.rights import Right
from opsbook.records.rows import Row, fetch, fetch_one, insert_absent, upsert
from opsbook.records.store import Store
from opsbook.records.tables.runs import contacts, effects

Guard = Callable[[Connection], str | None]  # why an effect must not leave, asked while nobody else can write

WITHHELD = "withheld"  # the state of an answer, never of a row that is stored
MAY_HAVE_LEFT = ("started", "done", "uncertain")
DAYS = 0x6F7073  # the first half of the locks under which a connector's day is counted, on a database that has them


@dataclass(frozen=True)
class Terms:
    """On which terms a connector takes another effect, and what stands on a row that has to wait or is refused.

    `per_day`: how many it takes a day of UTC at most; None: no limit of ours.
    """

    held: Mapping[str, Any]
    used_up: Mapping[str, Any]
    per_day: int | None = None


class Effects:
    def __init__(self, store: Store) -> None:
        self.store = store

    async def start(
        self,
        row: Mapping[str, Any],
        fence: Right | None,
        now: datetime,
        terms: Terms,
        guard: Guard | None = None,
    ) -> tuple[Row, bool]:
        """Commit that the effect is started, *before* it leaves.

        `guard` is asked in the same transaction why it must not leave: then nothing is written, and the row that is
        answered is `WITHHELD`.

        Answers (row as it stood, True) when the caller may send, (row, False) when the effect stands already as
        `started`, `done` or `uncertain`. A row that failed for certain is started again. One whose connector asked not
        to be asked yet is `planned`, with `not_before`; one beyond the connector's day is `failed`: both with False.
        """

        def write(connection: Connection) -> tuple[Row, bool]:
            if fence:
                fence.check(connection)
            standing = fetch_one(connection, select(effects).where(effects.c.key == row["key"]).with_for_update())
            if standing and (
                standing["state"] not in ("planned", "failed") or standing["request_digest"] != row["request_digest"]
            ):
                return standing, False
            if guard is not None and (why := guard(connection)):
                return {
                    **row,
                    **(standing or {}),
                    "state": "withheld",
                    "error": {"code": why},
                    "not_before": None,
                }, False
            kept = _kept_back(connection, row["connector"], now, terms)
            change = kept or {"state": "started", "started_at": now, "error": None, "not_before": None}
            fresh = {**row, "attempts": 0 if kept else 1, "planned_at": now, **change}
            if standing is None:
                if insert_absent(connection, effects, fresh):
                    return {"provider_id": None, **fresh}, kept is None
                raced = fetch_one(connection, select(effects).where(effects.c.key == row["key"]))
                assert raced is not None  # another worker wrote it meanwhile, and it is theirs
                return raced, False
            change = {**change, "attempts": standing["attempts"] + (kept is None), "epoch": row["epoch"]}
            connection.execute(update(effects).where(effects.c.key == row["key"]).values(**change))
            return {**standing, **change}, kept is None

        return await self.store.shared(write)

    def taken_since(self, connector: str, since: datetime) -> int:
        """How many effects left, or may have left, through a connector since then."""
        with self.store.reading() as connection:
            return _taken(connection, connector, since)

    async def finish(
        self,
        key: str,
        state: str,
        now: datetime,
        *,
        provider_id: str | None = None,
        error: Mapping[str, Any] | None = None,
        told: Sequence[Mapping[str, Any]] = (),
        not_before: datetime | None = None,
        fence: Right | None = None,
    ) -> Row:
        """Record what came of it; with `told`, what this recipient was told of, in the same transaction.

        Until `not_before` nothing else is started through its connector.
        """

        def write(connection: Connection) -> Row:
            if fence:
                fence.check(connection)
            change = {
                "state": state,
                "finished_at": now,
                "provider_id": provider_id,
                "error": error,
                "not_before": not_before,
            }
            connection.execute(update(effects).where(effects.c.key == key).values(**change))
            if told:
                upsert(connection, contacts, told)
            row = fetch_one(connection, select(effects).where(effects.c.key == key))
            assert row is not None
            return row

        return await self.store.shared(write)

    def told_since(self, channel: str, recipient: str, dedup_key: str, since: datetime) -> Row | None:
        """The last message about this key to this recipient, if it is not older than `since`."""
        query = select(contacts).where(
            contacts.c.channel == channel,
            contacts.c.recipient == recipient,
            contacts.c.dedup_key == dedup_key,
            contacts.c.sent_at >= since,
        )
        with self.store.reading() as connection:
            return fetch_one(connection, query)

    def standing(self, keys: Sequence[str]) -> dict[str, Row]:
        """The rows that there are under these keys."""
        with self.store.reading() as connection:
            return {row["key"]: row for row in fetch(connection, select(effects).where(effects.c.key.in_(keys)))}

    def of_run(self, run_id: str) -> list[Row]:
        """In the order of their start."""
        query = select(effects).where(effects.c.run_id == run_id).order_by(effects.c.planned_at, effects.c.key)
        with self.store.reading() as connection:
            return fetch(connection, query)

    async def give_up(self, run_id: str, note: Mapping[str, Any], now: datetime, fence: Right | None) -> None:
        """Mark what still stands as `started` as `uncertain`, and what was put off as failed. Safe to repeat.

        Nobody waits for an answer any more, or sends what was to be sent later.
        """

        def write(connection: Connection) -> None:
            if fence:
                fence.check(connection)
            change = update(effects).where(effects.c.run_id == run_id, effects.c.state == "started")
            connection.execute(change.values(state="uncertain", finished_at=now, error=dict(note)))
            put_off = update(effects).where(effects.c.run_id == run_id, effects.c.state == "planned")
            connection.execute(put_off.values(state="failed", finished_at=now))

        await self.store.shared(write)

    def unsettled(self, run_id: str) -> int:
        """How many effects of a run nobody can vouch for."""
        query = select(func.count()).where(
            effects.c.run_id == run_id, effects.c.state.in_(("started", "uncertain", "planned"))
        )
        with self.store.reading() as connection:
            return int(connection.execute(query).scalar() or 0)

    def in_state(self, states: Sequence[str], limit: int = 200) -> list[Row]:
        query = select(effects).where(effects.c.state.in_(states)).order_by(effects.c.planned_at).limit(limit)
        with self.store.reading() as connection:
            return fetch(connection, query)

    def settle(self, key: str, state: str, by: str, reason: str, now: datetime) -> Row | None:
        """A person settles an uncertain effect as `done` or `failed`. None when it was not uncertain."""
        with self.store.transaction() as connection:
            change = update(effects).where(effects.c.key == key, effects.c.state == "uncertain")
            note = {"code": "settled", "message": reason, "by": by}
            if connection.execute(change.values(state=state, finished_at=now, error=note)).rowcount != 1:
                return None
            return fetch_one(connection, select(effects).where(effects.c.key == key))


def day_of(now: datetime) -> datetime:
    """When the day of UTC began that a moment lies in."""
    return now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def _kept_back(connection: Connection, connector: str, now: datetime, terms: Terms) -> Row | None:
    """What stands on a row that cannot start now: its provider wants a pause, or has had its share of the day."""
    asked = select(func.max(effects.c.not_before))
    until = connection.execute(asked.where(effects.c.connector == connector, effects.c.not_before > now)).scalar()
    if until is not None:
        return {"state": "planned", "started_at": None, "error": dict(terms.held), "not_before": until}
    if terms.per_day is None:
        return None
    if connection.dialect.name == "postgresql":  # on SQLite nobody else writes from the transaction's beginning on
        lock = text("select pg_advisory_xact_lock(:days, hashtext(:connector))")
        connection.execute(lock, {"days": DAYS, "connector": connector})
    if _taken(connection, connector, day_of(now)) < terms.per_day:
        return None
    return {"state": "failed", "started_at": None, "error": dict(terms.used_up), "not_before": None}


def _taken(connection: Connection, connector: str, since: datetime) -> int:
    query = select(func.count()).where(
        effects.c.connector == connector, effects.c.started_at >= since, effects.c.state.in_(MAY_HAVE_LEFT)
    )
    return int(connection.execute(query).scalar() or 0)
