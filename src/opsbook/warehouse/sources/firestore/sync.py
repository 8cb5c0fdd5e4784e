"""Brings the canonical tables up to date with the platform's collections. Safe to repeat, and to kill at any point."""

from __future__ import annotations

import asyncio
import fcntl
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from opsbook.sdk.documents import DocumentStore
from opsbook.sdk.errors import RetryLater
from opsbook.sdk.values import JsonObject, digest
from opsbook.warehouse.report import LoadReport
from opsbook.warehouse.sources.firestore.collections import COLLECTIONS, Collection
from opsbook.warehouse.sources.firestore.place import Place, PlaceFile, Sweep
from opsbook.warehouse.sources.firestore.rows import Rules
from opsbook.warehouse.sources.firestore.sweep import next_sweep, step
from opsbook.warehouse.store import Warehouse
from opsbook.warehouse.tables import TABLES

OnPage = Callable[[str, int], None]  # the collection, and how many documents of it were read


@dataclass(frozen=True)
class Synced:
    """What became of one collection.

    `read` documents came, `unchanged` of them since the last time; `left_out` counts by reason those that are no rows.
    `loading` is what the loader says of the rest: refused rows with reasons, unreadable cells, the quarantine; None
    when there was nothing to load. `untimed` documents carry no time by which a change could be noticed. `whole`: every
    document was read. `resumed`: it went on where an earlier sync was broken off.
    """

    collection: str
    table: str
    whole: bool
    resumed: bool
    read: int
    unchanged: int
    left_out: dict[str, int]
    untimed: int
    loading: LoadReport | None
    total: int

    def as_json(self) -> JsonObject:
        loaded = self.loading
        return {
            "collection": self.collection,
            "table": self.table,
            "whole": self.whole,
            "resumed": self.resumed,
            "read": self.read,
            "unchanged": self.unchanged,
            "left_out": dict(self.left_out),
            "untimed": self.untimed,
            "loaded": loaded.loaded if loaded else 0,
            "rejected": loaded.rejected if loaded else 0,
            "reasons": dict(loaded.reasons) if loaded else {},
            "unreadable": dict(loaded.unreadable) if loaded else {},
            "quarantine": str(loaded.quarantine) if loaded and loaded.quarantine else None,
            "total": self.total,
        }


async def sync(
    store: DocumentStore,
    warehouse: Warehouse,
    collections: Sequence[Collection],
    rules: Rules | None = None,
    *,
    since: datetime | None = None,
    whole: bool = False,
    on_page: OnPage = lambda collection, read: None,
) -> list[Synced]:
    """Read what is new since the last time, collection by collection, and load it.

    The first time, and with `whole`, everything is read; with `since` what changed from then on. Raises what the store
    raises, `RetryLater` (`busy`) while another sync of this warehouse is under way; what was read until then is kept,
    and the next call goes on from there.
    """
    began = warehouse.clock.now()
    folder = warehouse.folder / "sync" / "firestore"
    with _alone(folder):
        done = []
        for collection in collections:
            one = _One(store, warehouse, collection, rules or Rules(), PlaceFile(folder, collection.name))
            done.append(await one.sync(since, on_page, whole=whole))
    named = {collection.name for collection in collections}
    for table in dict.fromkeys(collection.table for collection in collections):
        if named >= {name for name, one in COLLECTIONS.items() if one.table == table}:
            await asyncio.to_thread(warehouse.seen, table, began)
    return done


@dataclass
class _One:
    """One collection's sync."""

    store: DocumentStore
    warehouse: Warehouse
    collection: Collection
    rules: Rules
    file: PlaceFile

    async def sync(self, since: datetime | None, on_page: OnPage, *, whole: bool) -> Synced:
        place = self._place()
        sweep = next_sweep(place, self.warehouse.clock.now(), whole=whole, since=since)
        resumed = sweep is place.sweep
        if not resumed:
            self.file.begin()
            place = self.file.keep(replace(place, sweep=sweep), ())
        while not (moved := await self._step(place, on_page))[1]:
            place = moved[0]
        place = moved[0]
        loading = await asyncio.to_thread(self._load, place)
        finished = place.sweep
        assert finished is not None, "a sweep that went through"
        self.file.keep(_after(place, finished), ())
        self.file.begin()
        held = self.warehouse.held(self.collection.table)
        return Synced(
            self.collection.name,
            self.collection.table,
            finished.whole,
            resumed,
            finished.read,
            finished.unchanged,
            dict(finished.left_out),
            finished.untimed,
            loading,
            held.rows if held else 0,
        )

    def _place(self) -> Place:
        """Where it stands; at the beginning when its table has gone meanwhile."""
        made_of = (self.collection.fields, self.collection.watched, self.collection.among)
        mark = digest([self.store.place, made_of, self.rules.subscription_months])
        place = self.file.read(mark)
        if self.warehouse.held(self.collection.table) is not None:
            return place
        sweep = place.sweep
        return Place(mark, sweep=sweep if sweep and (sweep.whole or sweep.forced) else None)

    async def _step(self, place: Place, on_page: OnPage) -> tuple[Place, bool]:
        sweep, rows, done = await step(self.store, self.collection, place, self.rules)
        on_page(self.collection.name, sweep.read)
        return self.file.keep(replace(place, sweep=sweep), rows), done

    def _load(self, place: Place) -> LoadReport | None:
        """Load the rows; for an empty collection an empty table, so that nothing is known rather than unknown."""
        table = self.collection.table
        if place.sweep is not None and place.sweep.rows:
            return self.warehouse.load(table, self.file.spool)
        if self.warehouse.held(table) is None:
            empty = self.file.spool.with_suffix(".csv")
            empty.write_text(",".join(TABLES[table].names) + "\n", "utf-8")
            self.warehouse.load(table, empty)
            empty.unlink()
        return None


def _after(place: Place, sweep: Sweep) -> Place:
    """The place behind a finished sweep. One that was told where to begin does not move the beginning back."""
    until = sweep.began
    if not sweep.whole:
        return replace(place, until=until, sweep=None)
    return replace(place, until=until, whole_at=until, documents=sweep.read, untimed=sweep.untimed, sweep=None)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as opened:
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RetryLater("Another sync of this source is under way.", code="busy", after_seconds=30) from None
        yield
