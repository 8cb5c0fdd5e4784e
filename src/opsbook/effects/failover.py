"""Which connectors may carry a message to one recipient, and under which keys.

The next connector is tried only when the one before confirmed that it did *not* send, for a reason of its own. Each
try is an effect of its own. Once one of them may have left, no other one is tried for that recipient: a connector that
works again must not send what its stand-in has sent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from opsbook.records.effects import Effects
from opsbook.records.rows import Row
from opsbook.sdk.effects import Connector, EffectState
from opsbook.sdk.values import Json

STAYED_HERE = frozenset({EffectState.PLANNED, EffectState.FAILED})


@dataclass(frozen=True)
class Tries:
    """What is left to try: (key, connector) in order. `begun` is the try that may have left already, if there is one.

    `keys` are all keys that this recipient's tries can have; `refused` the tries that were refused earlier.
    """

    left: tuple[tuple[str, Connector], ...]
    keys: frozenset[str]
    begun: Row | None = None
    refused: tuple[Json, ...] = ()


def tries(key: Callable[[str], str], item: str, connectors: Sequence[Connector], effects: Effects) -> Tries:
    """The first connector's effect has the item's own key, a stand-in's the item's with its name.

    The order of the connectors may change between two calls: who holds the item's own key is read from the ledger.
    """
    own, named = keys_of(key, item, connectors)
    rows = effects.standing([own, *named.values()])
    holder = rows[own]["connector"] if own in rows else connectors[0].name
    ordered = [(own if connector.name == holder else named[connector.name], connector) for connector in connectors]
    keys = frozenset({own, *named.values()})
    begun = next((row for row in rows.values() if row["state"] not in STAYED_HERE), None)
    if begun is None:
        return Tries(tuple(ordered), keys)
    refused = tuple(refusal(row) for row in rows.values() if row["key"] != begun["key"])
    same = tuple((one, connector) for one, connector in ordered if one == begun["key"])
    return Tries(same, keys, begun, refused)


def keys_of(key: Callable[[str], str], item: str, connectors: Sequence[Connector]) -> tuple[str, Mapping[str, str]]:
    """The item's own key, and the key that each connector has as a stand-in, by its name."""
    return key(item), {connector.name: key(f"{item}@{connector.name}") for connector in connectors}


def may_go_elsewhere(row: Row) -> bool:
    """Whether an effect's row says that nothing was sent and that another connector may take it."""
    return row["state"] == EffectState.FAILED and bool((row["error"] or {}).get("elsewhere"))


def refusal(row: Row) -> Json:
    return {"connector": row["connector"], "error": (row["error"] or {}).get("code")}


def taken_over(rows: Sequence[Row]) -> dict[str, tuple[Row, list[Row]]]:
    """What became of each effect of a run, by its key: the row that counts, and those that were refused before it.

    Tries of the same message for the same recipient belong together; the last one that was made counts.
    """
    tried: dict[tuple[str, str, str], list[Row]] = {}
    for row in rows:
        tried.setdefault((row["path"], row["item"], row["subject"]), []).append(row)
    found: dict[str, tuple[Row, list[Row]]] = {}
    for same in tried.values():
        counts = next((row for row in reversed(same) if not may_go_elsewhere(row)), same[-1])
        before = [row for row in same if row is not counts and may_go_elsewhere(row)]
        found.update({row["key"]: (counts, before) for row in same})
    return found
