"""One rendered message to one recipient, through the first connector that takes it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from opsbook.effects.failover import may_go_elsewhere, refusal, tries
from opsbook.effects.ledger import Effect, Ledger
from opsbook.effects.patience import Patience
from opsbook.records.effects import Guard
from opsbook.records.rights import Right
from opsbook.records.rows import Row
from opsbook.sdk.effects import Connector, EffectState
from opsbook.sdk.errors import PersonNeeded
from opsbook.sdk.values import Json


@dataclass(frozen=True)
class Post:
    """What is to go to one recipient: `key` makes the keys of its effects, `effect` the effect of one try.

    `told` finds what the recipient was told about the same thing lately, which makes it needless; `guard` says why it
    must not leave, in the very transaction that would start it.
    """

    item: str
    key: Callable[[str], str]
    effect: Callable[[str, Connector], Effect]
    told: Callable[[frozenset[str]], Row | None] = lambda keys: None
    guard: Guard | None = None


@dataclass(frozen=True)
class Posted:
    """The ledger's row that counts, and the tries that were refused before it. Without a row: `told` lately."""

    row: Row | None
    refused: tuple[Json, ...] = ()
    told: Row | None = None


async def post(
    ledger: Ledger, connectors: Sequence[Connector], one: Post, patience: Patience, right: Right | None
) -> Posted:
    """Send it, unless it stands already. `connectors`, at least one, are tried in their order. Safe to repeat.

    A row that is `planned` was put off, and may be posted again later; one that has to wait for longer than `patience`
    goes elsewhere or fails. One that the guard holds back is `withheld`, and stands nowhere.

    Raises:
        PersonNeeded: it may have left through a connector that the settings no longer have.
        Conflict: it stands with another content; nothing was sent.
    """
    found = tries(one.key, one.item, connectors, ledger.effects)
    if found.begun is not None and not found.left:
        return Posted(_of_a_connector_that_is_gone(found.begun))
    if found.begun is None and (told := one.told(found.keys)):
        return Posted(None, told=told)
    refused = list(found.refused)
    for key, connector in found.left:
        row = await ledger.carry_out(one.effect(key, connector), connector, right, one.guard)
        if row["state"] == EffectState.PLANNED and not patience.covers(row["not_before"]):
            row = await ledger.give_up_waiting(row, right)
        if not may_go_elsewhere(row):
            break
        refused.append(refusal(row))
    if may_go_elsewhere(row):
        refused.pop()  # the last one's refusal is the row itself
    return Posted(row, tuple(refused))


def _of_a_connector_that_is_gone(row: Row) -> Row:
    """What a connector did, or may have done, that the settings no longer have; no other one is tried."""
    if row["state"] == EffectState.STARTED:
        raise PersonNeeded(
            f"A message left through {row['connector']}, which is not configured any more; nobody can look it up.",
            cure=f"Configure {row['connector']} again and resume the run, or settle the effect by hand.",
            code="uncertain",
        )
    return row
