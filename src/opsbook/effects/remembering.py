"""Notes that a memory keeps: one effect for each agent and run, as exactly-once as the memory's class allows."""

from __future__ import annotations

import json
from dataclasses import dataclass

from opsbook.effects.ledger import Effect, Ledger, effect_key
from opsbook.records.rows import Row
from opsbook.sdk.effects import Parcel, Receipt
from opsbook.sdk.memory import Memory, Note

CHANNEL = "memory"  # of the ledger's rows, and their path in the run


class _Way:
    """A memory as a connector, for one agent's note."""

    channel = CHANNEL

    def __init__(self, memory: Memory, agent: str, note: Note) -> None:
        self.memory = memory
        self.agent = agent
        self.note = note
        self.name = memory.name
        self.effect_class = memory.effect_class
        self.search_after = memory.search_after

    async def send(self, parcel: Parcel) -> Receipt:
        return await self.memory.remember(self.agent, self.note, parcel.key)

    async def find(self, key: str) -> Receipt | None:
        return await self.memory.find(self.agent, self.note, key)


@dataclass(frozen=True)
class Keeping:
    """The door to one memory, over the ledger."""

    ledger: Ledger
    memory: Memory

    async def keep(self, run_id: str, agent: str, note: Note) -> Row:
        """Keep an agent's note on a run; answers the ledger's row. Safe to repeat: it is kept once.

        Raises `Conflict` when another note stands on the run.
        """
        key = effect_key(run_id, CHANNEL, agent)
        text = json.dumps(note.as_json(), ensure_ascii=False, sort_keys=True)
        effect = Effect(run_id, CHANNEL, agent, Parcel(key, agent, note.about, text))
        return await self.ledger.carry_out(effect, _Way(self.memory, agent, note), None)
