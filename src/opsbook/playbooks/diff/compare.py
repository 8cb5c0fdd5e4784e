"""The changes between two playbooks, as data."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from opsbook.playbooks.catalog import Catalog
from opsbook.playbooks.diff.capabilities import KINDS, capabilities
from opsbook.playbooks.model import Playbook, Step
from opsbook.playbooks.validate.annotations import holds_steps, keys
from opsbook.sdk.values import JsonObject

MISSING: Any = object()


@dataclass(frozen=True)
class Change:
    """One change. `kind` is added, removed, moved or changed; `what` is step, criterion, alert, trigger, input,
    playbook or capability; `id` names which one and `key` its key. `before` and `after` are plain values; a move says
    where it stood and stands. `grants` marks what a playbook may reach from now on.
    """

    kind: str
    what: str
    id: str = ""
    key: str = ""
    before: Any = None
    after: Any = None
    grants: bool = False

    def as_json(self) -> JsonObject:
        found: JsonObject = {"kind": self.kind, "what": self.what, "id": self.id, "key": self.key}
        return {**found, "before": self.before, "after": self.after, "grants": self.grants}


@dataclass(frozen=True)
class Diff:
    """All changes, the playbook's own first, then triggers, steps, criteria, alerts and capabilities."""

    changes: tuple[Change, ...]

    @property
    def grants(self) -> tuple[Change, ...]:
        """What the later version may reach and the earlier one may not."""
        return tuple(change for change in self.changes if change.grants)

    def as_json(self) -> JsonObject:
        return {"same": not self.changes, "changes": [change.as_json() for change in self.changes]}


def compare(before: Playbook, after: Playbook, catalog: Catalog | None = None) -> Diff:
    """What `after` does differently. Equal documents have no changes, however they are written."""
    old, new = before.document(), after.document()
    changes = [
        *_own(old, new),
        *_keyed("trigger", _triggers(old), _triggers(new)),
        *_keyed("input", old.get("inputs", {}), new.get("inputs", {})),
        *_steps(before, after),
        *_keyed("criterion", _by_id(old.get("success", [])), _by_id(new.get("success", []))),
        *_keyed("alert", _by_id(old.get("alerts", [])), _by_id(new.get("alerts", []))),
        *_capabilities(before, after, catalog),
    ]
    return Diff(tuple(changes))


def _own(old: JsonObject, new: JsonObject) -> Iterator[Change]:
    apart = ("triggers", "inputs", "steps", "finally", "success", "alerts")
    one = {key: value for key, value in old.items() if key not in apart}
    other = {key: value for key, value in new.items() if key not in apart}
    yield from _fields("playbook", "", one, other)


def _fields(what: str, name: str, old: Any, new: Any) -> Iterator[Change]:
    before, after = dict(_flat("", old)), dict(_flat("", new))
    for key in dict.fromkeys([*before, *after]):
        one, other = before.get(key, MISSING), after.get(key, MISSING)
        if one is MISSING:
            yield Change("added", what, name, key, None, other)
        elif other is MISSING:
            yield Change("removed", what, name, key, one, None)
        elif one != other or type(one) is not type(other):
            yield Change("changed", what, name, key, one, other)


