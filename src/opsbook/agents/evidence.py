"""What a run has found, as the desk and the reports read it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from opsbook.sdk.values import Unknown, unknown_in


@dataclass(frozen=True)
class Found:
    """One answer of one tool: what it is called in the run, and what it said."""

    name: str
    tool: str | None
    value: Any
    figures: Mapping[str, Any]
    warnings: tuple[str, ...]
    source: str
    as_of: str | None
    window: tuple[str, str] | None
    step_id: str

    @property
    def unknown(self) -> Unknown | None:
        """The reason why there is no value, when there is none."""
        return unknown_in(self.value)


class Evidence:
    """The answers of a run, each once, in the order in which they were found.

    `entries` maps a saved name, and a step's id, to `{value, figures, warnings, source, as_of, window, step_id,
    tool}`; a step that asked several tools has `tools` instead: the same for each name inside its value.
    """

    def __init__(self, entries: Mapping[str, Mapping[str, Any]]) -> None:
        self.found = tuple(_each_once(entries))

    def of(self, tool: str, *keys: str) -> Found | None:
        """What a tool answered last; failing that, the last value with all of these keys (or a list of such)."""
        for one in reversed(self.found):
            if one.tool == tool:
                return one
        return next((one for one in reversed(self.found) if one.tool is None and _has(one.value, keys)), None)


def _each_once(entries: Mapping[str, Mapping[str, Any]]) -> Iterator[Found]:
    seen: set[str] = set()
    for name, entry in entries.items():
        step_id = str(entry.get("step_id") or name)
        if step_id in seen:
            continue
        # The saved name is the better one to show, and may come after the step's id.
        better = next((other for other, one in entries.items() if one.get("step_id") == step_id != other), name)
        seen.add(step_id)
        parts, value = entry.get("tools"), entry.get("value")
        if isinstance(parts, Mapping) and isinstance(value, Mapping):
            for part, about in parts.items():
                yield _found(f"{better}.{part}", {**about, "value": value.get(part), "step_id": step_id})
        else:
            yield _found(better, {**entry, "step_id": step_id})


def _found(name: str, entry: Mapping[str, Any]) -> Found:
    window = entry.get("window")
    return Found(
        name,
        entry.get("tool"),
        entry.get("value"),
        entry.get("figures") or {},
        tuple(str(warning) for warning in entry.get("warnings") or ()),
        str(entry.get("source") or ""),
        entry.get("as_of"),
        (str(window[0]), str(window[1])) if isinstance(window, Sequence) and len(window) == 2 else None,
        str(entry["step_id"]),
    )


def _has(value: Any, keys: Sequence[str]) -> bool:
    one = value[0] if isinstance(value, list) and value else value
    return bool(keys) and isinstance(one, Mapping) and all(key in one for key in keys)
