"""Brings a table up to date with what a system tells of its records. Safe to repeat, and to kill at any point.

A source says with `Records` how records become rows; which system tells them, and how, it does not know.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import reduce

from opsbook.sdk.errors import NeverWorks, RetryLater
from opsbook.sdk.feeds import Feed, FeedPage
from opsbook.sdk.values import Json, JsonObject, digest
from opsbook.warehouse.sources._drift import field_drift, fields_in, joined
from opsbook.warehouse.sources._feed_place import REMEMBERED, Known, Place, Sweep, place_file
from opsbook.warehouse.sources._fields import LONGEST, Fields, LeftOut, Row
from opsbook.warehouse.sources._place import PlaceFile, alone
from opsbook.warehouse.sources._synced import Synced
from opsbook.warehouse.store import Warehouse

MOST_PAGES = 10_000  # of one sync; the next one goes on there
OnPage = Callable[[str, int], None]  # the records' name, and how many of them were read


@dataclass(frozen=True)
class Records:
    """What is made of the records of a `source`: rows of `table`, by `row`; `key` is where a row has its id.

    `made_by` is what the rows depend on beside the records: with another one everything is read anew. `paths` are
    fields that must be told apart however deep they lie. `check` sees the fields of the first records that come and may
    raise `InvalidInput`; `mapping` says by all known fields which column of a row is which column of the table, and
    `remarks` what a person should know of them.
    """

    source: str
    name: str
    table: str
    row: Callable[[Fields], Row | LeftOut]
    key: str = "id"
    made_by: Json = None
    paths: tuple[str, ...] = ()
    check: Callable[[Mapping[str, str]], None] = lambda fields: None
    mapping: Callable[[Mapping[str, str]], Mapping[str, str]] = lambda fields: {}
    remarks: Callable[[Mapping[str, str]], tuple[str, ...]] = lambda fields: ()


async def sync_feed(
    feed: Feed,
    warehouse: Warehouse,
    records: Records,
    *,
    whole: bool = False,
    on_page: OnPage = lambda name, read: None,
    most_pages: int = MOST_PAGES,
) -> Synced:
    """Read what is new since the last time and load it; the first time, and with `whole`, everything.

    Raises what the feed raises, `RetryLater` (`busy`) while another sync of this source is under way and when more
    pages came than one sync reads; what was read until then is kept, and the next call goes on from there.
    """
    began = warehouse.clock.now()
    folder = warehouse.folder / "sync" / records.source
    with alone(folder):
        one = _One(feed, warehouse, records, place_file(folder, records.name), on_page, most_pages)
        done = await one.sync(whole=whole)
    if not done.useless:
        await asyncio.to_thread(warehouse.seen, records.table, records.source, began)
    return done


async def fields_told(feed: Feed, since: datetime, most_pages: int = 100) -> list[JsonObject]:
    """The fields of the first records that are told from a time on, without any value; nothing when none came.

    Each is a `field` by its dotted name, what kind of value it `holds`, and how many `records` of `of` have it.
    """
    after: Json = None
    for _ in range(most_pages):
        page = await feed.page(since, after)
        if page.records:
            found = [fields_in(record) for record in page.records]
            kinds = reduce(joined, found)
            counts = Counter(name for one in found for name in one)
            return [
                {"field": name, "holds": kind, "records": counts[name], "of": len(found)}
                for name, kind in kinds.items()
            ]
        after = page.after
        if after is None:
            break
    return []


@dataclass
class _One:
    """One sync."""

    feed: Feed
    warehouse: Warehouse
    records: Records
    file: PlaceFile[Place]
    on_page: OnPage
    most_pages: int

    async def sync(self, *, whole: bool) -> Synced:
        place = self._place()
        begun = place.sweep
        resumed = begun is not None and (begun.whole or not whole)
        if not resumed:
            since = None if whole or place.until is None else place.until - self.feed.overlap
            self.file.begin()
            place = self.file.keep(replace(place, sweep=Sweep(whole=since is None, since=since)), ())
        place, sweep = await self._through(place)
        return await asyncio.to_thread(self._finished, place, sweep, resumed=resumed)

    def _place(self) -> Place:
        """Where it stands; at the beginning when its table has gone meanwhile."""
        mark = digest([self.feed.place, self.records.table, self.records.made_by])
        place = self.file.read(mark)
        if self.warehouse.held(self.records.table) is not None:
            return place
        return Place(mark, sweep=place.sweep if place.sweep and place.sweep.whole else None)

    async def _through(self, place: Place) -> tuple[Place, Sweep]:
        """Ask until everything came."""
        sweep = place.sweep
        assert sweep is not None, "pages come in a sweep"
        known = Known("" if sweep.whole else place.last + sweep.last, 2 * REMEMBERED)
        recent = Known(sweep.last)
        pages = 0
        while not sweep.done:
            if pages >= self.most_pages:
                said = f"One sync reads {pages:,} pages of {self.records.name}, and there are more."
                raise RetryLater(said, cure="What was read is kept: repeat the sync.", code="busy", after_seconds=0)
            page = await self.feed.page(sweep.since, sweep.after)
            if page.after is not None and page.after == sweep.after:
                raise NeverWorks(f"A page of {self.records.name} leads to itself.", code="bad_reply")
            self._check(place, sweep, page)
            sweep, rows = self._made(sweep, page, known, recent)
            kept = self.file.keep(replace(place, sweep=sweep), rows)
            assert kept.sweep is not None, "it was just kept"
            sweep = kept.sweep
            pages += 1
            self.on_page(self.records.name, sweep.read)
        return replace(place, sweep=sweep), sweep

    def _made(self, sweep: Sweep, page: FeedPage, known: Known, recent: Known) -> tuple[Sweep, list[Row]]:
        """The rows of a page that are not known, and the sweep behind it."""
        fields: Mapping[str, str] = sweep.fields
        for record in page.records:
            fields = joined(fields, fields_in(record, self.records.paths))
        left_out, shortened = dict(sweep.left_out), dict(sweep.shortened)
        rows, unchanged = [], 0
        for record in page.records:
            row = self._row(record, shortened)
            if isinstance(row, LeftOut):
                left_out[row.reason] = left_out.get(row.reason, 0) + 1
                continue
            key = row[self.records.key] or digest(row)
            recent.knows(key, row)
            if known.knows(key, row):
                unchanged += 1
            else:
                rows.append(row)
        moved = replace(
            sweep,
            began=sweep.began or page.read_at,
            after=page.after,
            done=page.after is None,
            read=sweep.read + len(page.records),
            rows=sweep.rows + len(rows),
            unchanged=sweep.unchanged + unchanged,
            fields=fields,
            last=recent.last(),
            left_out=left_out,
            shortened=shortened,
        )
        return moved, rows

    def _check(self, place: Place, sweep: Sweep, page: FeedPage) -> None:
        """Let the source see what the first records of a sweep, and all before it, are made of."""
        fields = place.fields
        if page.records and not sweep.read:
            for record in page.records:
                fields = joined(fields, fields_in(record, self.records.paths))
            self.records.check(fields)

    def _row(self, record: Fields, shortened: dict[str, int]) -> Row | LeftOut:
        """The row of a record, with no text longer than is of use."""
        row = self.records.row(record)
        if isinstance(row, LeftOut):
            return row
        for name, cell in row.items():
            if isinstance(cell, str) and len(cell) > LONGEST:
                if name == self.records.key:
                    return LeftOut(f"its id is longer than {LONGEST:,} characters")
                shortened[name] = shortened.get(name, 0) + 1
                row[name] = cell[:LONGEST]
        return row

    def _finished(self, place: Place, sweep: Sweep, *, resumed: bool) -> Synced:
        fields, drift = field_drift(place.fields, sweep.fields, sweep.read)
        mapping = self.records.mapping(fields)
        loading = self.file.load(self.warehouse, self.records.table, sweep.rows, mapping)
        useless = loading is not None and loading.useless
        after = Place(place.mark, sweep.began, fields, sweep.last)
        self.file.keep(replace(place, sweep=None) if useless else after, ())  # what was all refused is read again
        self.file.begin()
        held = self.warehouse.held(self.records.table)
        return Synced(
            self.records.name,
            self.records.table,
            sweep.whole,
            resumed,
            sweep.read,
            sweep.unchanged,
            dict(sweep.left_out),
            0,
            loading,
            held.rows if held else 0,
            dict(sweep.shortened),
            (*drift, *(self.records.remarks(fields) if sweep.read else ())),
        )
