"""After a run: what came of it is kept for the agents that wrote its reports, where there is a memory."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Mapping
from typing import Any

from opsbook.effects.remembering import CHANNEL, Keeping
from opsbook.records.effects import Effects
from opsbook.records.rows import Row
from opsbook.records.runs import Runs
from opsbook.runs.segment import OVER
from opsbook.sdk.effects import EffectState
from opsbook.sdk.errors import OpsbookError
from opsbook.sdk.memory import Note, note_from
from opsbook.sdk.values import Json, plain

log = logging.getLogger("opsbook.runs")

SECONDS = 5.0  # the longest that a memory may hold a run up, once it is over


class Remembering:
    """`keeping` is None where there is no memory: nothing happens then."""

    def __init__(self, keeping: Keeping | None, runs: Runs, effects: Effects) -> None:
        self.keeping = keeping
        self.runs = runs
        self.effects = effects

    async def after(self, run_id: str, state: Json) -> Json:
        """Once a run is over, have a note kept for each agent that wrote a report in it; answers the state.

        Never raises for what a memory does. Safe to repeat: each note is kept once, or stands as uncertain.
        """
        row = self.runs.get(run_id) if self.keeping is not None and state in OVER else None
        if self.keeping is not None and row is not None and not row["dry_run"]:
            await self._keep_notes(self.keeping, row)
        return state

    async def _keep_notes(self, keeping: Keeping, row: Row) -> None:
        run_id = row["id"]
        reports = self._reports(run_id)
        if not reports:
            return
        try:
            async with asyncio.timeout(SECONDS):
                for agent, figures in reports.items():
                    await self._keep(keeping, row, agent, figures)
        except TimeoutError:
            log.warning("PlaybookRunner: the memory did not take the note on %s within %g s", run_id, SECONDS)
        except OpsbookError as error:
            log.warning("PlaybookRunner: the note on %s was not kept: %s", run_id, error.sentence)
        await keeping.ledger.unsettled(run_id, None)

    async def _keep(self, keeping: Keeping, row: Row, agent: str, figures: Json) -> None:
        note = note_of(row, self.effects.of_run(row["id"]), figures)
        if note is None:
            log.warning("PlaybookRunner: what came of %s is more than a note may hold", row["id"])
            return
        kept = await keeping.keep(row["id"], agent, note)
        if kept["state"] != EffectState.DONE:
            log.warning("PlaybookRunner: the note on %s is %s: %s", row["id"], kept["state"], kept["error"])

    def _reports(self, run_id: str) -> dict[str, Json]:
        """The agents that wrote reports, each with the figures of its last one."""
        found: dict[str, Json] = {}
        for step in self.runs.steps(run_id):
            details = (step["outcome"] or {}).get("details") or {}
            if "worth_keeping" in details:
                found[str(details["agent"])] = details["worth_keeping"]
        return found


def note_of(row: Mapping[str, Any], effects: list[Row], figures: Json) -> Note | None:
    """What came of a run, as a note; None where it does not fit into one. Pure."""
    done = Counter(
        str(one["channel"]) for one in effects if one["state"] == EffectState.DONE and one["channel"] != CHANNEL
    )
    return note_from(
        {
            "about": row["playbook_id"],
            "as_of": plain(row["as_of"]),
            "state": row["state"],
            "verdict": row["verdict"],
            "criteria": {one["id"]: one["verdict"] for one in row["criteria"] or ()},
            "done": dict(done),
            "figures": figures,
        }
    )
