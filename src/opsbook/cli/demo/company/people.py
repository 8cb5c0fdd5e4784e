"""The members of organisations: owners and staff, who logged in when, and to whom nobody may write."""

from __future__ import annotations

from datetime import datetime, timedelta

from opsbook.cli.demo.company.names import person
from opsbook.cli.demo.company.plot import DAY, Draft, LeftOut, Organization, Plot, Row

STAFF = {"dispensary": ("dispensary_staff", "budtender"), "brand": ("brand_member",)}
PAYING = frozenset({Plot.STEADY, Plot.PAST_DUE, Plot.EXPANDED})
JOINERS = 9  # people who join paying organisations within the week
NO_LETTER = (  # what is wrong with one contact each, in the words of campaigns
    "unsubscribed",
    "test_account",
    "placeholder_address",
    "no_address",
    "organization_opted_out",
)


def write_members(draft: Draft, founded: list[Organization]) -> list[Row]:
    """Everybody who works somewhere. Answers those who signed up within the week."""
    fresh: list[Row] = []
    wrong = iter(NO_LETTER)
    for one in founded:
        owner = _owner(draft, one)
        one.owner_id = owner["id"]
        if one.plot is Plot.YOUNG:
            fresh.append(owner)
        if one.plot is Plot.INACTIVE:
            _contacts(draft, one, owner, next(wrong, ""))
        else:
            _staff(draft, one)
    paying = [one for one in founded if one.plot in PAYING]
    for number, one in enumerate(draft.chance.sample(paying, JOINERS)):
        fresh.append(_joiner(draft, one, draft.between(0.9, 0.3) if number < 2 else draft.between(6.8, 1.1)))
    return fresh


def member(draft: Draft, one: Organization, role: str, at: datetime, last_login: datetime | None) -> Row:
    """One person with an account at an organisation."""
    first, last = person(draft.chance)
    number = draft.id("usr")
    return draft.add(
        "users",
        id=number,
        email=f"{first}.{last}.{number[-4:]}@{one.slug}.example".lower(),
        display_name=f"{first} {last}",
        first_name=first,
        role=role,
        organization_id=one.id,
        created_at=at,
        signup_at=at,
        approved_at=at + timedelta(hours=1),
        claimed_at=None,
        last_login_at=last_login,
        approval_status="approved",
        is_test=one.plot is Plot.TEST,
        email_unsubscribed_at=None,
    )


def _owner(draft: Draft, one: Organization) -> Row:
    """The owner's last login is the organisation's last."""
    row = member(draft, one, f"{one.kind}_admin", one.created_at, one.last_login)
    if one.plot is Plot.YOUNG:
        row["approved_at"] = one.created_at + timedelta(minutes=20)
    return row


def _staff(draft: Draft, one: Organization) -> None:
    """Up to four more people, who log in less often than the owner. Nobody of them came within the last weeks."""
    if one.created_at > draft.ago(70):
        return
    for _ in range(draft.chance.choice((0, 1, 1, 2, 2, 3, 4))):
        end = one.canceled_at or draft.as_of
        joined = one.created_at + draft.chance.random() * 0.8 * (end - 40 * DAY - one.created_at)
        if one.canceled_at or joined < one.created_at:
            joined = one.created_at + timedelta(hours=5)
        login = one.last_login and max(
            joined + timedelta(hours=3), one.last_login - draft.chance.uniform(0.05, 12) * DAY
        )
        member(draft, one, draft.chance.choice(STAFF[one.kind]), joined, login)


def _joiner(draft: Draft, one: Organization, at: datetime) -> Row:
    login = at + timedelta(hours=2) + draft.chance.random() * (draft.as_of - at - timedelta(hours=2))
    row = member(draft, one, draft.chance.choice(STAFF[one.kind]), at, login)
    one.last_login = max(login, one.last_login or login)
    return row


def _contacts(draft: Draft, one: Organization, owner: Row, wrong: str) -> None:
    """An inactive organisation has its owner, sometimes another administrator, and staff who are not written to."""
    second = None
    if wrong or draft.chance.random() < 0.4:
        second = member(draft, one, f"{one.kind}_admin", one.created_at + timedelta(hours=6), None)
        second["approval_status"], second["approved_at"] = "approved", one.created_at + timedelta(hours=8)
    member(draft, one, STAFF[one.kind][0], one.created_at + timedelta(hours=9), None)
    spoiled = [owner, second] if wrong == "organization_opted_out" else [second]
    if wrong:
        _spoil(draft, one, second or owner, wrong)
    for row in (owner, second):
        if row is None:
            continue
        if wrong and row in spoiled:
            draft.books.left_out.append(LeftOut(one.name, row["email"], wrong))
        else:
            draft.books.writable[row["email"]] = one.name


def _spoil(draft: Draft, one: Organization, row: Row, wrong: str) -> None:
    if wrong == "unsubscribed":
        row["email_unsubscribed_at"] = draft.between(200, 90)
    elif wrong == "test_account":
        row["is_test"] = True
    elif wrong == "placeholder_address":
        row["email"] = f"contact@{one.slug}.pos.local"
    elif wrong == "no_address":
        row["email"] = None
    else:
        one.opt_out = True