def _flat(prefix: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Objects key by key; lists are compared as wholes unless they hold objects."""
    if isinstance(value, Mapping) and value:
        for key, inner in value.items():
            yield from _flat(f"{prefix}.{key}" if prefix else str(key), inner)
    elif isinstance(value, list) and value and all(isinstance(item, Mapping) for item in value):
        for index, item in enumerate(value):
            yield from _flat(f"{prefix}[{index}]", item)
    else:
        yield prefix, value


def _keyed(what: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    for name in dict.fromkeys([*old, *new]):
        if name not in new:
            yield Change("removed", what, name, "", old[name], None)
        elif name not in old:
            yield Change("added", what, name, "", None, new[name])
        else:
            yield from _fields(what, name, old[name], new[name])
    for name in _moved([name for name in old if name in new], [name for name in new if name in old]):
        if what in ("criterion", "alert"):
            yield Change("moved", what, name, "", list(old).index(name) + 1, list(new).index(name) + 1)


def _by_id(items: Sequence[Any]) -> dict[str, Any]:
    return {str(item["id"]): item for item in items}


def _triggers(document: JsonObject) -> dict[str, Any]:
    """Triggers have no ids: schedules are told apart by their number, events by their name."""
    found: dict[str, Any] = {}
    triggers: Any = document.get("triggers", [])
    for trigger in triggers:
        if "event" in trigger:
            found[f"event {trigger['event']}"] = trigger
        else:
            number = sum(1 for name in found if name.startswith("schedule")) + 1
            found["schedule" if number == 1 else f"schedule {number}"] = trigger["schedule"]
    return found


def _steps(before: Playbook, after: Playbook) -> Iterator[Change]:
    old, new = dict(_placed(before)), dict(_placed(after))
    moved = set(_moved_steps(old, new))
    for name in dict.fromkeys([*new, *old]):
        if name not in new:
            yield Change("removed", "step", name, "", _own_keys(old[name][1]), None)
        elif name not in old:
            yield Change("added", "step", name, "", None, _own_keys(new[name][1]))
        else:
            if name in moved:
                yield Change("moved", "step", name, "", _where(name, old), _where(name, new))
            yield from _fields("step", name, _own_keys(old[name][1]), _own_keys(new[name][1]))


def _placed(playbook: Playbook) -> Iterator[tuple[str, tuple[str, Step]]]:
    """Every step by id, with the block that it stands in: `steps`, `finally`, or `then of check`."""
    yield from _block("steps", playbook.steps)
    yield from _block("finally", playbook.finally_)


def _block(name: str, steps: tuple[Step, ...]) -> Iterator[tuple[str, tuple[str, Step]]]:
    for step in steps:
        yield step.id, (name, step)
        for inner, below in step.blocks().items():
            yield from _block(f"{inner} of {step.id}", below)


def _own_keys(step: Step) -> JsonObject:
    """A step without the steps inside it."""
    data: JsonObject = step.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    for key, name in keys(type(step.fields)).items():
        if holds_steps(type(step.fields), name) and key in data:
            data[key] = _without_steps(data[key])
    if isinstance(data.get("on_error"), dict):
        data["on_error"] = {"steps": "…"}
    return {key: value for key, value in data.items() if value != "…"}


def _without_steps(value: Any) -> Any:
    if isinstance(value, list):
        if value and all(isinstance(item, dict) and "type" in item and "id" in item for item in value):
            return "…"
        return [_without_steps(item) for item in value]
    if isinstance(value, dict):
        return {key: _without_steps(inner) for key, inner in value.items()}
    return value


def _moved_steps(old: Mapping[str, tuple[str, Step]], new: Mapping[str, tuple[str, Step]]) -> Iterator[str]:
    both = [name for name in new if name in old]
    yield from (name for name in both if old[name][0] != new[name][0])
    for block in dict.fromkeys(new[name][0] for name in both):
        stayed = [name for name in both if new[name][0] == block == old[name][0]]
        yield from _moved([name for name in old if name in stayed], stayed)


def _moved(old: Sequence[str], new: Sequence[str]) -> list[str]:
    """The fewest names whose move explains the new order: those outside the longest run that kept its order."""
    place = {name: index for index, name in enumerate(old)}
    tails: list[int] = []
    ends: list[str] = []
    before: dict[str, str | None] = {}
    for name in new:
        at = bisect_left(tails, place[name])
        before[name] = ends[at - 1] if at else None
        if at == len(tails):
            tails.append(place[name])
            ends.append(name)
        else:
            tails[at], ends[at] = place[name], name
    kept: set[str] = set()
    last = ends[-1] if ends else None
    while last is not None:
        kept.add(last)
        last = before[last]
    return [name for name in new if name not in kept]


def _where(name: str, steps: Mapping[str, tuple[str, Step]]) -> str:
    block = steps[name][0]
    beside = [other for other, (where, _) in steps.items() if where == block]
    at = beside.index(name)
    return f"{block}, after {beside[at - 1]}" if at else f"{block}, first"


def _capabilities(before: Playbook, after: Playbook, catalog: Catalog | None) -> Iterator[Change]:
    old, new = capabilities(before, catalog), capabilities(after, catalog)
    for kind in KINDS:
        for name in sorted(new.of(kind) - old.of(kind)):
            yield Change("added", "capability", name, kind, None, "acts" if name in new.acting else None, grants=True)
        for name in sorted(old.of(kind) - new.of(kind)):
            yield Change("removed", "capability", name, kind, None, None)
