"""The gate in the path of every letter: who of a campaign's recipients may not be written to after all, or not yet.

It asks the function that drafting asked (`consent`), with what is known now, and only ever removes or puts off. What
cannot be read lets nobody through. The opt-outs and the frequency of each address are asked once more in the
transaction that starts the letter (`records/sendings.guard`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from opsbook.inbox.audience import Contact, Organization, read_audience
from opsbook.inbox.consent import Exclusion, Standing, exclusion, standing
from opsbook.inbox.hours import Hours
from opsbook.inbox.recipients import contacts_of
from opsbook.records.campaigns import Campaigns as CampaignRows
from opsbook.records.rows import Row
from opsbook.sdk.values import JsonObject, Unknown

ContactsNow = Callable[[Sequence[str]], Sequence[JsonObject] | Unknown]
"""Organisations as an audience, with the contacts that they have now; an unknown when nobody can tell."""


@dataclass(frozen=True)
class Passed:
    """Ids of contacts. `removed` with the reason, `later` with the moment from which they may be written to."""

    now: tuple[str, ...] = ()
    removed: Mapping[str, str] = field(default_factory=dict)
    later: Mapping[str, datetime] = field(default_factory=dict)


class Gate:
    def __init__(self, rows: CampaignRows, contacts: ContactsNow, hours: Hours) -> None:
        self.rows = rows
        self.contacts = contacts
        self.hours = hours

    def judge(self, channel: str, letters: Sequence[Row], now: datetime) -> Passed | Unknown:
        """What becomes of these letters (`contact_id, organization_id, recipient`) at `now`; the unknown stops all."""
        found = self.contacts(sorted({str(one["organization_id"]) for one in letters}))
        if isinstance(found, Unknown):
            return found
        people = _people(read_audience(found))
        known = standing(self.rows, channel, (str(one["recipient"]).lower() for one in letters), now)
        passed: list[str] = []
        removed: dict[str, str] = {}
        later: dict[str, datetime] = {}
        for one in letters:
            who = people.get((one["organization_id"], one["contact_id"]))
            reason = _reason(one, who, known, now)
            opens = self.hours.opens(_state(who), now) if who and reason is None else now
            if reason is not None:
                removed[one["contact_id"]] = reason.value
            elif opens > now:
                later[one["contact_id"]] = opens
            else:
                passed.append(one["contact_id"])
        return Passed(tuple(passed), removed, later)


def _people(organizations: Sequence[Organization]) -> dict[tuple[str, str], tuple[Organization, Contact]]:
    return {
        (one.organization_id, contact.contact_id): (one, contact)
        for one in organizations
        for contact in contacts_of(one)
    }


def _reason(letter: Row, who: tuple[Organization, Contact] | None, known: Standing, now: datetime) -> Exclusion | None:
    if who is None:
        return Exclusion.NO_LONGER_A_CONTACT
    organization, contact = who
    if contact.address != str(letter["recipient"]).lower():
        return Exclusion.ADDRESS_CHANGED
    return exclusion(contact, organization, known, now)


def _state(who: tuple[Organization, Contact]) -> str | None:
    state = who[0].state
    return state if isinstance(state, str) else None
