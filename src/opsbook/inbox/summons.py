"""Telling those who may decide, over every way out that the deployment has, each person once for each moment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from opsbook.effects.delivery import Door, Origin
from opsbook.effects.ledger import effect_key
from opsbook.inbox.invitations import invitation
from opsbook.inbox.passes import Passes
from opsbook.inbox.people import People, Person
from opsbook.inbox.rules import Rules
from opsbook.records.approvals import Approvals as ApprovalRows
from opsbook.records.approvals import Standing, Turn
from opsbook.records.rows import Row
from opsbook.sdk.errors import OpsbookError
from opsbook.sdk.values import Json, JsonObject
from opsbook.sdk.work import Message

PRIVATE = ("dashboard", "email")  # each person gets a message of their own there, with a link of their own
SHARED = "slack"
GRACE = timedelta(minutes=1)  # so long whoever asks has the telling to itself


class Summons:
    def __init__(self, rows: ApprovalRows, people: People, door: Door, passes: Passes, rules: Rules) -> None:
        self.rows = rows
        self.people = people
        self.door = door
        self.passes = passes
        self.rules = rules

    async def tell(self, row: Row, *, in_round: bool = False) -> None:
        """Tell what is still to be told about it; what was told stays told. Safe to repeat.

        What cannot be delivered is kept in the audit, and does not hold the approval up.
        """
        now = self.door.ledger.clock.now()
        if row["tell"] is None or row["state"] != "pending":
            return
        if in_round and row["tell"] == "asked" and now < row["asked_at"] + GRACE:
            return
        moment, told = str(row["tell"]), list[Json]()
        for message in await self._messages(row, moment):
            told += await self._deliver(row, moment, message)
        details: JsonObject = {"moment": moment, "deliveries": told}

        def how(standing: Standing) -> Turn | None:
            if standing.row["tell"] != moment or standing.row["rounds"] != row["rounds"]:
                return None
            words = f"Told: {_count(told)}."
            return Turn("told", words, details=details, changes={"tell": None})

        await self.rows.turn(row["id"], how, now)

    async def _messages(self, row: Row, moment: str) -> Sequence[Message]:
        people = self._whom(row, moment)
        if not people:
            return ()
        frozen = self.rows.manifest(row["digest"], parts=1)
        private = tuple(channel for channel in PRIVATE if self.door.connectors.get(channel))
        found = (
            []
            if not private
            else [
                invitation(row, moment, private, (one.name,), frozen, await self.passes.link(row, one.name))
                for one in people
            ]
        )
        if self.door.connectors.get(SHARED):
            found.append(invitation(row, moment, (SHARED,), tuple(one.name for one in people), frozen, None))
        return found

    def _whom(self, row: Row, moment: str) -> list[Person]:
        """Who may decide and has not; of those who have just been brought in, they alone."""
        seen = self.rows.get(row["id"])
        decided = {one["person"] for one in seen["decisions"]} if seen else set()
        barred = () if self.rules.alone(len(self.people.people)) else row["barred"]
        wanted = row["escalate_to"] if moment == "escalated" else row["deciders"]
        return [one for one in self.people.entitled(wanted) if one.name not in decided and one.name not in barred]

    async def _deliver(self, row: Row, moment: str, message: Message) -> Sequence[JsonObject]:
        run_id, path = row["run_id"] or row["id"], f"approvals/{row['id']}"

        def key(item: str) -> str:
            return effect_key(run_id, f"{path}/{moment}/{row['rounds']}", item)

        try:
            rows = await self.door.deliver(message, Origin(run_id, path, None, key))
        except OpsbookError as error:  # nobody can be reached there, or nobody knows who was
            return [{"channel": ", ".join(message.channels), "state": "failed", "error": error.code}]
        return [_told(one) for one in rows]


def _told(row: Mapping[str, Json]) -> JsonObject:
    return {name: row[name] for name in ("channel", "recipient", "state", "error") if row.get(name) is not None}


def _count(told: Sequence[Json]) -> str:
    done = [one for one in told if isinstance(one, dict) and one["state"] in ("done", "quiet")]
    return f"{len(done)} of {len(told)} messages went out" if told else "there is nobody, or no way, to tell"
