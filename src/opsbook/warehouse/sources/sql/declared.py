"""Which queries the settings declare, into which table, and by which column a change is noticed.

[sources.shop]
url = "sm://SHOP_URL"

[sources.shop.orders]
table = "orders"
query = "SELECT id, account AS organization_id, placed_at AS ordered_at, cents AS total_cents, updated_at FROM orders"
cursor = "updated_at"
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from difflib import get_close_matches
from typing import Annotated, Any, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError, field_validator

from opsbook.playbooks.fields import parse_duration
from opsbook.sdk.errors import InvalidInput
from opsbook.warehouse.mapping import table_named

NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
FIVE_MINUTES = timedelta(minutes=5)
A_THOUSAND = 1000
WORDS = {
    "missing": "it must be there",
    "string_type": "it is a text, in quotes",
    "dict_type": "it is a section of its own",
    "bool_type": "it is true or false",
    "int_type": "it is a number",
}


def _overlap(given: object) -> object:
    """A number for a cursor that counts, a duration for one that is a time."""
    if isinstance(given, int) and not isinstance(given, bool):
        return given
    return parse_duration(given)


class SourceSettings(BaseModel):
    """A database. Its queries are sections below it."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    url: SecretStr | None = Field(default=None, description="SQLAlchemy URL of the database; it is only read")
    zone: str = Field(default="UTC", description="time zone of times that carry none, such as America/New_York")
    statement_seconds: int = Field(default=120, ge=1, le=86_400, description="the longest that one statement may take")

    @field_validator("zone")
    @classmethod
    def _is_known(cls, zone: str) -> str:
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError("it is a time zone such as America/New_York") from None
        return zone


class QuerySettings(BaseModel):
    """A query, and the table of ours that its rows go into."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    table: str = Field(description="the table of the warehouse that its rows go into")
    query: str = Field(min_length=1, description="one SELECT, without parameters")
    key: str = Field(default="id", description="a column of the query that no two rows share")
    cursor: str | None = Field(default=None, description="a column that grows with each change, such as updated_at")
    overlap: Annotated[timedelta | int | None, BeforeValidator(_overlap)] = Field(
        default=None,
        description="how far behind the cursor each sync begins, for what is committed late; "
        "default: 5m for times, 1000 for numbers",
    )
    replace: bool | None = Field(
        default=None,
        description="the query is all of the table: a whole reading drops rows that it does not bring; "
        "must be said where there is no cursor",
    )
    mapping: dict[str, str] = Field(default_factory=dict, description="ours = theirs, as in `opsbook load --map`")

    @field_validator("table")
    @classmethod
    def _is_ours(cls, table: str) -> str:
        try:
            return table_named(table).name
        except InvalidInput as error:
            raise ValueError(f"there is no table {table}; {error.cure[:1].lower()}{error.cure[1:]}") from None

    @field_validator("query")
    @classmethod
    def _is_one(cls, query: str) -> str:
        return query.strip().rstrip(";").rstrip()


@dataclass(frozen=True)
class Query:
    """One declared query; `place` is where it stands in the settings."""

    source: str
    name: str
    settings: QuerySettings = field(repr=False)

    @property
    def place(self) -> str:
        return f"sources.{self.source}.{self.name}"


@dataclass(frozen=True)
class Source:
    """One declared database."""

    name: str
    settings: SourceSettings
    queries: tuple[Query, ...]

    def chosen(self, tables: Sequence[str]) -> tuple[Query, ...]:
        """The queries that fill these tables, or bear these names; all of them for none. Raises `InvalidInput`."""
        known = [word for query in self.queries for word in (query.name, query.settings.table)]
        for one in tables:
            if one not in known:
                raise InvalidInput(
                    f"sources.{self.name} reads no {one}.", field="tables", cure=nearest(one, [*dict.fromkeys(known)])
                )
        return tuple(one for one in self.queries if not tables or {one.name, one.settings.table} & set(tables))


def declared(sections: Mapping[str, Any]) -> tuple[Source, ...]:
    """The databases of the settings. Raises `InvalidInput`, which names the place and never a value."""
    found = tuple(_source(name, section) for name, section in sections.items())
    _check_tables([query for source in found for query in source.queries])
    return found


def nearest(name: str, known: Sequence[str]) -> str:
    """A cure for a name that is none of those that are known."""
    near = get_close_matches(name.lower(), {one.lower(): one for one in known}, n=1, cutoff=0.5)
    found = next((one for one in known if near and one.lower() == near[0]), None)
    if found is not None:
        return f"Did you mean {found}?"
    return f"There are: {', '.join(known[:40])}." if known else "There is none."


def _source(name: str, section: Any) -> Source:
    place = f"sources.{name}"
    if not NAME.fullmatch(name):
        raise _refused(place, "a name has small letters, digits and underscores")
    if not isinstance(section, Mapping):
        raise _refused(place, "it is a section of its own, such as [sources.shop]")
    inner = {key: value for key, value in section.items() if isinstance(value, Mapping)}
    settings = _read(SourceSettings, place, {key: value for key, value in section.items() if key not in inner})
    return Source(name, settings, tuple(_query(name, key, value) for key, value in inner.items()))


def _query(source: str, name: str, section: Mapping[str, Any]) -> Query:
    place = f"sources.{source}.{name}"
    if not NAME.fullmatch(name):
        raise _refused(place, "a name has small letters, digits and underscores")
    found = _read(QuerySettings, place, section)
    if found.cursor is None and found.replace is None:
        raise InvalidInput(
            f"{place} has no cursor, so all of it is read each time, and it does not say what that means.",
            field=f"{place}.cursor",
            cure="Name a cursor, or say replace = true (rows that it does not bring are dropped) or replace = false.",
        )
    if found.cursor is None and found.overlap is not None:
        raise _refused(f"{place}.overlap", "without a cursor there is nothing to begin behind")
    return Query(source, name, found)


M = TypeVar("M", bound=BaseModel)


def _read(model: type[M], place: str, values: Mapping[str, Any]) -> M:
    for name in values:
        if name not in model.model_fields:
            cure = nearest(name, list(model.model_fields))
            raise InvalidInput(f"There is no setting {place}.{name}.", field=f"{place}.{name}", cure=cure)
    try:
        return model.model_validate(dict(values))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        where = ".".join((place, *(str(part) for part in first["loc"][:1])))
        raise _refused(where, WORDS.get(first["type"]) or first["msg"].removeprefix("Value error, ")) from None


def _check_tables(queries: Sequence[Query]) -> None:
    """What replaces a whole table must be the only one that fills it."""
    for one in queries:
        others = [other.place for other in queries if other is not one and other.settings.table == one.settings.table]
        if one.settings.replace and others:
            raise InvalidInput(
                f"{one.place} replaces the whole table {one.settings.table}, which {others[0]} fills too.",
                field=f"{one.place}.replace",
                cure="Say replace = false, or make one query of them.",
            )


def _refused(place: str, why: str) -> InvalidInput:
    cure = "See [sources.<name>] in docs/reference/settings.md."
    return InvalidInput(f"The setting {place} is refused: {why.rstrip('.')}.", field=place, cure=cure)
