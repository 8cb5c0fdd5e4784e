"""Brings the canonical tables up to date with the platform's collections. Safe to repeat, and to kill at any point."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from opsbook.sdk.documents import DocumentStore
from opsbook.sdk.values import digest
from opsbook.warehouse.sources._place import PlaceFile, alone
from opsbook.warehouse.sources._synced import Synced, sound
from opsbook.warehouse.sources.firestore.collections import COLLECTIONS, Collection
from opsbook.warehouse.sources.firestore.place import Place, Sweep, place_file
from opsbook.warehouse.sources.firestore.rows import Rules
from opsbook.warehouse.sources.firestore.sweep import next_sweep, step
from opsbook.warehouse.store import Warehouse

OnPage = Callable[[str, int], None]  # the collection, and how many documents of it were read


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
    with alone(folder):
        done = []
        for collection in collections:
            one = _One(store, warehouse, collection, rules or Rules(), place_file(folder, collection.name))
            done.append(await one.sync(since, on_page, whole=whole))
    named = {collection.name for collection in collections}
    for table in sound(done):
        if named >= {name for name, one in COLLECTIONS.items() if one.table == table}:
            await asyncio.to_thread(warehouse.seen, table, "firestore", began)
    return done


@dataclass
class _One:
    """One collection's sync."""

    store: DocumentStore
    warehouse: Warehouse
    collection: Collection
    rules: Rules
    file: PlaceFile[Place]

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
        finished = place.sweep
        assert finished is not None, "a sweep that went through"
        loading = await asyncio.to_thread(self.file.load, self.warehouse, self.collection.table, finished.rows)
        useless = loading is not None and loading.useless
        self.file.keep(replace(place, sweep=None) if useless else _after(place, finished), ())  # then it is read again
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


def _after(place: Place, sweep: Sweep) -> Place:
    """The place behind a finished sweep. One that was told where to begin does not move the beginning back."""
    until = sweep.began
    if not sweep.whole:
        return replace(place, until=until, sweep=None)
    return replace(place, until=until, whole_at=until, documents=sweep.read, untimed=sweep.untimed, sweep=None)
