"""Brings canonical tables up to date with the queries of a database. Safe to repeat, and to kill at any point."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from opsbook.sdk.values import digest
from opsbook.warehouse.mapping import table_named
from opsbook.warehouse.sources._drift import drift
from opsbook.warehouse.sources._place import PlaceFile, alone
from opsbook.warehouse.sources._synced import Synced
from opsbook.warehouse.sources.sql.bounds import lower
from opsbook.warehouse.sources.sql.cells import Cells, cells
from opsbook.warehouse.sources.sql.database import Database
from opsbook.warehouse.sources.sql.declared import Query, Source
from opsbook.warehouse.sources.sql.place import Place, Sweep, place_file
from opsbook.warehouse.sources.sql.reading import OnPage, Reading
from opsbook.warehouse.sources.sql.shape import Shape, shape_of
from opsbook.warehouse.sources.sql.statements import columns
from opsbook.warehouse.store import Warehouse


def sync(
    source: Source,
    warehouse: Warehouse,
    queries: Sequence[Query],
    *,
    whole: bool = False,
    on_page: OnPage = lambda name, read: None,
) -> list[Synced]:
    """Read what is new since the last time, query by query, and load it.

    The first time, with `whole`, and for a query without a cursor everything is read. Raises `InvalidInput` for a
    declaration that the database or a table does not fit, `PersonNeeded` and `RetryLater` for the database, and
    `RetryLater` (`busy`) while another sync of this source is under way; what was read until then is kept, and the
    next call goes on from there.
    """
    began = warehouse.clock.now()
    database = Database(source)
    folder = warehouse.folder / "sync" / "sql" / source.name
    with alone(folder):
        done = [
            _One(source, database, warehouse, query, place_file(folder, query.name)).sync(on_page, whole=whole)
            for query in queries
        ]
    for table in dict.fromkeys(
        one.table for one in done if not any(it.useless for it in done if it.table == one.table)
    ):
        if {query.name for query in queries} >= {one.name for one in source.queries if one.settings.table == table}:
            warehouse.seen(table, f"sql/{source.name}", began)
    return done


@dataclass
class _One:
    """One query's sync."""

    source: Source
    database: Database
    warehouse: Warehouse
    query: Query
    file: PlaceFile[Place]

    def sync(self, on_page: OnPage, *, whole: bool) -> Synced:
        place = self._place()
        with self.database.reading(self.query.place) as connection:
            found = columns(connection, self.query, postgres=self.database.postgres)
        shape = shape_of(self.query, found, place.used)
        place, resumed = self._begun(place, shape, whole=whole)
        reading = Reading(self.database, self.query, shape, self._cells(shape), self.file)
        place = reading.through(place, on_page)
        return self._finished(place, shape, resumed=resumed, lost=reading.lost())

    def _place(self) -> Place:
        """Where it stands; at the beginning when its table has gone meanwhile."""
        asked = self.query.settings
        made_of = (asked.table, asked.query, asked.key, asked.cursor, asked.mapping, asked.replace)
        mark = digest([self.database.place, list(made_of), self.source.settings.zone])
        place = self.file.read(mark)
        if self.warehouse.held(asked.table) is not None:
            return place
        return Place(mark, sweep=place.sweep if place.sweep and place.sweep.whole else None)

    def _begun(self, place: Place, shape: Shape, *, whole: bool) -> tuple[Place, bool]:
        """The place with the sweep that it needs, and whether that one was under way."""
        cursor = self.query.settings.cursor
        begun = place.sweep
        if begun is not None and (begun.whole or not whole) and tuple(begun.used) == shape.used:
            return place, True
        now, zone = self.warehouse.clock.now(), self.source.settings.zone
        sweep = Sweep(whole=True, began=now, used=shape.used)
        same = cursor is not None and place.columns.get(cursor) == shape.columns[cursor]
        if cursor is not None and same and place.high is not None and not whole:
            since = lower(place.high, shape.columns[cursor], self.query, place.until or now, zone)
            sweep = Sweep(whole=False, began=now, since=since, timed=True, used=shape.used)
        self.file.begin()
        return self.file.keep(replace(place, sweep=sweep), ()), False

    def _cells(self, shape: Shape) -> Cells:
        table = table_named(self.query.settings.table)
        return cells(table, shape.sources, shape.used, self.source.settings.zone)

    def _finished(self, place: Place, shape: Shape, *, resumed: bool, lost: tuple[int, int]) -> Synced:
        sweep = place.sweep
        assert sweep is not None, "a sweep that went through"
        asked, keyless, untimed = self.query.settings, *lost
        same = asked.cursor is None and place.until is not None and sweep.chain == place.chain
        loading = None
        if not same:
            replaces = bool(asked.replace) and sweep.whole
            loading = self.file.load(self.warehouse, asked.table, sweep.rows, asked.mapping, replace_all=replaces)
        useless = loading is not None and loading.useless
        after = Place(
            place.mark,
            sweep.began,
            place.high if sweep.high is None else sweep.high,
            shape.columns,
            shape.used,
            sweep.chain if asked.cursor is None else "",
            sweep.digests,
        )
        self.file.keep(replace(place, sweep=None) if useless else after, ())  # what was all refused is read again
        self.file.begin()
        held = self.warehouse.held(asked.table)
        left_out = {**sweep.left_out, **({f"its {asked.key} is empty": keyless} if keyless else {})}
        return Synced(
            self.query.name,
            asked.table,
            sweep.whole,
            resumed,
            sweep.read,
            sweep.read if same else sweep.unchanged,
            left_out,
            untimed,
            loading,
            held.rows if held else 0,
            sweep.shortened,
            drift(place.columns, shape.columns),
        )
