"""How far a source has been read: a page beside the warehouse, and the rows that wait to be loaded.

Rows of a sweep are kept in a file until the sweep is through, and the page says how much of that file counts. Both are
on disk before more is asked for, so a sweep that was killed goes on where it stood.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from opsbook.sdk.errors import RetryLater
from opsbook.sdk.values import Json
from opsbook.warehouse.report import LoadReport
from opsbook.warehouse.store import Warehouse
from opsbook.warehouse.tables import TABLES


class Sweeping(Protocol):
    """One reading under way; `size` bytes of its rows count."""

    @property
    def size(self) -> int: ...


class Standing(Protocol):
    """A place: what was read in which way (`mark`), and the sweep under way. A frozen dataclass, as its sweep is."""

    @property
    def mark(self) -> str: ...

    @property
    def sweep(self) -> Any: ...


P = TypeVar("P", bound=Standing)


@dataclass(frozen=True)
class PlaceFile(Generic[P]):
    """The page of one collection or query, and its rows. Nobody else may write them meanwhile.

    `fresh` makes the place of a mark that nothing was read under, `made` one of what a page holds.
    """

    folder: Path
    name: str
    fresh: Callable[[str], P]
    made: Callable[[Mapping[str, Any]], P]

    @property
    def page(self) -> Path:
        return self.folder / f"{self.name}.json"

    @property
    def spool(self) -> Path:
        return self.folder / f"{self.name}.jsonl"

    def read(self, mark: str) -> P:
        """What was kept; a fresh place when there is nothing, when it is broken, or when the mark is another one."""
        try:
            place = self.made(json.loads(self.page.read_text("utf-8")))
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return self.fresh(mark)
        if place.mark != mark:
            return self.fresh(mark)
        written = self.spool.stat().st_size if self.spool.exists() else 0
        lost = place.sweep is not None and written < place.sweep.size
        return _with_sweep(place, None) if lost else place

    def begin(self) -> None:
        """Drop the rows of an earlier sweep."""
        self.spool.unlink(missing_ok=True)

    def keep(self, place: P, rows: Iterable[Mapping[str, Json]]) -> P:
        """Add rows behind those that count, then say so. What a killed process wrote after them is cut off."""
        if place.sweep is not None:
            with self.spool.open("ab") as opened:
                opened.truncate(place.sweep.size)
                for row in rows:
                    opened.write(json.dumps(row, ensure_ascii=False).encode("utf-8", "replace") + b"\n")
                opened.flush()
                os.fsync(opened.fileno())
                place = _with_sweep(place, replace(place.sweep, size=opened.tell()))
        draft = self.page.with_suffix(".draft")
        with draft.open("w", encoding="utf-8") as page:
            page.write(json.dumps(_plain(asdict(place))))  # type: ignore[call-overload]
            page.flush()
            os.fsync(page.fileno())
        draft.replace(self.page)
        return place

    def load(
        self,
        warehouse: Warehouse,
        table: str,
        rows: int,
        mapping: Mapping[str, str] | None = None,
        *,
        replace_all: bool = False,
    ) -> LoadReport | None:
        """Load the rows; where there are none and never were any an empty table: nothing is known then, not unknown."""
        if rows:
            return warehouse.load(table, self.spool, mapping, replace_all=replace_all)
        if replace_all or warehouse.held(table) is None:
            empty = self.spool.with_suffix(".csv")
            empty.write_text(",".join(TABLES[table].names) + "\n", "utf-8")
            warehouse.load(table, empty, replace_all=replace_all)
            empty.unlink()
        return None


def moment(text: str | None) -> datetime | None:
    """A time as a page holds it."""
    return None if text is None else datetime.fromisoformat(text)


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Hold a source's folder against other syncs. Raises `RetryLater`, code `busy`."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as opened:
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RetryLater("Another sync of this source is under way.", code="busy", after_seconds=30) from None
        yield


def _with_sweep(place: P, sweep: Any) -> P:
    changed: P = replace(place, sweep=sweep)  # type: ignore[type-var]
    return changed


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    return value.isoformat() if isinstance(value, datetime) else value
