"""Orders of Alleaves as rows, by the fields that the settings declare: `ours = theirs` as for `opsbook load`. Pure.

id = "id_order"
organization_id = "@org_1"
total_cents = "total:usd"
product = "items.0.name"
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from zoneinfo import ZoneInfo

from opsbook.sdk.errors import InvalidInput
from opsbook.warehouse.mapping import TRANSFORMS, sources_for, table_named
from opsbook.warehouse.sources._feeds import Records
from opsbook.warehouse.sources._fields import Fields, Row, at, in_utc, written
from opsbook.warehouse.tables import Kind

SOURCE = "alleaves"
SETTING = "order_fields of Alleaves"
TABLE = table_named("orders")
HOW = "`opsbook sync alleaves --fields` shows the fields that its orders have."
MARK = "order."  # begins the name of a row's column, so that none is taken for one of ours by its name


@dataclass(frozen=True)
class Declared:
    """Which field becomes which column. `zone` is that of times that carry none."""

    fields: Mapping[str, str]
    zone: ZoneInfo

    @cached_property
    def paths(self) -> dict[str, str]:
        """The field of each column that is made of one, without what is done to it."""
        return {ours: _path(theirs) for ours, theirs in self.fields.items() if not theirs.startswith("@")}

    def row(self, order: Fields) -> Row:
        """The fields that are declared, as texts. An id begins with the source, so that no other order has it."""
        paths = self.paths
        row: Row = {f"{MARK}{path}": written(at(order, path)) for path in paths.values()}
        for column in TABLE.columns:
            name = f"{MARK}{paths.get(column.name, '')}"
            cell = row.get(name)
            if column.kind is Kind.TIME and isinstance(cell, str):
                row[name] = in_utc(cell, self.zone)
        key = f"{MARK}{paths['id']}"
        return {**row, "key": None if not row[key] else f"{SOURCE}/{row[key]}"}

    def check(self, found: Mapping[str, str]) -> None:
        """Raises `InvalidInput` when the first orders that came do not have a field that every row needs."""
        for ours, path in self.paths.items():
            if path not in found and TABLE.column(ours).required:
                raise InvalidInput(
                    f"No order of Alleaves has a field {path}, which {ours} is to be made of.",
                    field=f"order_fields.{ours}",
                    cure=_nearest(path, found),
                    code="no_column",
                )

    def mapping(self, found: Mapping[str, str]) -> dict[str, str]:
        """Which column of a row is which of ours. A field that no order ever had is unread, and not empty."""
        paths = self.paths
        gone = {ours for ours, path in paths.items() if path not in found and not TABLE.column(ours).required}
        mapping = {ours: f"{MARK}{theirs}" if ours in paths else theirs for ours, theirs in self.fields.items()}
        return {**{ours: theirs for ours, theirs in mapping.items() if ours not in gone}, "id": "key"}

    def remarks(self, found: Mapping[str, str]) -> tuple[str, ...]:
        """What is declared and no order has."""
        missing = [(ours, path) for ours, path in self.paths.items() if path not in found]
        return tuple(
            f"no order has a field {path}, so {ours} is not known. {_nearest(path, found)}" for ours, path in missing
        )


def declared(fields: Mapping[str, str], zone: str) -> Declared:
    """What the settings declare. Raises `InvalidInput`, which names the column and what there is."""
    if not fields:
        needed = ", ".join(TABLE.required)
        raise InvalidInput(
            "It is not said which fields of Alleaves' orders are which columns; it documents none of them.",
            field="order_fields",
            cure=f"Set order_fields under [integrations.alleaves] (ALLEAVES_ORDER_FIELDS) for {needed}. {HOW}",
            code="not_configured",
        )
    found = Declared(fields, ZoneInfo(zone))
    if missing := [name for name in TABLE.required if not fields.get(name)]:
        cure = f"Add it: {TABLE.column(missing[0]).meaning}. {HOW}"
        raise InvalidInput(f"{SETTING} says nothing of {missing[0]}.", field=f"order_fields.{missing[0]}", cure=cure)
    if found.paths.get("id") != fields["id"]:
        said = f"{SETTING} makes id of something else than one field as it is."
        raise InvalidInput(said, field="order_fields.id", cure=HOW)
    marked = dict.fromkeys((*(f"{MARK}{path}" for path in found.paths.values()), "key"))
    sources_for(TABLE, found.mapping(dict.fromkeys(found.paths.values(), "")), [*marked], SETTING)
    return found


def orders(fields: Mapping[str, str], zone: str) -> Records:
    """What is made of its orders. Raises `InvalidInput` for a declaration that does not fit."""
    found = declared(fields, zone)
    return Records(
        SOURCE,
        "orders",
        TABLE.name,
        found.row,
        key="key",
        made_by=[dict(fields), zone],
        paths=tuple(found.paths.values()),
        check=found.check,
        mapping=found.mapping,
        remarks=found.remarks,
    )


def _path(theirs: str) -> str:
    """The field of `total:usd`."""
    path, colon, transform = theirs.rpartition(":")
    return path if colon and transform in TRANSFORMS else theirs


def _nearest(path: str, found: Mapping[str, str]) -> str:
    near = get_close_matches(path, found, 1, 0.5)
    hint = f"Did you mean {near[0]}? " if near else ""
    return f"{hint}Its fields: {', '.join([*found][:40])}."
