"""`notify`: a message to people, one delivery for each recipient, each guarded by the effects ledger."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from pydantic import Field

from opsbook.playbooks.fields import ChannelName, Filled, StepFields, Text
from opsbook.playbooks.model import Severity
from opsbook.sdk.errors import PersonNeeded, RetryLater
from opsbook.sdk.step import Boundary, Done, StepContext, StepType
from opsbook.sdk.values import Json, JsonObject
from opsbook.sdk.work import Message


class Fields(StepFields):
    """`to` holds addresses or names of the settings' people; `body` is Markdown."""

    channels: tuple[ChannelName, ...] = Field(min_length=1)
    to: Filled = ()
    severity: Severity = Severity.NORMAL
    subject: Text
    body: Text
    dedup_key: Text | None = None


class Notify(StepType[Fields]):
    grammar = Fields

    @classmethod
    def boundary(cls, fields: Fields, effects: Mapping[str, str]) -> Boundary:
        return Boundary.EFFECT

    async def run(self, fields: Fields, context: StepContext) -> Done:
        to = context.fill(list(fields.to) if isinstance(fields.to, tuple) else fields.to)
        message = Message(
            fields.channels,
            tuple(str(name) for name in to) if isinstance(to, list) else (str(to),),
            context.words(fields.subject),
            context.words(fields.body),
            fields.severity.value,
            None if fields.dedup_key is None else context.key(fields.dedup_key),
        )
        rows = await context.deliver(message)
        _refuse_what_was_not_done(rows, context.clock.now())
        details: JsonObject = {"facts": list(context.told(fields.subject, fields.body))}
        return Done([_told(row) for row in rows], warnings=_doubts(rows), details=details, deliveries=rows)


def _told(row: JsonObject) -> Json:
    """What the step answers of one delivery; `failed_over_from` where another way out had refused it."""
    shown: JsonObject = {"channel": row["channel"], "state": row["state"]}
    if "failed_over_from" in row:
        shown |= {"connector": row["connector"], "failed_over_from": row["failed_over_from"]}
    return shown


def _doubts(rows: tuple[JsonObject, ...]) -> tuple[str, ...]:
    """What may or may not have arrived: no failure, and the run is no success until a person has settled it."""
    lost = [row for row in rows if row["state"] == "uncertain"]
    if not lost:
        return ()
    what = f"{len(lost)} of {len(rows)} deliveries may or may not have arrived ({_channels(lost)})."
    return (f"{what} Nothing is sent again by itself; settle them under the run's effects.",)


def _refuse_what_was_not_done(rows: tuple[JsonObject, ...], now: datetime) -> None:
    failed = [row for row in rows if row["state"] == "failed"]
    if failed:
        sentence = f"{len(failed)} of {len(rows)} deliveries failed ({_channels(failed)})."
        if any(not row.get("permanent", True) for row in failed):
            raise RetryLater(sentence, after_seconds=_wait(failed, now), code="delivery_failed")
        raise PersonNeeded(sentence, cure="See the run's effects for each reason.", code="delivery_failed")


def _wait(rows: list[JsonObject], now: datetime) -> float | None:
    """Until the last provider takes messages again, of those that said when."""
    told = [datetime.fromisoformat(str(row["not_before"])) for row in rows if "not_before" in row]
    return max((max(told) - now).total_seconds(), 0.0) if told else None


def _channels(rows: list[JsonObject]) -> str:
    return ", ".join(sorted({f"{row['channel']}: {row.get('error') or row['state']}" for row in rows}))


STEP = Notify()
