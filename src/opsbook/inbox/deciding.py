"""Whether a decision counts: the rules, one after the other, on an approval that nobody can change meanwhile. Pure.

Everything that is refused is a turn too: the audit keeps who tried what, by which way, and why it was refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from opsbook.inbox.deadlines import is_last
from opsbook.inbox.manifests import manifest as manifest_of
from opsbook.inbox.people import People, Person
from opsbook.playbooks.inputs import checked_inputs
from opsbook.records.approvals import Standing, Turn
from opsbook.records.rows import Row
from opsbook.sdk.errors import CallerMistake, Conflict, InvalidInput, NotAllowed
from opsbook.sdk.values import Json, JsonObject, digest, plain

APPROVED, REJECTED = "approved", "rejected"
LONGEST_NOTE = 2000
MOST_REFUSALS = 200  # of one approval are kept: whoever tries without end must not fill the store


@dataclass(frozen=True)
class Decision:
    """What somebody decides. `digest` is that of what they saw; `key` tells a repeat from a second decision.

    `via` is the way: `cli`, `api`, `slack`, `link`.
    """

    decision: str
    via: str
    note: str | None = None
    form: Mapping[str, Json] = field(default_factory=dict)
    digest: str | None = None
    key: str | None = None
    details: JsonObject = field(default_factory=dict)


@dataclass(frozen=True)
class Ruling:
    """What becomes of a decision: a turn, and the error when it does not count. No turn, no error: it is a repeat."""

    turn: Turn | None
    error: CallerMistake | None = None


def rule_on(
    standing: Standing, person: Person | None, wanted: Decision, people: People, *, alone: bool, now: datetime
) -> Ruling:
    """`alone`: the one person of the deployment may decide about what they asked for themselves."""
    row = standing.row
    refused = _without_right(row, person, people, alone=alone)
    if refused is not None or person is None:
        return refusal(standing, person, wanted, refused or NotAllowed("Nobody is known by that name."))
    mine = next((one for one in standing.decisions if one["person"] == person.name), None)
    if mine is not None and wanted.key and mine["key"] == wanted.key and _is_repeat(mine, wanted):
        return Ruling(None)
    refused = _not_open(row, mine, wanted, now) or _not_whole(standing, wanted)
    if refused is not None:
        return refusal(standing, person, wanted, refused)
    try:
        note, form = _note(wanted), _form(row, wanted)
    except InvalidInput as error:
        return refusal(standing, person, wanted, error)
    return Ruling(_counted(standing, person, wanted, note, form, now))


def _without_right(row: Row, person: Person | None, people: People, *, alone: bool) -> CallerMistake | None:
    if person is None:
        return NotAllowed(
            "Nobody in the settings is known by that name or account, so nothing was decided.",
            cure="Add them under [people] in the settings.",
            code="unknown_person",
        )
    able = people.entitled(row["deciders"])
    if person not in able:
        names = ", ".join(one.name for one in able) or "nobody any more"
        return NotAllowed(
            f"{person.name} may not decide about this.",
            cure=f"These may: {names} ({', '.join(row['deciders'])}).",
            code="no_right",
        )
    if person.name in row["barred"] and not alone:
        return NotAllowed(
            f"{person.name} asked for this or edited it last, and nobody decides about their own.",
            cure="Let another one of those decide who may.",
            code="self_approval",
        )
    return None


def _not_open(row: Row, mine: Row | None, wanted: Decision, now: datetime) -> CallerMistake | None:
    if mine is not None:
        said = f"{mine['person']} {mine['decision']} this already, at {plain(mine['at'])} by {mine['via']}."
        return Conflict(said, cure="A decision is made once.", code="already_decided")
    if row["state"] in (APPROVED, REJECTED):
        answer = row["answer"] or {}
        said = f"It is {row['state']} already: by {answer.get('by')}, at {answer.get('at')} by {answer.get('via')}."
        return Conflict(said, cure="The first decision stands.", code="already_decided")
    if row["state"] != "pending":
        cure = (
            "Ask for a new decision." if row["state"] == "expired" else "What stands now needs a decision of its own."
        )
        return Conflict(f"It is {row['state']}: {row['reason']}", cure=cure, code=row["state"])
    if now >= row["deadline"] and is_last(row):
        said = f"Its time was up at {plain(row['deadline'])}."
        return Conflict(said, cure="Ask for a new decision.", code="expired")
    if wanted.digest is not None and wanted.digest != row["digest"]:
        return Conflict(
            "What was seen is not what this approval is about: the digests differ.",
            cure=f"Look at it again; its digest is {row['digest']}.",
            code="other_digest",
        )
    return None


def _not_whole(standing: Standing, wanted: Decision) -> CallerMistake | None:
    """Whether the subject is still what was frozen. What can no longer be decided about is voided."""
    row, wait = standing.row, standing.wait
    if row["kind"] == "step" and wait is not None and wait["state"] != "open":
        return Voided("The run does not wait for this any more.", cure="Nothing to do.", code="voided")
    if wanted.decision != APPROVED:
        return None
    campaign = standing.campaign()
    stored = [digest(standing.manifest())]
    if campaign is not None:
        stored.append(digest(manifest_of(campaign, campaign["messages"])))
    if any(one != row["digest"] for one in stored):
        return Voided(
            "What is stored is not what was frozen: somebody changed it.",
            cure="Nothing can be approved. Draft it again, and find out who changed it.",
            code="tampered",
        )
    if row["kind"] == "artifact" and (campaign is None or campaign["status"] != "pending_approval"):
        return Voided("The campaign does not wait for a decision any more.", cure="Draft it again.", code="voided")
    return None


class Voided(Conflict):
    """The approval ends with the attempt: what it was about is not there any more."""


def _note(wanted: Decision) -> str | None:
    note = (wanted.note or "").strip()
    if wanted.decision == REJECTED and not note:
        raise InvalidInput("A rejection needs its reason.", field="note", cure="Say what is to be changed.")
    if len(note) > LONGEST_NOTE:
        raise InvalidInput("The note is too long.", field="note", cure=f"{LONGEST_NOTE} characters at most.")
    return note or None


def _form(row: Row, wanted: Decision) -> JsonObject:
    return checked_inputs(row["form"], wanted.form) if wanted.decision == APPROVED else {}


def _counted(
    standing: Standing, person: Person, wanted: Decision, note: str | None, form: JsonObject, now: datetime
) -> Turn:
    row = standing.row
    decision: Row = {
        "person": person.name,
        "decision": wanted.decision,
        "via": wanted.via,
        "at": now,
        "digest": row["digest"],
        "note": note,
        "form": form,
        "key": wanted.key,
    }
    counted = [*standing.decisions, decision]
    agreed = sum(one["decision"] == APPROVED for one in counted)
    rejects, whole = wanted.decision == REJECTED, agreed >= row["quorum"]
    words = f"{person.name} {wanted.decision} it" + (f": {note}" if note else ".")
    if not rejects and row["quorum"] > 1:
        words = f"{words.rstrip('.')} ({agreed} of {row['quorum']})."
    ends = REJECTED if rejects else APPROVED if whole else None
    details = {**wanted.details, "digest": row["digest"], "form": form}
    answer = _answer(decision, counted) if ends else None
    return Turn(
        wanted.decision, words, person.name, wanted.via, details=details, decision=decision, end=ends, answer=answer
    )


def _answer(last: Row, counted: list[Row]) -> JsonObject:
    """What the step is worth: the decision that ended it, and all of them."""
    shown = ("decision", "at", "via", "form", "note")
    each = [{"by": one["person"], **{name: plain(one[name]) for name in shown}} for one in counted]
    return {"by": last["person"], **{name: plain(last[name]) for name in shown}, "decisions": plain(each)}


def _is_repeat(mine: Row, wanted: Decision) -> bool:
    return bool(mine["decision"] == wanted.decision and (mine["note"] or None) == ((wanted.note or "").strip() or None))


def refusal(standing: Standing, person: Person | None, wanted: Decision, error: CallerMistake) -> Ruling:
    """The turn that keeps a refusal, as long as there are not too many of them."""
    who = person.name if person else None
    details = {**wanted.details, "tried": wanted.decision, "digest": wanted.digest}
    if isinstance(error, Voided):
        answer: JsonObject = {**gone(error.sentence), "via": wanted.via}
        turn = Turn("voided", error.sentence, who, wanted.via, error.code, details, end="voided", answer=answer)
        return Ruling(turn, error)
    if standing.refused >= MOST_REFUSALS:
        return Ruling(None, error)
    return Ruling(Turn("refused", error.sentence, who, wanted.via, error.code, details), error)


def gone(why: str) -> JsonObject:
    """The answer of an approval that was voided."""
    return {"decision": "voided", "by": None, "at": None, "via": None, "form": {}, "note": why, "decisions": []}
