"""What the warehouse's folder holds: a few Parquet files a table, and the page that says which files count.

A load writes new files and then replaces this page in one rename, so a reader in another process sees the state
before it or after it and nothing between. The files before stay until the next load, for readers that have them open.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from opsbook.sdk.errors import NeverWorks, RetryLater

PAGE = "manifest.json"
VERSION = 2


@dataclass(frozen=True)
class Part:
    """One file of a table. `number` is the load that wrote it; `gone` of its `rows` were replaced by later loads."""

    number: int
    file: str
    rows: int
    gone: int = 0

    @property
    def standing(self) -> int:
        return self.rows - self.gone


@dataclass(frozen=True)
class Held:
    """One table: how many loads it had, its parts, the largest first, its rows, and how far its data reach.

    `gone` is the file that names the replaced rows of the parts, None while there are none. `latest` is the latest time
    in the rows, of columns that every row has. `reach` is the later of it and the time of the last load. `sources` are
    those that are kept up with, each with the time until which it was read. `unread` counts, for each column, the rows
    where it could not be read or was not in the file. `before` are the files of the state before.
    """

    number: int
    parts: tuple[Part, ...]
    rows: int
    loaded_at: datetime
    reach: datetime
    latest: datetime | None = None
    unread: Mapping[str, int] = field(default_factory=dict)
    gone: str | None = None
    before: tuple[str, ...] = ()
    last: Mapping[str, Any] = field(default_factory=dict)
    sources: Mapping[str, datetime] = field(default_factory=dict)

    @property
    def behind(self) -> str:
        """The source that was read the least far; empty where all there is are loads of files."""
        return min(self.sources, key=lambda name: (self.sources[name], name), default="")

    @property
    def known_to(self) -> datetime:
        """Until when it is known what happened: what begins later was not seen by every source of the table."""
        return self.sources[self.behind] if self.sources else self.reach

    @property
    def read(self) -> str:
        """How its rows came: `loaded`, or read from the source that is behind."""
        return f"read from {self.behind}" if self.sources else "loaded"

    @property
    def files(self) -> tuple[str, ...]:
        return (*(part.file for part in self.parts), *([self.gone] if self.gone else []))


def read_manifest(folder: Path) -> dict[str, Held]:
    """What is held, by table; nothing in a folder without a page. Raises `NeverWorks` for a page that is broken."""
    path = folder / PAGE
    try:
        found = json.loads(path.read_text("utf-8"))
        if found["version"] != VERSION:
            raise NeverWorks(f"The warehouse was written by another version ({found['version']}).", cure=_CURE)
        return {name: _held(entry) for name, entry in found["tables"].items()}
    except FileNotFoundError:
        return {}
    except (ValueError, KeyError, TypeError, AttributeError, OSError) as error:
        raise NeverWorks(f"{path.name} of the warehouse cannot be read.", cure=_CURE, code="bad_manifest") from error


def write_manifest(folder: Path, held: Mapping[str, Held]) -> None:
    """Replace the page, durably, in one step; then remove the files that nothing names any more."""
    tables = {name: {**asdict(one), **_times(one)} for name, one in held.items()}
    path = folder / PAGE
    draft = folder / f"{PAGE}.draft"
    with draft.open("w", encoding="utf-8") as opened:
        json.dump({"version": VERSION, "tables": tables}, opened, indent=1, sort_keys=True)
        opened.flush()
        os.fsync(opened.fileno())
    sync_folder(folder)
    draft.replace(path)
    sync_folder(folder)
    remove_unnamed(folder, held)


def remove_unnamed(folder: Path, held: Mapping[str, Held]) -> None:
    """Remove what no page names: files of states long gone, and of loads that were killed before their page."""
    named = {name for one in held.values() for name in (*one.files, *one.before)}
    for file in folder.glob("*.parquet"):
        if file.name not in named:
            file.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Make the names of files in a folder durable."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def reaches(folder: Path, table: str, source: str, until: datetime) -> None:
    """Note that a source of a table was read up to a time and the table says all that it said. Never moves it back."""
    with loading_alone(folder):
        held = read_manifest(folder)
        mine = held.get(table)
        if mine is None:
            return
        before = mine.sources.get(source)
        sources = {**mine.sources, source: until if before is None else max(before, until)}
        loaded_at = max(mine.loaded_at, until)
        held[table] = replace(mine, loaded_at=loaded_at, reach=max(mine.reach, until), sources=sources)
        write_manifest(folder, held)


def forget(folder: Path, source: str) -> tuple[str, ...]:
    """No longer wait for a source: its rows stay, and no figure asks how old they are. The tables that it filled."""
    with loading_alone(folder):
        held = read_manifest(folder)
        mine = tuple(table for table, one in held.items() if source in one.sources)
        for table in mine:
            left = {name: until for name, until in held[table].sources.items() if name != source}
            held[table] = replace(held[table], sources=left)
        if mine:
            write_manifest(folder, held)
    return mine


def stamp(folder: Path) -> tuple[int, int, int] | None:
    """What changes whenever the page is replaced; None while there is no page."""
    try:
        found = (folder / PAGE).stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


@contextmanager
def loading_alone(folder: Path) -> Iterator[None]:
    """Hold the folder against other loaders, of this process and others. Raises `RetryLater`, code `busy`."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "loading.lock").open("w") as opened:
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RetryLater(
                "Another load into this warehouse is under way.",
                code="busy",
                after_seconds=5,
                cure="Load again when it is done; nothing has been changed.",
            ) from None
        yield


def _held(entry: Mapping[str, Any]) -> Held:
    times = {name: entry[name] and datetime.fromisoformat(entry[name]) for name in _TIMES}
    parts = tuple(Part(**one) for one in entry["parts"])
    sources = {name: datetime.fromisoformat(until) for name, until in entry.get("sources", {}).items()}
    return Held(**{**entry, **times, "parts": parts, "before": tuple(entry["before"]), "sources": sources})


def _times(one: Held) -> dict[str, Any]:
    times: dict[str, datetime | None] = {name: getattr(one, name) for name in _TIMES}
    texts = {name: at.isoformat() if at else None for name, at in times.items()}
    return {**texts, "sources": {name: until.isoformat() for name, until in one.sources.items()}}


_TIMES = ("loaded_at", "reach", "latest")
_CURE = "Move the warehouse's folder away and load its tables again."
