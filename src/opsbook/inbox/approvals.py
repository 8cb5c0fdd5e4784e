"""Approvals: what waits for a person's decision, frozen; who decided, by which way; and nothing decided twice.

Steps of runs ask, and campaigns do. A decision is judged by `deciding` while the approval's row is held, so of two at
once one counts. `round` tells, reminds and ends; it may be repeated and left out, and nothing happens twice.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from opsbook.inbox.deadlines import what_time_does
from opsbook.inbox.deciding import APPROVED, REJECTED, Decision, Ruling, gone, refusal, rule_on
from opsbook.inbox.passes import BAD_LINK, Passes, bad_link
from opsbook.inbox.people import People, Person
from opsbook.inbox.questions import Asker, campaign_of, campaign_question, step_question
from opsbook.inbox.rules import Rules
from opsbook.inbox.summons import SHARED, Summons
from opsbook.records.approvals import Approvals as ApprovalRows
from opsbook.records.approvals import Standing, Turn, asking
from opsbook.records.rows import Row
from opsbook.records.runs import Runs
from opsbook.records.store import Write
from opsbook.records.waits import Waits
from opsbook.sdk.clock import Clock, Ids
from opsbook.sdk.errors import CallerMistake, Conflict, InvalidInput, NotAllowed, NotFound
from opsbook.sdk.hook import Press
from opsbook.sdk.values import JsonObject, digest
from opsbook.sdk.work import Question

BUTTONS = {"approve": APPROVED, "reject": REJECTED}
PERSON = "person:"  # what the actor of a run begins with that a person started

Wake = Callable[[Row], Awaitable[None]]


class Approvals:
    """The only writer of approvals. `over` are the states of runs that have ended; `wake` goes on with a run whose
    wait has ended, in this process; another one's clockwork finds it by itself."""

    def __init__(
        self,
        rows: ApprovalRows,
        people: People,
        summons: Summons,
        passes: Passes,
        rules: Rules,
        clock: Clock,
        ids: Ids,
        over: frozenset[str],
        wake: Wake,
    ) -> None:
        self.rows = rows
        self.people = people
        self.summons = summons
        self.passes = passes
        self.rules = rules
        self.clock = clock
        self.ids = ids
        self.over = over
        self.wake = wake

    async def ask(self, question: Question, run: Mapping[str, Any], path: str, agent: str) -> Row:
        """Ask for a decision about a step, once for each attempt of its run, and tell those who may decide.

        A question about a campaign is the campaign's own. Safe to repeat. Raises `InvalidInput` for unknown people or a
        quorum that cannot come together, `Conflict` for a campaign that waits for nobody.
        """
        asker = self.asker(run, agent)
        campaign = campaign_of(question.of)
        if campaign is not None:
            found = self.rows.about(campaign)
            if found is None or found["state"] not in ("pending", "approved"):
                raise Conflict(
                    f"The campaign {campaign} does not wait for a decision.",
                    cure="Draft it again.",
                    code="not_pending",
                )
        else:
            new = self.ids.new("approval")
            row, frozen = step_question(new, question, asker, path, self.people, self.rules, self.clock.now())
            found = await self.rows.ask(row, frozen)
        await self.summons.tell(found)
        return found

    def preview(self, question: Question) -> JsonObject:
        """Whom `ask` would ask; the same checks, and nothing is written. Raises `InvalidInput`."""
        deciders = self.people.deciders(question.to)
        self.people.deciders(question.escalate_to, "escalate_to")
        return {"would_ask": [one.name for one in self.people.entitled(deciders)], "quorum": question.quorum}

    def asker_about(self, campaign: Row, by: str, editor: str | None = None) -> Asker:
        """Who asks about a campaign: `by`, with the person behind its run and the one who edited it."""
        run = Runs(self.rows.store).get(campaign["run_id"]) if campaign["run_id"] else None
        asker = self.asker(run, by) if run else Asker(f"agent:{by}", run_id=campaign["run_id"])
        if editor is None:
            return asker
        return replace(asker, by=f"{PERSON}{editor}", barred=tuple(dict.fromkeys((*asker.barred, editor))))

    def asks_about(self, campaign: Row, messages: Sequence[Row], asker: Asker) -> Write:
        """A write that asks about a campaign: to be made in the transaction that puts it into `pending_approval`."""
        new, now = self.ids.new("approval"), self.clock.now()
        return asking(*campaign_question(new, campaign, messages, asker, self.people, self.rules, now))

    async def tell_about(self, campaign_id: str) -> None:
        """Tell those who may decide about a campaign. Safe to repeat."""
        row = self.rows.about(campaign_id)
        if row is not None:
            await self.summons.tell(row)

    async def decide(self, approval_id: str, person: str | None, decision: Decision) -> Row:
        """Decide as a person of the settings, None for somebody whom nobody knows. Answers the approval.

        The same key again answers what the first one did.

        Raises:
            NotFound: there is no such approval.
            NotAllowed: they may not decide about this, or it is their own.
            Conflict: it is decided, expired or voided, or about something else than what they saw.
            InvalidInput: a rejection without a reason, or a form that is not filled in.
        """
        who = self.people.named(person) if person is not None else None
        return await self._decide(approval_id, who, decision, lambda row: True)

    async def decide_by_link(self, token: str, decision: Decision) -> Row:
        """Decide as the person to whom a link was sent. Raises what `decide` raises, `NotFound` for no link of ours."""
        approval_id, name = self.passes.holder(token)
        genuine = await self.passes.checker(token)
        return await self._decide(approval_id, self.people.named(name), decision, genuine)

    async def pressed(self, press: Press, event_id: str) -> JsonObject:
        """Decide by a button of a message: its signature is checked, and who pressed is known there by their id.

        Raises what `decide` raises. The same event again decides nothing more.
        """
        approval_id, _, seen = press.value.partition(" ")
        choice = BUTTONS.get(press.action)
        if choice is None or not seen:
            raise InvalidInput("The button is none of ours.", field="action", cure="Use those of our messages.")
        person = self.people.on_slack(press.user)
        note = "Rejected by a button, without a word." if choice == REJECTED else None
        key = hashlib.sha256(event_id.encode()).hexdigest()
        decision = Decision(choice, SHARED, note, digest=seen, key=key, details={"user": press.user})
        row = await self._decide(approval_id, person, decision, lambda row: True)
        return {"approval_id": row["id"], "decision": choice, "by": person.name if person else None}

    async def opened(self, token: str) -> tuple[Row, str]:
        """(approval, person) behind a link, to be shown. Nothing is decided, and nothing changes.

        Raises `NotFound` for what is no link of ours, or one that a newer one has replaced, `NotAllowed` for that of
        somebody who has lost the right.
        """
        approval_id, person = self.passes.holder(token)
        genuine, row = await self.passes.checker(token), self.rows.get(approval_id)
        if row is None or not genuine(row):
            raise NotFound(BAD_LINK, cure="Open the link of the newest message, whole.")
        who = self.people.named(person)
        if who is None or not self.concerns(row, who):
            cure = "Ask those who decide."
            raise NotAllowed("This link is for somebody who may not decide any more.", cure=cure, code="no_right")
        return row, person

    async def refuse(self, approval_id: str, decision: Decision, error: CallerMistake) -> None:
        """Keep in the audit that somebody was turned away before they could try. Raises `NotFound`."""
        turned = await self.rows.turn(
            approval_id, lambda standing: refusal(standing, None, decision, error).turn, self.clock.now()
        )
        if turned is None:
            raise unknown(approval_id)

    async def _decide(
        self, approval_id: str, person: Person | None, decision: Decision, genuine: Callable[[Row], bool]
    ) -> Row:
        now = self.clock.now()
        ruling = Ruling(None)

        def how(standing: Standing) -> Turn | None:
            nonlocal ruling
            alone = self.rules.alone(len(self.people.people))
            if genuine(standing.row):
                ruling = rule_on(standing, person, decision, self.people, alone=alone, now=now)
            else:
                ruling = bad_link(standing, decision)
            return ruling.turn

        turned = await self.rows.turn(approval_id, how, now)
        if turned is None:
            raise unknown(approval_id)
        for wait in turned.ended:
            await self.wake(wait)
        if ruling.error is not None:
            raise ruling.error
        return self.get(approval_id)

    def get(self, approval_id: str) -> Row:
        """The approval with its decisions and its audit. Raises `NotFound`."""
        row = self.rows.get(approval_id)
        if row is None:
            raise unknown(approval_id)
        return row

    def able(self, row: Row) -> list[Person]:
        """Who may decide about it today."""
        barred = () if self.rules.alone(len(self.people.people)) else row["barred"]
        return [one for one in self.people.entitled(row["deciders"]) if one.name not in barred]

    def concerns(self, row: Row, person: Person) -> bool:
        """Whether somebody is one of those who decide, also about their own."""
        return person in self.people.entitled(row["deciders"])

    def frozen(self, row: Row, parts: int | None = None) -> JsonObject:
        """The manifest that an approval binds. Whole, it is checked: raises `Conflict` (`tampered`) for another."""
        found = self.rows.manifest(row["digest"], parts)
        if parts is None and digest(found) != row["digest"]:
            cure = "Nothing of it can be used. Draft it again, and find out who changed it."
            raise Conflict("What is stored is not what was frozen.", cure=cure, code="tampered")
        return found

    def approved(self, campaign_id: str) -> JsonObject:
        """The manifest of an approved campaign, to the byte: what it may be used as, and the only thing.

        Raises `Conflict`: nobody has approved it (`not_approved`), or what is stored is not what was (`tampered`).
        """
        row = self.rows.about(campaign_id)
        if row is None or row["state"] != "approved":
            state = row["state"] if row else "not asked for"
            cure = "A person who may decide has to approve it first."
            raise Conflict(f"Campaign {campaign_id} is not approved: {state}.", cure=cure, code="not_approved")
        return self.frozen(row)

    async def round(self, now: datetime) -> None:
        """Tell, remind and end what is due; end what no run waits for any more, and waits that were overtaken."""
        for row in self.rows.forsaken(self.over):
            await self.rows.turn(row["id"], _forsaken, now)
        for row in self.rows.due(now):
            if row["tell"] is not None:
                await self.summons.tell(row, in_round=True)
            turned = await self.rows.turn(row["id"], lambda standing: what_time_does(standing.row, now), now)
            for wait in turned.ended if turned else ():
                await self.wake(wait)
            if turned and turned.row["tell"] not in (None, "asked"):
                await self.summons.tell(turned.row)
        for wait in self.rows.overtaken():
            closed = Waits(self.rows.store).answer(wait["id"], "answered", wait["given"], now)
            if closed is not None:
                await self.wake(closed)

    def asker(self, run: Mapping[str, Any], agent: str) -> Asker:
        """Who asks in a run: the agent, and the person who started it, or the run that it stems from."""
        person = self._person_behind(run)
        barred = (person,) if person else ()
        return Asker(
            f"agent:{agent}", barred, run["id"], run["playbook_id"], run["playbook_name"], run.get("attempt", 1)
        )

    def _person_behind(self, run: Mapping[str, Any]) -> str | None:
        runs, above = Runs(self.rows.store), run
        while above.get("parent_run_id") is not None:
            parent = runs.get(above["parent_run_id"])
            if parent is None:
                return None
            above = parent
        actor = str(above["actor"])
        return actor.removeprefix(PERSON) if actor.startswith(PERSON) else None


def _forsaken(standing: Standing) -> Turn | None:
    if standing.row["state"] != "pending":
        return None
    what = "run" if standing.row["kind"] == "step" else "campaign"
    why = f"The {what} does not wait for this any more."
    return Turn("voided", why, code="voided", end="voided", answer=gone(why))


def unknown(approval_id: str) -> NotFound:
    cure = "`opsbook approvals list` shows those there are."
    return NotFound(f"There is no approval {approval_id[:80]!r}.", cure=cure)
