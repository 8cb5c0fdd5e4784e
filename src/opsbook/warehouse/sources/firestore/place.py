"""How far a collection has been read: a page beside the warehouse, and the rows that wait to be loaded.

Rows of a sweep are kept in a file until the sweep is through, and the page says how much of that file counts. Both are
on disk before the next page is asked for, so a sweep that was killed goes on where it stood.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from opsbook.sdk.values import Json


@dataclass(frozen=True)
class Sweep:
    """One reading under way: which of its questions, the place in it, how many bytes of rows count, and counts so far.

    `whole` reads every document; otherwise those are asked for that changed after `since`. `began` is the store's time.
    """

    whole: bool
    since: datetime | None = None
    forced: bool = False
    began: datetime | None = None
    question: int = 0
    after: Json = None
    size: int = 0
    read: int = 0
    rows: int = 0
    unchanged: int = 0
    untimed: int = 0
    left_out: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Place:
    """`mark` is what was read in which way: with another one everything is read anew.

    `until` is when the last finished sweep began, `whole_at` the last one that read everything; `untimed` of its
    `documents` carried no readable time by which a change could be noticed.
    """

    mark: str
    until: datetime | None = None
    whole_at: datetime | None = None
    documents: int = 0
    untimed: int = 0
    sweep: Sweep | None = None


class PlaceFile:
    """The page of one collection and its rows. Nobody else may write them meanwhile."""

    def __init__(self, folder: Path, name: str) -> None:
        self.page = folder / f"{name}.json"
        self.spool = folder / f"{name}.jsonl"

    def read(self, mark: str) -> Place:
        """What was kept; a fresh place when there is nothing, when it is broken, or when the mark is another one."""
        try:
            found = json.loads(self.page.read_text("utf-8"))
            place = _place(found)
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return Place(mark)
        if place.mark != mark:
            return Place(mark)
        written = self.spool.stat().st_size if self.spool.exists() else 0
        lost = place.sweep is not None and written < place.sweep.size
        return replace(place, sweep=None) if lost else place

    def begin(self) -> None:
        """Drop the rows of an earlier sweep."""
        self.spool.unlink(missing_ok=True)

    def keep(self, place: Place, rows: Iterable[Mapping[str, Json]]) -> Place:
        """Add rows behind those that count, then say so. What a killed process wrote after them is cut off."""
        sweep = place.sweep
        if sweep is not None:
            with self.spool.open("ab") as opened:
                opened.truncate(sweep.size)
                for row in rows:
                    opened.write(json.dumps(row, ensure_ascii=False).encode("utf-8", "replace") + b"\n")
                opened.flush()
                os.fsync(opened.fileno())
                size = opened.tell()
            place = replace(place, sweep=replace(sweep, size=size))
        draft = self.page.with_suffix(".draft")
        with draft.open("w", encoding="utf-8") as page:
            json.dump(_plain(asdict(place)), page)
            page.flush()
            os.fsync(page.fileno())
        draft.replace(self.page)
        return place


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    return value.isoformat() if isinstance(value, datetime) else value


def _place(found: Mapping[str, Any]) -> Place:
    sweep = found["sweep"]
    return Place(
        **{
            **found,
            "until": _time(found["until"]),
            "whole_at": _time(found["whole_at"]),
            "sweep": sweep and Sweep(**{**sweep, "since": _time(sweep["since"]), "began": _time(sweep["began"])}),
        }
    )


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
