"""What a load did, row by row where it matters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from opsbook.sdk.values import JsonObject

SHOWN = 10


@dataclass(frozen=True)
class BadRow:
    """A row that was refused: its file, its number there (a CSV's header is row 1), and why."""

    file: str
    row: int
    reason: str


@dataclass(frozen=True)
class LoadReport:
    """`rows` = `loaded` + `rejected` + `duplicates`.

    `duplicates` are rows that a later row of the same load with the same key replaced. `unreadable` counts, by column,
    cells of loaded rows that say something nobody can read: figures that need them are unknown. `absent` are columns of
    ours that the file did not have, `ignored` columns of the file that nothing used. `reasons` counts refusals and
    `first` shows some; `quarantine` is the file that holds every refused row and every unreadable cell, if there are
    any. `total` is what the table holds now. `unchanged`: the same content was loaded last already, nothing was done.
    """

    table: str
    files: tuple[str, ...]
    rows: int
    loaded: int
    rejected: int
    duplicates: int
    total: int
    reasons: Mapping[str, int] = field(default_factory=dict)
    first: tuple[BadRow, ...] = ()
    unreadable: Mapping[str, int] = field(default_factory=dict)
    absent: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    quarantine: Path | None = None
    unchanged: bool = False

    @property
    def useless(self) -> bool:
        """There were rows and none could be loaded: the table is as it was before."""
        return self.rows > 0 and self.loaded == 0

    def as_json(self) -> JsonObject:
        return {
            "table": self.table,
            "files": list(self.files),
            "rows": self.rows,
            "loaded": self.loaded,
            "rejected": self.rejected,
            "duplicates": self.duplicates,
            "total": self.total,
            "reasons": dict(self.reasons),
            "first": [{"file": one.file, "row": one.row, "reason": one.reason} for one in self.first],
            "unreadable": dict(self.unreadable),
            "absent": list(self.absent),
            "ignored": list(self.ignored),
            "quarantine": str(self.quarantine) if self.quarantine else None,
            "unchanged": self.unchanged,
        }


def report_of(found: Mapping[str, Any], *, unchanged: bool) -> LoadReport:
    """The report that `as_json` wrote."""
    return LoadReport(
        found["table"],
        tuple(found["files"]),
        found["rows"],
        found["loaded"],
        found["rejected"],
        found["duplicates"],
        found["total"],
        found["reasons"],
        tuple(BadRow(one["file"], one["row"], one["reason"]) for one in found["first"]),
        found["unreadable"],
        tuple(found["absent"]),
        tuple(found["ignored"]),
        Path(found["quarantine"]) if found["quarantine"] else None,
        unchanged,
    )
