"""A company of people of whom nothing may reach a model: each has canaries, and stands in data and logs alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from opsbook.agents.page import Fact
from opsbook.agents.privacy import Screen
from opsbook.agents.privacy.screen import Shown
from opsbook.cli.demo.company import Company, make_company
from stories.injections import invented
from stories.test_four_playbooks import TUESDAY

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Contact:
    """One person and their organisation; every text in it is nobody else's."""

    number: int
    first: str
    last: str
    shop: str
    mail: str
    phone: str
    street: str
    order: str
    product: str

    def canaries(self) -> tuple[str, ...]:
        return (self.first, self.last, self.shop, self.mail.partition("@")[0], self.phone, self.street, self.order)

    def reached(self, told: str) -> bool:
        """Whether anything of theirs stands in a text, in capitals or not."""
        low = told.casefold()
        return any(one.casefold() in low for one in (*self.canaries(), self.product))


def contacts(number: int) -> list[Contact]:
    return [_contact(place) for place in range(number)]


def _contact(place: int) -> Contact:
    words = [invented(f"contact.{place}.{part}").capitalize() for part in range(6)]
    first, last, shop, product, street, order = words
    number = f"{2000 + place % 8000} {1000 + place * 7 % 9000}"
    return Contact(
        place,
        first,
        last,
        f"{shop} Gardens",
        f"{last.lower()}@{shop.lower()}.example",
        f"020 {number}",
        f"{place % 90 + 1} {street} Street",
        f"ord_{order.lower()}{place}",
        f"{product} Drops",
    )


def company_of(people: Sequence[Contact]) -> Company:
    """Everybody's organisation began to pay this week, so that each is in the growth report, and has failed lately."""
    company = make_company(5, TUESDAY, organizations=120, orders=600)
    rows = {table: list(found) for table, found in company.rows.items()}
    for one in people:
        _add(rows, one)
    return replace(company, rows=rows)


def _add(rows: dict[str, list[Any]], one: Contact) -> None:
    key, lately = {"organization_id": f"org-{one.shop.split()[0].lower()}"}, TUESDAY - 2 * DAY
    long_ago = TUESDAY - 300 * DAY

    def add(table: str, **values: Any) -> None:
        rows[table].append({**rows[table][0], "id": f"{table}-c{one.number}-{len(rows[table])}", **values})

    name, said = f"{one.first} {one.last}", f"{one.first.lower()} of {one.shop}"
    user = {"id": f"usr-c{one.number}", "email": one.mail, "display_name": name, "first_name": one.first}
    add("users", **user, **key, created_at=long_ago, signup_at=lately, last_login_at=None)
    shop = {"id": key["organization_id"], "name": one.shop, "owner_id": user["id"], "signup_source": f"told by {name}"}
    add("organizations", **shop, created_at=long_ago)
    price = {"amount_cents": 10_000 + one.number, "provider_subscription_id": f"psub-c{one.number}"}
    add("subscriptions", **price, **key, status="active", started_at=lately)
    order = {"id": one.order, "product": one.product, "consumer_id": f"con-{one.last}"}
    add("orders", **order, **key, mode="live", ordered_at=TUESDAY - 20 * DAY)
    add("tickets", **key, status="new", category=f"{name} asks", resolved_at=None, created_at=lately)
    add("leads", email=one.mail, source=one.first, captured_at=lately)
    add("events", **key, at=lately, user_id=user["id"], source=one.first.lower(), campaign=one.shop)
    for message in (
        f"checkout failed for {name} ({one.mail}), order {one.order}: call {one.phone} or write to {one.street}",
        f"user {said} could not log in",
        f"no row for '{name.lower()}' mail={one.mail} product=\"{one.product}\"",
    ):
        add("errors", at=TUESDAY - timedelta(hours=1), level="error", service=f"shop {one.shop}", message=message)


class Bare(Screen):
    """No screen at all: what a model would see without one. For showing that the search would find it."""

    def facts(self, facts: Sequence[Fact]) -> list[Shown]:
        return [Shown(fact, fact.label, fact.text) for fact in facts]
