"""How far a collection has been read. How that is kept: `sources/_place.py`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from opsbook.sdk.values import Json
from opsbook.warehouse.sources._place import PlaceFile, moment


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


def place_file(folder: Path, name: str) -> PlaceFile[Place]:
    """The page of one collection and its rows."""
    return PlaceFile(folder, name, Place, _place)


def _place(found: Mapping[str, Any]) -> Place:
    sweep = found["sweep"]
    return Place(
        **{
            **found,
            "until": moment(found["until"]),
            "whole_at": moment(found["whole_at"]),
            "sweep": sweep and Sweep(**{**sweep, "since": moment(sweep["since"]), "began": moment(sweep["began"])}),
        }
    )
