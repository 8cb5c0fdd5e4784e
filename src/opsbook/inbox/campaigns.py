"""Re-engagement campaigns as drafts that wait for a person: every letter rendered, frozen, and named by one digest.

Nothing here sends. What is sent later is what stands here under the digest, byte for byte.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from opsbook.inbox import compliance
from opsbook.inbox.approvals import Approvals
from opsbook.inbox.audience import Contact, Organization, read_audience
from opsbook.inbox.compliance import Violation
from opsbook.inbox.consent import Exclusion, Standing, basis, standing
from opsbook.inbox.letters import Footer, Letter, Terms, Writer, spoken, write_letter
from opsbook.inbox.manifests import manifest, value
from opsbook.inbox.recipients import choose, contacts_of, exclusion_row
from opsbook.inbox.signatures import Signer
from opsbook.inbox.told import Check
from opsbook.records.campaigns import Campaigns as CampaignRows
from opsbook.records.keys import Keys
from opsbook.records.rows import Row
from opsbook.records.store import Store, Write
from opsbook.sdk.clock import Clock, Ids
from opsbook.sdk.errors import Conflict, NotFound
from opsbook.sdk.values import Json, JsonObject, digest, plain

GOAL = "winback"
KEY = "campaigns"
PENDING = "pending_approval"
UNSUBSCRIBE_PATH = "/unsubscribe/"


class Offer(Protocol):
    """`percent` off, for `expires_days` from the local day of the draft."""

    @property
    def percent(self) -> float: ...

    @property
    def expires_days(self) -> int: ...


@dataclass(frozen=True)
class _Draft:
    """A campaign as rows, before anything is written."""

    campaign: Row
    messages: list[Row] = field(default_factory=list)
    exclusions: list[Row] = field(default_factory=list)

    @property
    def whole(self) -> Row:
        return {**self.campaign, "messages": self.messages, "exclusions": self.exclusions}


class Campaigns:
    """`public_url` is where unsubscribe links lead; `chance` draws the key that codes and links are made with.

    `check` names the claims of a letter that none of its facts carries: such a letter is not drafted. A draft that is
    to be decided about asks `approvals` for that in the very transaction that writes it.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        ids: Ids,
        approvals: Approvals,
        postal_address: str = "",
        public_url: str | None = None,
        *,
        chance: random.Random | None = None,
        write: Writer = write_letter,
        check: Check | None = None,
    ) -> None:
        self.rows = CampaignRows(store)
        self.keys = Keys(store)
        self.clock = clock
        self.ids = ids
        self.approvals = approvals
        self.postal_address = postal_address
        self.public_url = (public_url or "").rstrip("/")
        self.chance = chance or random.SystemRandom()
        self.write = write
        self.check = check

    async def draft(
        self,
        audience: Sequence[JsonObject],
        discount: Offer,
        channel: str,
        *,
        effect_key: str,
        run_id: str,
        agent: str,
        as_of: datetime,
        timezone: ZoneInfo,
    ) -> JsonObject:
        """Draft a campaign; the same effect key again answers the first draft and writes nothing.

        The answer is that of `value`. When nobody may be written to, its status is `no_recipients`, its id null, and
        nothing is stored. A draft that breaks a rule of compliance is stored as `compliance_review`.

        Raises:
            InvalidInput: the audience is not one; nothing was written.
            NotAllowed: the channel may not carry a discount.
        """
        compliance.check_channel(channel)
        if (stands := self.rows.by_key(effect_key)) is not None:
            return value(stands)
        signer = Signer(await self.keys.keep(KEY, self.chance.randbytes(32), self.clock.now()))
        origin = {"id": self.ids.new("campaign"), "effect_key": effect_key, "run_id": run_id, "created_by_agent": agent}
        made = await asyncio.to_thread(self._make, audience, discount, channel, origin, signer, as_of, timezone)
        if not made.messages:
            return value(made.whole)
        campaign_id = await self.rows.draft(made.campaign, made.messages, made.exclusions, *self._asks(made, agent))
        return self.get(campaign_id)

    def _asks(self, made: _Draft, agent: str) -> Sequence[Write]:
        if made.campaign["status"] != PENDING:
            return ()
        asker = self.approvals.asker_about(made.campaign, agent)
        return (self.approvals.asks_about(made.campaign, made.messages, asker),)

    async def preview(
        self,
        audience: Sequence[JsonObject],
        discount: Offer,
        channel: str,
        *,
        effect_key: str,
        run_id: str,
        agent: str,
        as_of: datetime,
        timezone: ZoneInfo,
    ) -> JsonObject:
        """What `draft` would make; nothing is written. Status `would_draft`, no id; codes and links are samples."""
        compliance.check_channel(channel)
        signer = Signer(self.chance.randbytes(32))
        origin = {"id": self.ids.new("campaign"), "effect_key": effect_key, "run_id": run_id, "created_by_agent": agent}
        made = await asyncio.to_thread(self._make, audience, discount, channel, origin, signer, as_of, timezone)
        found = value(made.whole)
        return {**found, "campaign_id": None, "status": "would_draft" if made.messages else "no_recipients"}

    def get(self, campaign_id: str) -> JsonObject:
        """As `draft` answered it. Raises `NotFound`."""
        return value(self._standing(campaign_id))

    def latest(self, *, status: str | None = None, limit: int = 50) -> list[Row]:
        """Newest first, without letters."""
        return self.rows.latest(status=status, limit=limit)

    def manifest(self, campaign_id: str) -> JsonObject:
        """The frozen letters, checked against their digest: the only thing that approving and sending may read.

        Raises `NotFound`, and `Conflict` (code `digest_mismatch`) when what is stored is not what was drafted.
        """
        row = self._standing(campaign_id)
        found = manifest(row, row["messages"])
        if digest(found) != row["digest"]:
            raise Conflict(
                "The stored letters are not those of the campaign's digest.",
                cure="Nothing can be approved or sent. Draft the campaign again.",
                code="digest_mismatch",
            )
        return found

    async def unsubscribe(self, token: str) -> bool:
        """Take whoever holds this link off every further campaign, at once. False for a link that is not ours."""
        key = self.keys.get(KEY)
        who = Signer(key).read(token) if key else None
        reached = self.rows.recipient(*who) if who else None
        if reached is None:
            return False
        channel, address = reached
        await self.rows.suppress(channel, address, "unsubscribed", self.clock.now())
        return True

    def _standing(self, campaign_id: str) -> Row:
        row = self.rows.get(campaign_id)
        if row is None:
            raise NotFound(f"There is no campaign {campaign_id[:80]!r}.", cure="The inbox lists those that there are.")
        return row

    def _make(
        self,
        audience: Sequence[JsonObject],
        discount: Offer,
        channel: str,
        origin: Mapping[str, Any],
        signer: Signer,
        as_of: datetime,
        timezone: ZoneInfo,
    ) -> _Draft:
        organizations = read_audience(audience)
        day = as_of.astimezone(timezone).date()
        expires_on = day + timedelta(days=discount.expires_days)
        campaign_id = origin["id"]
        chosen, left_out = choose(organizations, self._known_of(organizations, channel), self.clock.now())
        messages: list[Row] = []
        violations = compliance.check_campaign(
            self.postal_address, bool(self.public_url), self.public_url.startswith("https://")
        )
        for organization, contact in chosen:
            code = signer.code(origin["effect_key"], contact.contact_id)
            link = self._link(signer.token(campaign_id, contact.contact_id))
            footer = Footer(self.postal_address, link)
            letter = self.write(organization, contact, Terms(discount.percent, expires_on, code), footer)
            if unbacked := self._unbacked(letter):
                violations.append(_unbacked(contact, unbacked))
                left_out.append(exclusion_row(organization, contact.contact_id, Exclusion.UNBACKED))
                continue
            messages.append(_message(campaign_id, organization, contact, letter, code, link))
            violations += _judged(contact, letter)
        campaign = {
            **origin,
            "name": f"Re-engagement {day.isoformat()}",
            "goal": GOAL,
            "channel": channel,
            "thread_id": None,
            "discount": _discount(discount, expires_on),
            "recipients": len(messages),
            "excluded": len(left_out),
            "created_at": self.clock.now(),
        }
        return _finished(campaign, messages, [{"campaign_id": campaign_id, **one} for one in left_out], violations)

    def _unbacked(self, letter: Letter) -> Sequence[str]:
        return self.check(f"{letter.subject}\n{letter.body}", letter.facts) if self.check else ()

    def _known_of(self, organizations: Sequence[Organization], channel: str) -> Standing:
        addresses = (contact.address for one in organizations for contact in contacts_of(one))
        return standing(self.rows, channel, addresses, self.clock.now())

    def _link(self, token: str) -> str:
        return f"{self.public_url}{UNSUBSCRIBE_PATH}{token}" if self.public_url else ""


