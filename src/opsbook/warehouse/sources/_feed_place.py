"""How far a feed has been read, and what the last of its rows were. How that is kept: `_place.py`. Pure otherwise."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from opsbook.sdk.values import Json
from opsbook.warehouse.sources._fields import Row
from opsbook.warehouse.sources._place import PlaceFile, moment

DIGITS = 16  # hexadecimal ones that stand for a row's id, and as many for its content
REMEMBERED = 5000  # rows whose content is known the next time: of more that are told again, all are loaded again


@dataclass(frozen=True)
class Sweep:
    """One reading under way, since `began` by the system's clock; `after` is the place of its next page.

    `whole` reads everything, otherwise what changed from `since` on. `fields` are those of its records with the kinds
    of their values, `last` are its last rows. `done`: everything came.
    """

    whole: bool
    since: datetime | None = None
    began: datetime | None = None
    after: Json = None
    done: bool = False
    size: int = 0
    read: int = 0
    rows: int = 0
    unchanged: int = 0
    fields: Mapping[str, str] = field(default_factory=dict)
    last: str = ""
    left_out: Mapping[str, int] = field(default_factory=dict)
    shortened: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Place:
    """`mark` is what was read in which way: with another one everything is read anew.

    `until` is when the last finished sweep began; `fields` and `last` are those of all sweeps and of the last one.
    """

    mark: str
    until: datetime | None = None
    fields: Mapping[str, str] = field(default_factory=dict)
    last: str = ""
    sweep: Sweep | None = None


class Known:
    """The content of the last rows by their ids, no more than `most`; `last` is one text, which fits into a page."""

    def __init__(self, last: str, most: int = REMEMBERED) -> None:
        self._most = most
        pairs = range(0, len(last), 2 * DIGITS)
        self._content = {last[at : at + DIGITS]: last[at + DIGITS : at + 2 * DIGITS] for at in pairs}

    def knows(self, key: Json, row: Row) -> bool:
        """Whether the row of this id was the same when it was last seen; from here on it is what it is now."""
        mine, content = _digest(key), _digest(row)
        same = self._content.pop(mine, None) == content
        self._content[mine] = content
        if len(self._content) > self._most:
            del self._content[next(iter(self._content))]
        return same

    def last(self) -> str:
        return "".join(key + content for key, content in self._content.items())


def place_file(folder: Path, name: str) -> PlaceFile[Place]:
    """The page of one feed and its rows."""
    return PlaceFile(folder, name, Place, _place)


def _place(found: Mapping[str, Any]) -> Place:
    sweep = found["sweep"]
    times = {name: moment(sweep[name]) for name in ("since", "began")} if sweep else {}
    return Place(**{**found, "until": moment(found["until"]), "sweep": sweep and Sweep(**{**sweep, **times})})


def _digest(value: Any) -> str:
    return hashlib.blake2b(json.dumps(value).encode(), digest_size=DIGITS // 2).hexdigest()
