"""Carries one reading of a query through, piece by piece, and keeps its place after every piece."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from opsbook.sdk.errors import InvalidInput
from opsbook.sdk.values import Json
from opsbook.warehouse.sources._place import PlaceFile
from opsbook.warehouse.sources.sql.cells import Cells
from opsbook.warehouse.sources.sql.database import Database
from opsbook.warehouse.sources.sql.declared import Query
from opsbook.warehouse.sources.sql.place import Place, Sweep
from opsbook.warehouse.sources.sql.shape import Shape
from opsbook.warehouse.sources.sql.statements import PAGE, Statements

OnPage = Callable[[str, int], None]  # the query's name, and how many of its rows were read
Rows = list[dict[str, Json]]
DIGEST = 16  # hexadecimal digits that stand for the content of a row
REMEMBERED = 5000  # rows whose content is known the next time: of an overlap with more of them, all are loaded again


@dataclass
class Reading:
    """One query, and where its rows are kept until they are loaded."""

    database: Database
    query: Query
    shape: Shape
    cells: Cells
    file: PlaceFile[Place]

    def __post_init__(self) -> None:
        self.asking = Statements(self.query, self.shape.columns, self.shape.used, self.database.postgres)

    def through(self, place: Place, on_page: OnPage) -> Place:
        """Ask until everything came. Raises what the database raises; what came until then is kept."""
        known = frozenset(place.digests[at : at + DIGEST] for at in range(0, len(place.digests), DIGEST))
        while (sweep := place.sweep) is not None and not sweep.done:
            statement = self.asking.rows(sweep.since, sweep.after, timed=sweep.timed)
            came = 0
            with self.database.reading(self.query.place) as connection:
                for piece in self.database.pieces(connection, statement):
                    place = self._kept(place, piece, known)
                    came += len(piece)
                    on_page(self.query.name, place.sweep.read if place.sweep else 0)
            if came < PAGE and place.sweep is not None:
                untimed = self.query.settings.cursor is not None and not sweep.timed
                last = replace(place.sweep, timed=True, after=None) if untimed else replace(place.sweep, done=True)
                place = self.file.keep(replace(place, sweep=last), ())
        return place

    def lost(self) -> tuple[int, int]:
        """How many rows have no key, and how many no value in the cursor."""
        with self.database.reading(self.query.place) as connection:
            keyless, untimed = connection.execute(self.asking.lost()).one()
        return int(keyless), int(untimed) if self.query.settings.cursor else 0

    def _kept(self, place: Place, piece: Sequence[Any], known: frozenset[str]) -> Place:
        sweep = place.sweep
        assert sweep is not None, "pieces come in a sweep"
        after = self._last_place(sweep, piece)
        sweep, rows = self._made(sweep, piece, frozenset() if sweep.whole else known)
        moved = replace(
            sweep,
            after=after,
            high=after[0] if sweep.timed else sweep.high,
            read=sweep.read + len(piece),
            rows=sweep.rows + len(rows),
        )
        return self.file.keep(replace(place, sweep=moved), rows)

    def _made(self, sweep: Sweep, piece: Sequence[Any], known: frozenset[str]) -> tuple[Sweep, Rows]:
        """The rows of a piece that are not known, and the sweep with what was counted and learnt."""
        left_out, shortened = dict(sweep.left_out), dict(sweep.shortened)
        rows, marks, chain, unchanged = [], [], sweep.chain, sweep.unchanged
        for found in piece:
            row = self.cells.row(self.asking.cells_of(found, timed=sweep.timed), shortened)
            if isinstance(row, str):
                left_out[row] = left_out.get(row, 0) + 1
                continue
            mark = _digest(repr(list(row.values())), DIGEST)
            marks.append(mark)
            chain = _digest(chain + mark, DIGEST * 2)
            if mark in known:
                unchanged += 1
            else:
                rows.append(row)
        digests = (sweep.digests + "".join(marks))[-REMEMBERED * DIGEST :]
        counted = replace(sweep, left_out=left_out, shortened=shortened, unchanged=unchanged)
        return replace(counted, chain=chain, digests=digests), rows

    def _last_place(self, sweep: Sweep, piece: Sequence[Any]) -> list[Json]:
        """Where the last row stands. Raises `InvalidInput` when one stands where the one before it does."""
        places = [self.asking.place_of(found, timed=sweep.timed) for found in piece]
        before = [*([list(sweep.after)] if sweep.after is not None else []), *places]
        if any(one == other for one, other in pairwise(before)):
            key, place = self.query.settings.key, f"{self.query.place}.key"
            said = f"Rows of {self.query.place} share their {key}, which is no key."
            raise InvalidInput(said, field=place, cure=f"Name a column that they do not share in {place}.")
        return places[-1]


def _digest(text: str, digits: int) -> str:
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=digits // 2).hexdigest()
