"""What follows from a run's alert rules: alerts opened, reminded and closed, and people told once for each of these.

A rule that could not be answered alerts nobody by itself. When it could not be answered in three runs in a row, that is
an alert of its own: nobody is watching what the rule was to watch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from opsbook.agents.wording import moment
from opsbook.effects.delivery import Delivery, Origin
from opsbook.effects.ledger import effect_key
from opsbook.inbox.threads import Threads
from opsbook.playbooks.model import AlertRule, Severity
from opsbook.records.alerts import Alerts
from opsbook.records.rows import Row
from opsbook.records.segments import Fence
from opsbook.runs.verdict import Firing, RuleAnswer
from opsbook.sdk.clock import Clock, Ids
from opsbook.sdk.errors import InvalidInput, PersonNeeded
from opsbook.sdk.values import Json, JsonObject, digest
from opsbook.sdk.work import Message

REMIND_EVERY = timedelta(hours=6)
BLIND_AFTER = 3  # runs in a row in which a rule could not be answered
PATH = "alerts"


class Alerting:
    """`watchers` are the people told by rules that notify; closing and opening are never a step of a playbook."""

    def __init__(
        self, alerts: Alerts, door: Delivery, threads: Threads, watchers: tuple[str, ...], clock: Clock, ids: Ids
    ) -> None:
        self.alerts = alerts
        self.door = door
        self.threads = threads
        self.watchers = watchers
        self.clock = clock
        self.ids = ids

    def preview(self, answers: tuple[RuleAnswer, ...]) -> list[JsonObject]:
        """What the rules came to, without opening or telling anything."""
        rows: list[JsonObject] = []
        for answer in answers:
            if answer.unknown is not None:
                rows.append(_unknown_row(answer))
            rows += [
                {
                    "rule": answer.rule.id,
                    "state": "muted" if f.muted else "fired",
                    "subject": f.subject,
                    "message": f.message,
                }
                for f in answer.firings
            ]
        return rows

    async def follow(
        self,
        run: Mapping[str, Any],
        fence: Fence,
        answers: tuple[RuleAnswer, ...],
        before: Sequence[Sequence[JsonObject]] = (),
    ) -> list[JsonObject]:
        """Open, remind, escalate, close and tell. One row for each rule and subject. Safe to repeat.

        A muted subject is left as it is: its open alert is neither reminded nor taken for over.
        `before` holds what earlier runs of the playbook answered here, newest first.
        """
        rows: list[JsonObject] = []
        for answer in answers:
            if answer.unknown is not None:
                rows.append(_unknown_row(answer))
                rows += await self._blind(run, fence, answer, before)
                continue
            for firing in answer.firings:
                rows.append(_muted_row(firing) if firing.muted else await self._fired(run, fence, firing))
            rows += await self._over(run, fence, answer)
        return rows

    async def _blind(
        self, run: Mapping[str, Any], fence: Fence, answer: RuleAnswer, before: Sequence[Sequence[JsonObject]]
    ) -> list[JsonObject]:
        """The alert of a rule that nobody can answer any more; the rule's first answer closes it."""
        seen = [any(row["rule"] == answer.rule.id and row["state"] == "unknown" for row in rows) for rows in before]
        if len(seen) < BLIND_AFTER - 1 or not all(seen[: BLIND_AFTER - 1]):
            return []
        what = answer.rule.id.replace("_", " ")
        message = f"Cannot measure {what}, {BLIND_AFTER} runs in a row: {answer.unknown}"
        rule = answer.rule.model_copy(update={"escalate": None})  # that is for what the rule watches
        return [await self._fired(run, fence, Firing(rule, "cannot measure", "cannot measure", message))]

    async def _fired(self, run: Mapping[str, Any], fence: Fence, firing: Firing) -> JsonObject:
        now = self.clock.now()
        rule = firing.rule
        alert = {
            "id": self.ids.new("alert"),
            "open_key": _open_key(run, rule, firing.key),
            "playbook_id": run["playbook_id"],
            "rule_id": rule.id,
            "subject": (firing.subject or firing.key)[:200],
            "severity": rule.severity.value,
            "message": firing.message,
            "thread_key": firing.thread,
            "run_id": run["id"],
        }
        row, opened = await self.alerts.see(alert, now)
        if _escalates(rule, row, now):
            return await self._escalate(run, fence, firing, row)
        due = (row["reminded_at"] or row["opened_at"]) + (rule.remind_every or REMIND_EVERY) <= now
        told: list[Json] = []
        if opened or due:
            word = "" if opened else "Still: "
            told = await self._tell(
                run, fence, rule, row, f"{word}{firing.message}", "opened" if opened else "reminded"
            )
            if due and not opened:
                await self.alerts.reminded(row["id"], now)
        state = "opened" if opened else "reminded" if due else "open"
        return {**_row(rule, row, state, firing.message), "deliveries": told}

    async def _escalate(self, run: Mapping[str, Any], fence: Fence, firing: Firing, row: Row) -> JsonObject:
        """More severe from now on. Telling it is a reminder too: the next one counts from here."""
        rule, now = firing.rule, self.clock.now()
        assert rule.escalate is not None
        after = round(rule.escalate.after.total_seconds() / 60)
        worse = {**row, "severity": rule.escalate.severity.value}
        told = await self._tell(run, fence, rule, worse, f"For {after} min and more: {firing.message}", "escalated")
        await self.alerts.escalated(row["id"], worse["severity"], now)
        return {**_row(rule, worse, "escalated", firing.message), "deliveries": told}

    async def _over(self, run: Mapping[str, Any], fence: Fence, answer: RuleAnswer) -> list[JsonObject]:
        firing = {_open_key(run, answer.rule, one.key) for one in answer.firings}
        closed = [row for row in self.alerts.closed_by(run["id"]) if row["rule_id"] == answer.rule.id]
        gone = [r for r in self.alerts.open_of(run["playbook_id"], answer.rule.id) if r["open_key"] not in firing]
        return [await self._close(run, fence, answer.rule, row) for row in [*closed, *gone]]

    async def _close(self, run: Mapping[str, Any], fence: Fence, rule: AlertRule, row: Row) -> JsonObject:
        lasted = run["accepted_at"] - row["opened_at"]  # stable: the same words when this is done again
        text = f"Over after {round(lasted.total_seconds() / 60)} min: {row['message']}"
        if row["thread_key"]:
            await self.threads.close_incident(row["thread_key"], run["id"], f"It is over: {row['message']}.")
        told = await self._tell(run, fence, rule, row, text, "closed")
        await self.alerts.close(row["id"], run["id"], self.clock.now())
        return {**_row(rule, row, "closed", text), "deliveries": told}

    async def _tell(
        self, run: Mapping[str, Any], fence: Fence, rule: AlertRule, row: Mapping[str, Any], text: str, what: str
    ) -> list[Json]:
        """One row for each recipient. An alert opens and closes whether or not it can be told."""
        if not rule.notify or what not in rule.tell:
            return []

        def key(item: str) -> str:
            return effect_key(run["id"], f"{PATH}/{rule.id}/{row['id']}/{what}", item)

        message = Message(
            rule.notify,
            self.watchers,
            f"[{row['severity']}] {run['playbook_name']}: {text}"[:200],
            f"{text}\n\nPlaybook: {run['playbook_name']}\nRun: {run['id']}\nAt: {_moment(run)}",
            row["severity"],
            dedup_key=f"alert:{row['id']}:{what}" if what != "reminded" else None,
            about=f"alert:{row['id']}",
        )
        try:
            return list(await self.door.deliver(message, Origin(run["id"], PATH, fence, key)))
        except (InvalidInput, PersonNeeded) as error:  # nobody to tell, or nobody knows who was told
            return [{"state": "failed", "error": error.code, "message": error.sentence}]


def _moment(run: Mapping[str, Any]) -> str:
    """When the run was accepted, in its own zone: the same words when this is done again."""
    return moment(run["accepted_at"], ZoneInfo(run["timezone"]))


def _row(rule: AlertRule, row: Mapping[str, Any], state: str, message: str) -> JsonObject:
    return {
        "rule": rule.id,
        "state": state,
        "subject": row["subject"],
        "severity": row["severity"],
        "message": message,
        "alert_id": row["id"],
    }


def _escalates(rule: AlertRule, row: Mapping[str, Any], now: datetime) -> bool:
    """Whether the open alert has lasted long enough to be more severe than it is."""
    if rule.escalate is None or row["opened_at"] + rule.escalate.after > now:
        return False
    return rule.escalate.severity.above(Severity(row["severity"]))


def _muted_row(firing: Firing) -> JsonObject:
    return {"rule": firing.rule.id, "state": "muted", "subject": firing.subject, "message": firing.message}


def _unknown_row(answer: RuleAnswer) -> JsonObject:
    return {"rule": answer.rule.id, "state": "unknown", "reason": answer.unknown}


def _open_key(run: Mapping[str, Any], rule: AlertRule, key: str) -> str:
    return digest([run["playbook_id"], rule.id, key])
