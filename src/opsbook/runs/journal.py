"""What has happened in a run so far: one entry for each step that ended, by its path. Pure.

A path is the step's place in the document, `steps/1/then/0`; in a branch its key stands in brackets,
`steps/2/do[4f1c]/0`. The journal *is* the run's position: the plan and the journal give the next step.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import Any

from opsbook.sdk.values import Json, JsonObject, plain

_BRACKETS = re.compile(r"^(.*\])")


class StepStatus(StrEnum):
    RUNNING = "running"
    COMPLETED = "completed"
    SKIPPED = "skipped"  # a guard said no, or could not be answered: see `reason`
    FAILED = "failed"
    PARKED = "parked"  # waits for something outside; its segment has ended


@dataclass(frozen=True)
class Entry:
    """One step's end. `block` is the block it chose; `names` is what it gave to later steps."""

    path: str
    step_id: str
    type: str
    name: str
    status: StepStatus
    started_at: datetime
    ended_at: datetime
    duration_ms: float = 0.0
    attempts: int = 0
    reason: str | None = None
    error: JsonObject | None = None
    value: Json = None
    figures: Mapping[str, Json] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    details: Mapping[str, Json] = field(default_factory=dict)
    deliveries: tuple[JsonObject, ...] = ()
    cost: Mapping[str, Json] = field(default_factory=dict)
    block: str | None = None
    names: Mapping[str, Json] = field(default_factory=dict)
    branches: tuple[JsonObject, ...] = ()

    def as_json(self) -> JsonObject:
        """Canonical JSON: what a checkpoint and a record hold. Nobody changes it."""
        return self._json

    @cached_property
    def _json(self) -> JsonObject:
        return {name: plain(value) for name, value in vars(self).items()}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Entry:
        entry = cls(
            **{
                **data,
                "status": StepStatus(data["status"]),
                "started_at": datetime.fromisoformat(data["started_at"]),
                "ended_at": datetime.fromisoformat(data["ended_at"]),
                "warnings": tuple(data["warnings"]),
                "deliveries": tuple(data["deliveries"]),
                "branches": tuple(data.get("branches", ())),
            }
        )
        vars(entry)["_json"] = data  # what it was made from is its JSON
        return entry


class Journal:
    """Entries in the order of their ends."""

    def __init__(self, entries: Iterable[Entry] = ()) -> None:
        self._by_path: dict[str, Entry] = {}
        for entry in entries:
            self.add(entry)

    def add(self, entry: Entry) -> None:
        """A later entry of the same path replaces the earlier one (a parked step that went on)."""
        self._by_path[entry.path] = entry

    def get(self, path: str) -> Entry | None:
        return self._by_path.get(path)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._by_path.values())

    def __len__(self) -> int:
        return len(self._by_path)


def branch_of(path: str) -> str:
    """The innermost branch that a path lies in (`steps/2/do[4f1c]`), or an empty text for the run's own line."""
    found = _BRACKETS.match(path)
    return found[1] if found else ""


def in_branch(path: str) -> bool:
    """Whether a path lies in some branch, and not on the run's own line."""
    return "[" in path


def enclosing(journal: Journal, path: str) -> list[tuple[str, JsonObject]]:
    """The branches that a path lies in, outermost first: each one's path, and the names that it lends."""
    if not in_branch(path):
        return []
    found: list[tuple[str, JsonObject]] = []
    for entry in journal:
        for branch in entry.branches:
            prefix = f"{entry.path}/{branch['block']}[{branch['key']}]"
            if path.startswith(f"{prefix}/"):
                found.append((prefix, dict(branch["names"])))  # type: ignore[arg-type]
    return sorted(found, key=lambda pair: len(pair[0]))


def visible(entry_path: str, from_branch: str) -> bool:
    """Whether what a step gave can be seen from a branch: from its own and from those it lies in."""
    return from_branch.startswith(branch_of(entry_path))
