"""Editing a drafted letter: another text is another campaign to decide about, so every earlier approval is voided."""

from __future__ import annotations

from opsbook.inbox import compliance
from opsbook.inbox.approvals import Approvals
from opsbook.inbox.campaigns import PENDING
from opsbook.inbox.deciding import gone
from opsbook.inbox.manifests import manifest, value
from opsbook.records.amendments import Amended
from opsbook.records.amendments import Amendments as AmendmentRows
from opsbook.records.approvals import Turn
from opsbook.records.rows import Row
from opsbook.records.store import Store, Write
from opsbook.sdk.clock import Clock
from opsbook.sdk.errors import Conflict, InvalidInput, NotFound
from opsbook.sdk.values import JsonObject, digest

EDITABLE = frozenset({PENDING, "approved", "compliance_review"})  # nothing of it has left yet


class Amendments:
    def __init__(self, store: Store, approvals: Approvals, clock: Clock) -> None:
        self.rows = AmendmentRows(store)
        self.approvals = approvals
        self.clock = clock

    async def amend(
        self, campaign_id: str, contact_id: str, by: str, *, subject: str | None = None, body: str | None = None
    ) -> JsonObject:
        """Change one letter, in the name of a person; what is left out stays. Answers the campaign as its draft did.

        The campaign needs a new decision, which `by` may not make. A text that breaks a rule of compliance puts it into
        `compliance_review`, where nobody can approve it.

        Raises `NotFound`, `InvalidInput` for words that lose the unsubscribe link or the code, and `Conflict`
        (`not_editable`) once it is in use or over.
        """

        def how(campaign: Row) -> Amended:
            if campaign["status"] not in EDITABLE:
                cure = "Draft a new campaign."
                raise Conflict(f"The campaign is {campaign['status']}.", cure=cure, code="not_editable")
            return self._amended(campaign, contact_id, by, subject, body)

        done = await self.rows.amend(campaign_id, how, self.clock.now())
        if done is None:
            raise NotFound(f"There is no campaign {campaign_id[:80]!r}.", cure="`opsbook campaigns list` shows them.")
        campaign, ended = done
        for wait in ended:
            await self.approvals.wake(wait)
        await self.approvals.tell_about(campaign_id)
        return value(campaign)

    def _amended(self, campaign: Row, contact_id: str, by: str, subject: str | None, body: str | None) -> Amended:
        old = next((one for one in campaign["messages"] if one["contact_id"] == contact_id), None)
        if old is None:
            cure = "`opsbook campaigns show` lists its recipients."
            raise NotFound(f"The campaign has no letter to {contact_id[:80]!r}.", cure=cure)
        letter = {"subject": _subject(subject, old), "body": _body(body, old)}
        if (letter["subject"], letter["body"]) == (old["subject"], old["body"]):
            raise InvalidInput("Nothing would change.", field="body", cure="Give another subject or another text.")
        messages = [{**one, **letter} if one is old else one for one in campaign["messages"]]
        judged = _judged(campaign, contact_id, letter)
        changes: Row = {
            "digest": digest(manifest(campaign, messages)),
            "edited_by": by,
            "compliance": judged,
            "compliance_status": judged["status"],
            "status": "compliance_review" if judged["status"] == "failed" else PENDING,
        }
        why = f"{by} edited the letter to {contact_id}."
        turn = Turn("voided", why, by, code="edited", end="voided", answer=gone(why))
        after = {**campaign, **changes}
        asks: tuple[Write, ...] = ()
        if after["status"] == PENDING:
            asker = self.approvals.asker_about(after, campaign["created_by_agent"], by)
            asks = (self.approvals.asks_about(after, messages, asker),)
        return Amended(contact_id, letter, changes, turn, asks)


def _subject(subject: str | None, old: Row) -> str:
    if subject is None:
        return str(old["subject"])
    line = " ".join(subject.split())
    if not line:
        raise InvalidInput("The subject is empty.", field="subject", cure="Say in one line why you write.")
    return line


def _body(body: str | None, old: Row) -> str:
    if body is None:
        return str(old["body"])
    link = str(old["headers"].get("List-Unsubscribe", "")).strip("<>")
    for what, mark in (("unsubscribe link", link), ("discount code", old["discount_code"] or "")):
        if mark and mark not in body:
            raise InvalidInput(f"The text has lost its {what}.", field="body", cure=f"Keep {mark} in it.")
    return body


def _judged(campaign: Row, contact_id: str, letter: Row) -> JsonObject:
    """The rules' verdict on the campaign with this letter in it: what was said of the old one is forgotten."""
    fresh = compliance.check_letter(contact_id, letter["subject"], letter["body"], ())
    kept = [
        compliance.Violation(**one)
        for one in campaign["compliance"]["violations"]
        if one["contact_id"] != contact_id or one["severity"] != "error"
    ]
    return compliance.verdict([*kept, *fresh])
