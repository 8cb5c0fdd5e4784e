"""How far a query has been read. How that is kept: `sources/_place.py`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from opsbook.sdk.values import Json
from opsbook.warehouse.sources._place import PlaceFile, moment


@dataclass(frozen=True)
class Sweep:
    """One reading under way, since `began` by our clock.

    `since` bounds the cursor, None reads everything; `after` is the place of the last row. Rows without a value in the
    cursor come before those that are `timed`. Rows are made of the `used` columns. `high` is the cursor of the last,
    `digests` are those of the last ones, `chain` is one over all of them in their order. `done`: everything came.
    """

    whole: bool
    began: datetime
    since: Json = None
    timed: bool = False
    after: Sequence[Json] | None = None
    done: bool = False
    size: int = 0
    read: int = 0
    rows: int = 0
    unchanged: int = 0
    used: Sequence[str] = ()
    high: Json = None
    chain: str = ""
    digests: str = ""
    left_out: Mapping[str, int] = field(default_factory=dict)
    shortened: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Place:
    """`mark` is what was read in which way: with another one everything is read anew.

    `until` is when the last finished sweep began, `high` the cursor of its last row, `digests` those of its last rows.
    `columns` are the query's, by name with their types, and `used` those that a column of ours was made of. `chain` is
    that of the last whole reading.
    """

    mark: str
    until: datetime | None = None
    high: Json = None
    columns: Mapping[str, str] = field(default_factory=dict)
    used: Sequence[str] = ()
    chain: str = ""
    digests: str = ""
    sweep: Sweep | None = None


def place_file(folder: Path, name: str) -> PlaceFile[Place]:
    """The page of one query and its rows."""
    return PlaceFile(folder, name, Place, _place)


def _place(found: Mapping[str, Any]) -> Place:
    sweep = found["sweep"]
    begun = sweep and Sweep(**{**sweep, "began": datetime.fromisoformat(sweep["began"])})
    return Place(**{**found, "until": moment(found["until"]), "sweep": begun})
