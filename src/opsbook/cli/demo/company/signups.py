"""Signups and where they came from: consumers, leads, the signup events, and how far each got.

A signup belongs to the source that touched the person first: a captured lead, else what the signup said itself. The
earliest touch is also when a person entered the funnel.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from opsbook.cli.demo.company.names import person
from opsbook.cli.demo.company.plot import DAY, WEEK, Draft, Organization, Plot, Row

SOURCES = ("vibe_studio", "academy", "training", "age_gate")
KINDS = (*SOURCES, "referral", None)
WEIGHTS = (25, 15, 8, 27, 10, 15)
WEEKDAY = (0.9, 0.95, 1.0, 1.1, 1.35, 1.2, 0.7)  # Monday first: people sign up towards the weekend
A_DAY = 7.0  # consumers who sign up on a usual day now; a year ago about half
LEADS_A_DAY, LEAD_DAYS = 46.0, 100  # people captured who never signed up; nothing older was kept
FAMILIES = {"customer": "customer", "dispensary": "dispensary", "budtender": "dispensary", "brand": "brand"}


def write_signups(draft: Draft, founded: list[Organization], fresh: list[Row]) -> None:
    by_id = {one.id: one for one in founded}
    recent = {row["id"] for row in fresh}
    for row in list(draft.rows["users"]):
        if row["is_test"]:
            continue
        one = by_id[row["organization_id"]]
        source = _note_signup(
            draft,
            row,
            activated=row["last_login_at"] is not None,
            paying=row["id"] in recent and one.plot is not Plot.YOUNG,
        )
        if row["id"] == one.owner_id and source:
            one.source, one.campaign = source, f"{source}-spring"
    for day in range(365):
        _consumers(draft, day)
    _decoys(draft)
    _leads(draft)


def family(role: str) -> str:
    return FAMILIES[role.split("_")[0]]


def rate(draft: Draft, day: int, base: float) -> int:
    """How many on the day that began `day + 1` days ago: weekday, a year's growth, chance."""
    weekday = draft.ago(day + 0.5).weekday()
    return max(0, round(base * WEEKDAY[weekday] * (1 - 0.5 * day / 365) + draft.chance.gauss(0, base**0.5 * 0.4)))


def _consumers(draft: Draft, day: int) -> None:
    wanted = max(3, rate(draft, day, A_DAY))
    for number in range(wanted):
        at = draft.between(day + 1, day)
        activated = draft.chance.random() < 0.6
        left = (draft.as_of - at) / 2
        login = at + draft.chance.random() * left + timedelta(seconds=1) if activated else None
        if login and draft.chance.random() < 0.35:  # a regular: the last login is recent
            login = max(login, draft.between(6, 0))
        row = _account(draft, at, last_login_at=login, approved_at=at)
        if number % 11 == 3:
            row["signup_at"] = None  # then it counts as of `created_at`
        if number % 13 == 5:
            row["created_at"] = at - draft.chance.uniform(10, 30) * DAY  # invited earlier, signed up now
        if number % 6 == 1 and login is None:
            row["claimed_at"] = at + draft.chance.random() * left
            activated = True
        _note_signup(draft, row, activated=activated, paying=False, at=at)


def _account(draft: Draft, at: datetime, **cells: Any) -> Row:
    first, last = person(draft.chance)
    number = draft.id("usr")
    return draft.add(
        "users",
        **{
            "id": number,
            "email": f"{first}.{last}.{number[-5:]}@inbox.example".lower(),
            "display_name": f"{first} {last}",
            "first_name": first,
            "role": "customer",
            "organization_id": None,
            "created_at": at,
            "signup_at": at,
            "approved_at": None,
            "claimed_at": None,
            "last_login_at": None,
            "approval_status": "approved",
            "is_test": False,
            "email_unsubscribed_at": None,
            **cells,
        },
    )


def _note_signup(draft: Draft, row: Row, *, activated: bool, paying: bool, at: datetime | None = None) -> str | None:
    """Write the signup's event and its leads, note it in the books; answer its source."""
    at = at or row["signup_at"]
    source = draft.chance.choices(KINDS, WEIGHTS)[0]
    touched, said = at, source
    if source in SOURCES and row["email"] and draft.chance.random() < 0.8 and at > draft.ago(LEAD_DAYS - 15):
        touched = at - draft.chance.uniform(0.02, 9) * DAY
        _lead(draft, source, touched, _as_typed(draft, row["email"]))
        if draft.chance.random() < 0.2:  # seen again elsewhere: the first touch stands
            again = draft.chance.choice([name for name in SOURCES if name != source])
            _lead(draft, again, touched + draft.chance.random() * (at - touched), _as_typed(draft, row["email"]))
        said = draft.chance.choice((source, None, "referral"))
    draft.add(
        "events",
        id=draft.id("evt"),
        type="user.signup.platform",
        at=at,
        user_id=row["id"],
        organization_id=row["organization_id"],
        source=said,
        campaign=f"{said}-spring" if said else None,
    )
    counted = source if source in SOURCES else "other" if source else "unattributed"
    draft.books.signups.append((at, family(row["role"]), counted))
    if draft.in_window(touched, WEEK):
        draft.books.funnel["entered"] += 1
        draft.books.funnel["signed_up"] += 1
        draft.books.funnel["activated"] += activated
        draft.books.funnel["paying"] += activated and paying
    return source


def _as_typed(draft: Draft, email: str) -> str:
    """The same address as people type it into forms."""
    return draft.chance.choice((email, email, email.upper(), f" {email.capitalize()}"))


def _lead(draft: Draft, source: str, at: datetime, email: str | None, phone_hash: str | None = None) -> None:
    draft.add("leads", id=draft.id("lead"), email=email, phone_hash=phone_hash, source=source, captured_at=at)


def _leads(draft: Draft) -> None:
    """People who left an address or a number and never signed up."""
    for day in range(LEAD_DAYS):
        for _ in range(rate(draft, day, LEADS_A_DAY)):
            at = draft.between(day + 1, day)
            source = draft.chance.choices(SOURCES, WEIGHTS[:4])[0]
            number = draft.id("visitor")[-5:]
            known_by_phone = draft.chance.random() < 0.08
            email = None if known_by_phone else f"visitor{number}@post.example"
            phone = f"{draft.chance.getrandbits(128):032x}" if known_by_phone else None
            _lead(draft, source, at, email, phone)
            if draft.chance.random() < 0.12:  # captured again: still one person, who entered at the first time
                later = at + draft.chance.random() * (draft.as_of - at)
                again = draft.chance.choice(SOURCES)
                _lead(draft, again, later, email and _as_typed(draft, email), phone)
            draft.books.funnel["entered"] += draft.in_window(at, WEEK)


def _decoys(draft: Draft) -> None:
    """Accounts of the week that are no signups: tests, and people of the platform itself."""
    for _ in range(5):
        at = draft.between(6, 0.2)
        _account(draft, at, is_test=True, last_login_at=at)
    for role in ("intern", "super_admin"):
        _account(draft, draft.between(6, 1), role=role, email=f"{role}@opsbook-sample.example")
