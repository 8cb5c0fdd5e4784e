"""What a sync tells of each thing that it read: the same for every source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from opsbook.sdk.values import JsonObject
from opsbook.warehouse.report import LoadReport


@dataclass(frozen=True)
class Synced:
    """What became of one collection, query or list.

    `read` of it came, `unchanged` of them since they were read before; `left_out` counts by reason those that are no
    rows.
    `loading` is what the loader says of the rest: refused rows with reasons, unreadable cells, the quarantine; None
    when there was nothing to load. `untimed` carry no time by which a change could be noticed. `whole`: everything was
    read. `resumed`: it went on where an earlier sync was broken off. `shortened` counts by column texts that were cut,
    `drift` says in sentences how the columns differ from those of the last time.
    """

    name: str
    table: str
    whole: bool
    resumed: bool
    read: int
    unchanged: int
    left_out: Mapping[str, int]
    untimed: int
    loading: LoadReport | None
    total: int
    shortened: Mapping[str, int] = field(default_factory=dict)
    drift: tuple[str, ...] = ()

    @property
    def useless(self) -> bool:
        """There were rows and none could be loaded."""
        return self.loading is not None and self.loading.useless

    def as_json(self) -> JsonObject:
        loaded = self.loading
        return {
            "name": self.name,
            "table": self.table,
            "whole": self.whole,
            "resumed": self.resumed,
            "read": self.read,
            "unchanged": self.unchanged,
            "left_out": dict(self.left_out),
            "untimed": self.untimed,
            "loaded": loaded.loaded if loaded else 0,
            "rejected": loaded.rejected if loaded else 0,
            "duplicates": loaded.duplicates if loaded else 0,
            "reasons": dict(loaded.reasons) if loaded else {},
            "unreadable": dict(loaded.unreadable) if loaded else {},
            "shortened": dict(self.shortened),
            "drift": list(self.drift),
            "quarantine": str(loaded.quarantine) if loaded and loaded.quarantine else None,
            "total": self.total,
        }


def sound(done: Sequence[Synced]) -> tuple[str, ...]:
    """The tables of these of which everything that was read could be used."""
    useless = {one.table for one in done if one.useless}
    return tuple(dict.fromkeys(one.table for one in done if one.table not in useless))
