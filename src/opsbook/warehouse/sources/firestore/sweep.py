"""Asks for what is new in a collection, page by page.

The store finds documents by their fields only, and compares a field with values of one type alone: a query for
Timestamps never sees a date that somebody wrote as a text or a number, and says nothing. So each watched field is asked
about once for each type. What carries no such field is found by reading the whole collection.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from opsbook.sdk.documents import Document, DocumentStore, Moment, Question
from opsbook.sdk.values import Json
from opsbook.warehouse.sources._fields import LeftOut, Row, first
from opsbook.warehouse.sources.firestore.collections import Collection
from opsbook.warehouse.sources.firestore.place import Place, Sweep
from opsbook.warehouse.sources.firestore.rows import Rules

PAGE = 2000  # documents; one that is too large to be taken comes in smaller pieces
CLOCKS = timedelta(minutes=5)  # how far the clocks of those who write times may go wrong
ZONES = timedelta(hours=14)  # how far a written local time may lie from UTC
MILLISECONDS_FROM = 1e11  # numbers from here on count milliseconds, smaller ones seconds


def questions(collection: Collection, sweep: Sweep) -> list[Question]:
    """What a sweep asks, in order."""
    base = Question(
        collection.stored_as,
        PAGE,
        nested=collection.nested,
        fields=collection.fields,
        among=collection.among,
    )
    if sweep.whole or sweep.since is None:
        return [base]
    since = sweep.since - CLOCKS
    days = (sweep.since - ZONES).date() - timedelta(days=1)  # a date without a time lies before every time of its day
    seconds = since.timestamp()
    bounds: list[tuple[Moment, Moment | None]] = [
        (since, None),
        (f"{days:%Y-%m-%d}", None),
        (seconds, MILLISECONDS_FROM),
        (max(seconds * 1000, MILLISECONDS_FROM), None),
    ]
    return [
        replace(base, order_by=name, above=above, below=below) for name in collection.watched for above, below in bounds
    ]


def next_sweep(place: Place, now: datetime, *, whole: bool, since: datetime | None) -> Sweep:
    """Which sweep a place needs: the one under way if it covers what is asked for, else that, else what has changed.

    A collection in which more than one document in a hundred carries no time is read whole each time.
    """
    under_way = place.sweep
    if under_way is not None and (under_way.whole or not whole):
        reaches = under_way.since is None or since is None or under_way.since <= since
        if reaches:
            return under_way
    if whole:
        return Sweep(whole=True, forced=True)
    if since is not None:
        earlier = since if place.until is None else min(since, place.until)  # nothing between the two may be lost
        return Sweep(whole=False, since=earlier, forced=True)
    if place.until is None or place.untimed * 100 > place.documents:
        return Sweep(whole=True)
    return Sweep(whole=False, since=min(place.until, now))


async def step(
    store: DocumentStore, collection: Collection, place: Place, rules: Rules
) -> tuple[Sweep, list[Row], bool]:
    """Ask for one page of the sweep under way: the sweep after it, its rows, and whether it was the last."""
    sweep = place.sweep
    assert sweep is not None, "a step is taken in a sweep"
    asked = questions(collection, sweep)
    if sweep.question >= len(asked):  # it was read to its end, and then not loaded
        return sweep, [], True
    page = await store.page(replace(asked[sweep.question], after=sweep.after))
    began = sweep.began or page.read_at
    seen_until = None if sweep.forced else (place.whole_at if sweep.whole else place.until)
    fresh = [one for one in page.documents if seen_until is None or one.changed_at > seen_until]
    kept, left_out = await _rows(store, collection, fresh, rules, dict(sweep.left_out))
    after, question = page.after, sweep.question
    if after is None:
        question += 1
    done = question >= len(asked)
    moved = replace(
        sweep,
        began=began,
        question=question,
        after=after,
        read=sweep.read + len(page.documents),
        rows=sweep.rows + len(kept),
        unchanged=sweep.unchanged + len(page.documents) - len(fresh),
        untimed=sweep.untimed + sum(not timed(one, collection) for one in page.documents),
        left_out=left_out,
    )
    return moved, kept, done


def timed(document: Document, collection: Collection) -> bool:
    """Whether a change of it can be noticed: one of the watched fields holds something that a bound can match."""
    return any(_is_time(first(document.fields, name)) for name in collection.watched)


def _is_time(value: Json) -> bool:
    if isinstance(value, bool):
        return False
    if not isinstance(value, str):
        return isinstance(value, int | float)
    try:
        datetime.fromisoformat(value[:10])
    except ValueError:
        return False
    return True


async def _rows(
    store: DocumentStore, collection: Collection, documents: list[Document], rules: Rules, left_out: dict[str, int]
) -> tuple[list[Row], Mapping[str, int]]:
    spoken_for: frozenset[str] = frozenset()
    if collection.yields_to and documents:
        spoken_for = await store.present([f"{collection.yields_to}/{one.id}" for one in documents])
    kept: list[Row] = []
    for document in documents:
        if f"{collection.yields_to}/{document.id}" in spoken_for:
            made: Row | LeftOut = LeftOut(f"its document in {collection.yields_to} speaks for it")
        else:
            made = collection.row(document, rules)
        if isinstance(made, LeftOut):
            left_out[made.reason] = left_out.get(made.reason, 0) + 1
        else:
            kept.append(made)
    return kept, left_out
