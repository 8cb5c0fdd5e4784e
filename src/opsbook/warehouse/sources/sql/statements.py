"""Puts a declared query into statements of ours: its columns, its rows from a place on, what no place can find."""

# ruff: noqa: S608 the declared query is the deployment's own; whatever we add to it is bound

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    Subquery,
    Text,
    and_,
    cast,
    column,
    func,
    literal,
    select,
    text,
    tuple_,
)
from sqlalchemy.types import UserDefinedType

from opsbook.sdk.errors import InvalidInput
from opsbook.sdk.values import Json
from opsbook.warehouse.sources._fields import LONGEST
from opsbook.warehouse.sources.sql.declared import Query

PAGE = 50_000  # rows of one statement: no transaction of ours stays open for longer than these take
UNFROZEN: Mapping[str, Callable[[str], Any]] = {
    "date": date.fromisoformat,
    "datetime": datetime.fromisoformat,
    "Decimal": Decimal,
    "bytes": bytes.fromhex,
}


def columns(connection: Connection, query: Query, *, postgres: bool) -> list[tuple[str, str]]:
    """The query's columns in order, each with its type's name; the name is empty where the database states none."""
    found = connection.execute(text(f"SELECT * FROM (\n{_escaped(query)}\n) AS declared WHERE 1 = 0"))
    described = [(str(one[0]), one[1]) for one in found.cursor.description or ()] if found.cursor else []
    found.close()
    if not postgres:
        return [(name, "") for name, _ in described]
    named = text("SELECT format_type(CAST(:oid AS oid), NULL)")
    types = {oid: str(connection.scalar(named, {"oid": oid})) for oid in {oid for _, oid in described}}
    return [(name, types[oid]) for name, oid in described]


@dataclass(frozen=True)
class Statements:
    """What is asked of one query. Values of the cursor and the key travel as `frozen` makes them."""

    query: Query
    types: Mapping[str, str]
    used: Sequence[str]
    postgres: bool

    def rows(self, since: Json, after: Sequence[Json] | None, *, timed: bool) -> Select[Any]:
        """The next rows in their order: first where they stand (`place_of` reads it), then the used columns as texts.

        `timed` rows have a value in the cursor, the others are ordered by the key alone.
        """
        found = self._declared()
        order = [found.c[one] for one in self._order(timed=timed)]
        where: list[ColumnElement[bool]] = [one.is_not(None) for one in order]
        if self.query.settings.cursor and not timed:
            where.append(found.c[self.query.settings.cursor].is_(None))
        if timed and since is not None:
            where.append(order[0] >= self._bound(order[0].name, since))
        if after is not None:
            bounds = [self._bound(one.name, value) for one, value in zip(order, after, strict=True)]
            where.append(tuple_(*order) > tuple_(*bounds))
        shown = [(cast(one, Text) if self.postgres else one).label(f"p{place}") for place, one in enumerate(order)]
        cells = [
            func.substr(cast(found.c[name], Text), 1, LONGEST + 1).label(f"c{place}")
            for place, name in enumerate(self.used)
        ]
        return select(*shown, *cells).where(and_(*where)).order_by(*order).limit(PAGE)

    def lost(self) -> Select[Any]:
        """How many rows have no key, and how many no cursor: they are behind no place."""
        found = self._declared()
        names = [self.query.settings.key, self.query.settings.cursor or self.query.settings.key]
        counts = [
            select(func.count()).select_from(found).where(found.c[name].is_(None)).scalar_subquery() for name in names
        ]
        return select(*counts)

    def place_of(self, row: Row[Any], *, timed: bool) -> list[Json]:
        """Where a row stands."""
        return [frozen(row[place], self.query) for place in range(len(self._order(timed=timed)))]

    def cells_of(self, row: Row[Any], *, timed: bool) -> Sequence[str | None]:
        return tuple(row)[len(self._order(timed=timed)) :]

    def _order(self, *, timed: bool) -> list[str]:
        cursor = self.query.settings.cursor
        return [cursor, self.query.settings.key] if cursor and timed else [self.query.settings.key]

    def _declared(self) -> Subquery:
        return text(f"{_escaped(self.query)}\n").columns(*(column(name) for name in self.types)).subquery("declared")

    def _bound(self, name: str, value: Json) -> ColumnElement[Any]:
        if self.postgres:
            return cast(literal(value, Text()), _Named(self.types[name]))
        return literal(thawed(value))


class _Named(UserDefinedType[Any]):
    """A type of Postgres by its name."""

    cache_ok = True

    def __init__(self, name: str) -> None:
        self.name = name

    def get_col_spec(self, **_: Any) -> str:
        return self.name


def frozen(value: Any, query: Query) -> Json:
    """A value of the cursor or the key as JSON keeps it. Raises `InvalidInput` for one that has no order there."""
    if isinstance(value, str | int | float):
        return value
    kind = type(value).__name__
    if kind not in UNFROZEN:
        cure = "Cast it to a text or a number in the query."
        raise InvalidInput(f"The cursor or the key of {query.place} is a {kind}.", field=query.place, cure=cure)
    plain = value.hex() if isinstance(value, bytes) else str(value)
    return {"kind": kind, "value": plain}


def thawed(value: Json) -> Any:
    """What `frozen` was given."""
    if not isinstance(value, dict):
        return value
    return UNFROZEN[str(value["kind"])](str(value["value"]))


def _escaped(query: Query) -> str:
    """A colon in it is never a parameter."""
    return query.settings.query.replace(":", r"\:")
