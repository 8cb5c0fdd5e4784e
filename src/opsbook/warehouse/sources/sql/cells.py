"""A row of a query as the loader takes it: texts as the database wrote them, none longer than is of use. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from opsbook.sdk.values import Json
from opsbook.warehouse.mapping import Source
from opsbook.warehouse.sources._fields import LONGEST, in_utc
from opsbook.warehouse.tables import Kind, Table


@dataclass(frozen=True)
class Cells:
    """How the used columns of one query are read. `times` are those that become times, `keys` those of our key."""

    used: Sequence[str]
    times: frozenset[str]
    keys: frozenset[str]
    zone: ZoneInfo | None

    def row(self, texts: Sequence[str | None], shortened: dict[str, int]) -> dict[str, Json] | str:
        """The row by its columns' names, or why it is left out. Counts in `shortened` what it cuts."""
        found: dict[str, Json] = {}
        for name, cell in zip(self.used, texts, strict=True):
            if cell is not None and len(cell) > LONGEST:
                if name in self.keys:
                    return f"its {name} is longer than {LONGEST:,} characters"
                shortened[name] = shortened.get(name, 0) + 1
                cell = cell[:LONGEST]
            found[name] = in_utc(cell, self.zone) if cell and self.zone and name in self.times else cell
        return found


def cells(table: Table, sources: Sequence[Source], used: Sequence[str], zone: str) -> Cells:
    """How the columns that these sources name are read."""
    by_kind: Mapping[str, list[Source]] = {
        name: [source for source in sources if source.theirs == name] for name in used
    }
    return Cells(
        used,
        frozenset(name for name, found in by_kind.items() if any(one.column.kind is Kind.TIME for one in found)),
        frozenset(name for name, found in by_kind.items() if any(one.column.name in table.key for one in found)),
        None if zone == "UTC" else ZoneInfo(zone),
    )
