"""A decision that is asked for, as rows: what is frozen, who may decide, until when. Pure but for whom the people are.

A step's question freezes the value that it is about; a campaign's freezes every letter. Both stand under the digest of
what is frozen, and the same question about the same content is asked once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from opsbook.inbox.deadlines import reminder_at
from opsbook.inbox.manifests import manifest
from opsbook.inbox.people import People
from opsbook.inbox.rules import Rules
from opsbook.records.rows import Row
from opsbook.sdk.errors import InvalidInput
from opsbook.sdk.values import Json, JsonObject, digest, plain
from opsbook.sdk.work import Question

APPROVER = "approver"  # the role that may decide about every campaign
SCHEME = "1"


@dataclass(frozen=True)
class Asker:
    """Whose question it is: an agent of a run, and the persons behind it, who may not decide."""

    by: str
    barred: tuple[str, ...] = ()
    run_id: str | None = None
    playbook_id: str | None = None
    playbook_name: str = ""
    attempt: int = 1


def step_question(
    approval_id: str, question: Question, asker: Asker, path: str, people: People, rules: Rules, now: datetime
) -> tuple[Row, JsonObject]:
    """(approval, manifest). Raises `InvalidInput` for unknown people and for a quorum that cannot come together."""
    deciders = people.deciders(question.to)
    escalate_to = people.deciders(question.escalate_to, "escalate_to")
    barred = () if rules.alone(len(people.people)) else asker.barred
    able = [one for one in people.entitled([*deciders, *escalate_to]) if one.name not in barred]
    if len(able) < question.quorum:
        raise InvalidInput(
            f"{question.quorum} must approve this, and only {len(able)} may.",
            field="quorum",
            cure="Name more people or roles; whoever asks may not decide.",
            code="quorum",
        )
    frozen: JsonObject = {
        "scheme": SCHEME,
        "run_id": asker.run_id,
        "path": path,
        "title": question.title,
        "message": question.message,
        "value": plain(question.of),
        "messages": [],
    }
    row = _row(approval_id, "step", f"{asker.run_id}/{path}", digest(frozen), asker, question.length, now)
    return {
        **row,
        "ask_key": f"{asker.run_id}/{path}#{asker.attempt}",
        "title": question.title,
        "message": question.message,
        "facts": {"playbook": asker.playbook_name, "run": asker.run_id},
        "deciders": deciders,
        "escalate_to": escalate_to,
        "quorum": question.quorum,
        "form": {name: dict(one) for name, one in question.form.items()},
        "on_deadline": question.on_deadline,
    }, frozen


def campaign_question(
    approval_id: str,
    campaign: Mapping[str, Any],
    messages: Sequence[Mapping[str, Any]],
    asker: Asker,
    people: People,
    rules: Rules,
    now: datetime,
) -> tuple[Row, JsonObject]:
    """(approval, manifest) of a campaign that waits for it. Who may decide: the approvers, else the owners; a thread
    that is opened about it brings its assignees."""
    frozen = manifest(campaign, messages)
    number = len(messages)
    row = _row(approval_id, "artifact", campaign["id"], campaign["digest"], asker, rules.campaign_deadline, now)
    facts: JsonObject = {
        "recipients": number,
        "organisations": len({one["organization_id"] for one in messages}),
        "left_out": campaign["excluded"],
        "channel": campaign["channel"],
        "compliance": campaign["compliance_status"],
    }
    letters = "1 letter" if number == 1 else f"{number} letters"
    return {
        **row,
        "ask_key": f"{campaign['id']}#{approval_id}",  # asked by the transaction that makes it wait, and by no other
        "title": campaign["name"],
        "message": f"May these {letters} be used as they are? The approval is for exactly these words and recipients.",
        "facts": facts,
        "deciders": campaign_deciders(people),
        "escalate_to": [],
        "quorum": rules.large_quorum if number > rules.large_send else 1,
        "form": {},
        "on_deadline": "expire",
        "thread_id": campaign.get("thread_id"),
    }, frozen


def campaign_deciders(people: People, assignees: Sequence[str] = ()) -> list[str]:
    """Those whom the thread names and whoever has the role `approver`; without either, the owners."""
    approvers = [f"role:{APPROVER}"] if any(APPROVER in one.roles for one in people.people.values()) else []
    named = [f"person:{name}" for name in assignees]
    owners = [f"person:{one.name}" for one in people.owners()] if people.people and not (named or approvers) else []
    return [*named, *approvers, *owners]


def campaign_of(value: Json) -> str | None:
    """The campaign that a step's value is, if it is one."""
    found = value.get("campaign_id") if isinstance(value, dict) else None
    return found if isinstance(found, str) and found.startswith("campaign_") else None


def _row(approval_id: str, kind: str, subject: str, sealed: str, asker: Asker, length: timedelta, now: datetime) -> Row:
    deadline = now + length
    return {
        "id": approval_id,
        "kind": kind,
        "subject": subject,
        "run_id": asker.run_id,
        "playbook_id": asker.playbook_id,
        "thread_id": None,
        "digest": sealed,
        "asked_by": asker.by,
        "barred": list(asker.barred),
        "length_seconds": length.total_seconds(),
        "asked_at": now,
        "deadline": deadline,
        "rounds": 0,
        "remind_at": reminder_at(deadline, length),
        "tell": "asked",
        "state": "pending",
        "reason": None,
        "answer": None,
        "ended_at": None,
    }