def _finished(campaign: Row, messages: list[Row], exclusions: list[Row], violations: list[Violation]) -> _Draft:
    judged = compliance.verdict(violations)
    failed = judged["status"] == compliance.ComplianceStatus.FAILED
    status = "no_recipients" if not messages else "compliance_review" if failed else PENDING
    messages.sort(key=lambda one: (one["organization_name"], one["organization_id"], one["contact_id"]))
    exclusions.sort(key=lambda one: (one["organization_id"], one["contact_id"]))
    whole = {
        **campaign,
        "status": status,
        "compliance_status": judged["status"],
        "compliance": judged,
        "digest": digest(manifest(campaign, messages)),
    }
    return _Draft(whole, messages, exclusions)


def _message(
    campaign_id: str, organization: Organization, contact: Contact, letter: Letter, code: str, link: str
) -> Row:
    one_click = {"List-Unsubscribe-Post": "List-Unsubscribe=One-Click"} if link.startswith("https://") else {}
    return {
        "campaign_id": campaign_id,
        "contact_id": contact.contact_id,
        "organization_id": organization.organization_id,
        "organization_name": spoken(organization.name) or organization.organization_id,
        "recipient": contact.address,
        "status": "pending",
        "subject": letter.subject,
        "body": letter.body,
        "reason": str(organization.reason)[:40] if isinstance(organization.reason, str) else "unknown",
        "discount_code": code,
        "headers": {"List-Unsubscribe": f"<{link}>", **one_click} if link else {},
        "evidence": {
            "days_silent": _days_silent(organization),
            "alive": plain(organization.alive),
            "products": list(letter.products),
            "left_out_products": list(letter.left_out),
            "consent": basis(contact),
            "facts": [fact.as_json() for fact in letter.facts],
        },
    }


def _unbacked(contact: Contact, claims: Sequence[str]) -> Violation:
    text = "A letter was not drafted: no fact carries what it would have said."
    return Violation(Exclusion.UNBACKED.value, "warning", text, contact.contact_id, claims[0][:80])


def _judged(contact: Contact, letter: Letter) -> list[Violation]:
    found = compliance.check_letter(contact.contact_id, letter.subject, letter.body, letter.names)
    for product in letter.left_out:
        rule, word = compliance.wording(product)[0]
        text = "A product's name may not be repeated in a campaign; the letter leaves it out."
        found.append(Violation(rule, "warning", text, contact.contact_id, word))
    return found


def _discount(offer: Offer, expires_on: date) -> JsonObject:
    return {"percent": offer.percent, "expires_on": expires_on.isoformat()}


def _days_silent(organization: Organization) -> Json:
    silent = organization.days_silent
    if silent is None:
        return None
    return plain({"login": silent.login, "orders": silent.orders, "campaigns": silent.campaigns})
