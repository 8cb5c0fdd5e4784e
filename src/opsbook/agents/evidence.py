"""What a run has found, as the desk and the reports read it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from opsbook.sdk.values import Unknown, unknown_in

_NAME = re.compile(r"[A-Za-z_]\w*")


@dataclass(frozen=True)
class Spot:
    """A place in what a run found, and what stands there.

    `path` is an expression over the run's names that gives the value: a place, or the formula that it was made by;
    `step` is the path of the step that found it. Both are empty where nobody said.
    """

    source: str
    value: Any
    path: str = ""
    step: str = ""

    def of(self, key: str, value: Any) -> Spot:
        """A member of what stands here."""
        return Spot(self.source, value, f"{self.path}{_key(key)}", self.step)


@dataclass(frozen=True)
class Found:
    """One answer of one tool: what it is called in the run, and what it said. `root` is the expression for its value.

    `step` is the path of the step that found it.
    """

    name: str
    tool: str | None
    value: Any
    figures: Mapping[str, Any]
    warnings: tuple[str, ...]
    source: str
    as_of: str | None
    window: tuple[str, str] | None
    step_id: str
    root: str = ""
    step: str = ""

    def at(self, *keys: Any) -> Spot:
        """A place in the value. The first key may be a part of the value itself, to begin from there."""
        value, path = self.value, self.root
        if keys and isinstance(keys[0], Mapping | list):
            value, path, keys = keys[0], self._places.get(id(keys[0]), self.root), keys[1:]
        for key in keys:
            value, path = value[key], f"{path}{_key(key)}"
        return Spot(self.name, value, path, self.step)

    def figure(self, name: str) -> Spot:
        """One of the figures beside the value."""
        part = self.name.partition(".")[2]
        key = f"{part}.{name}" if part else name
        return Spot(self.name, self.figures.get(name), f"steps.{self.step_id}.figures{_key(key)}", self.step)

    def made(self, formula: str, value: Any) -> Spot:
        """What a declared formula makes: an expression over the run's names, in which `$` stands for the value."""
        return Spot(self.name, value, formula.replace("$", self.root), self.step)

    @cached_property
    def _places(self) -> dict[int, str]:
        """The path of every part of the value."""
        found: dict[int, str] = {}
        left: list[tuple[Any, str]] = [(self.value, self.root)]
        while left:
            part, path = left.pop()
            found[id(part)] = path
            inner = part.items() if isinstance(part, Mapping) else enumerate(part) if isinstance(part, list) else ()
            left += [(one, f"{path}{_key(key)}") for key, one in inner if isinstance(one, Mapping | list)]
        return found

    @property
    def unknown(self) -> Unknown | None:
        """The reason why there is no value, when there is none."""
        return unknown_in(self.value)


class Evidence:
    """The answers of a run, each once, in the order in which they were found.

    `entries` maps a saved name, and a step's id, to `{value, figures, warnings, source, as_of, window, step_id, path,
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
        root = f"steps.{step_id}.output" if better == step_id else better
        parts, value, whose = entry.get("tools"), entry.get("value"), {"step_id": step_id, "path": entry.get("path")}
        if isinstance(parts, Mapping) and isinstance(value, Mapping):
            for part, about in parts.items():
                told = {**about, "value": value.get(part), **whose}
                yield _found(f"{better}.{part}", told, f"{root}{_key(part)}")
        else:
            yield _found(better, {**entry, **whose}, root)


def _found(name: str, entry: Mapping[str, Any], root: str) -> Found:
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
        root,
        str(entry.get("path") or entry["step_id"]),
    )


def _key(key: str | int) -> str:
    """A member as an expression writes it: `.name`, `[3]`, `["any text"]`."""
    if isinstance(key, int):
        return f"[{key}]"
    return f".{key}" if _NAME.fullmatch(key) else f"[{json.dumps(key, ensure_ascii=False)}]"


def _has(value: Any, keys: Sequence[str]) -> bool:
    one = value[0] if isinstance(value, list) and value else value
    return bool(keys) and isinstance(one, Mapping) and all(key in one for key in keys)
