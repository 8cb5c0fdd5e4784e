"""One re-engagement letter: why we write, what we saw, what we recommend and offer. Plain text, nothing to fill in.

A letter differs from another by its data alone: where little is known it is shorter, and nothing is made up.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from opsbook.inbox import compliance, paragraphs
from opsbook.inbox.audience import Contact, Orders, Organization, Product
from opsbook.inbox.told import Backing, Told

LONGEST_NAME = 80
MOST_PRODUCTS = 3
ADULT = 21
CONSUMER = "customer"
_UNSPOKEN = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff{}<>\[\]|`\\*~]|://|&(?=#?\w+;)|(?<!\w)_|_(?!\w)"
)
_DOUBLE_STOP = re.compile(r"(?<!\.)\.\.(?=\s|$)")  # a sentence that ends with a name such as "Elm Co."
_FIRST_NAME = re.compile(r"[^\W\d_]+(?:[-'’ ][^\W\d_]+)*\.?")


@dataclass(frozen=True)
class Terms:
    """What is offered to one recipient. `code` works once, for this organisation, to the end of `expires_on`."""

    percent: float
    expires_on: date
    code: str


@dataclass(frozen=True)
class Footer:
    """What stands under each letter; an empty one is left out and the campaign says so."""

    postal_address: str = ""
    unsubscribe_url: str = ""


@dataclass(frozen=True)
class Letter:
    """One rendered letter. `left_out` are products that no campaign may name, `names` what is not our wording,
    `facts` what the letter may say.
    """

    subject: str
    body: str
    products: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    facts: tuple[Backing, ...] = ()


Writer = Callable[[Organization, Contact, Terms, Footer], Letter]


def write_letter(organization: Organization, contact: Contact, terms: Terms, footer: Footer) -> Letter:
    """A letter about what is known of this organisation, and about nothing else."""
    told = Told()
    name = told.name("organisation", spoken(organization.name), "name") or "your organisation"
    first = told.name("recipient", first_name(contact), "contacts.first_name")
    orders = organization.orders if isinstance(organization.orders, Orders) else Orders()
    products, left_out = _named(orders)
    middle = _to_consumer if contact.role == CONSUMER else _to_member
    blocks = [
        f"Hello {first}," if first else f"Hello {name} team,",
        *middle(told, organization, name, orders, products, _offer(told, name, terms)),
        "Kind regards,\nThe team that looks after your account",
        _foot(told, name, contact, footer),
    ]
    if contact.role == CONSUMER:
        blocks[-2] = f"Kind regards,\nThe team of {name}"
    names = (name, first, " ".join(footer.postal_address.split()), footer.unsubscribe_url)
    return Letter(
        f"{name}: we would like to see you again" if contact.role == CONSUMER else subject(organization, name, first),
        "\n\n".join(_DOUBLE_STOP.sub(".", block) for block in blocks if block),
        tuple(product.name for product in products),
        left_out,
        names,
        tuple(told.facts),
    )


def _to_member(
    told: Told, organization: Organization, name: str, orders: Orders, products: Sequence[Product], offer: str
) -> list[str]:
    """To somebody who works there: the reason, the shop's own history, what follows, and a next step."""
    return [
        paragraphs.why(told, organization, name),
        paragraphs.history(told, orders, products),
        paragraphs.recommendation(organization, orders, products),
        offer,
        paragraphs.next_step(organization, products),
    ]


def _to_consumer(
    told: Told, organization: Organization, name: str, orders: Orders, products: Sequence[Product], offer: str
) -> list[str]:
    """To somebody who shops there: nothing of how the shop is doing."""
    liked = [
        told.name(f"product {place}", one.name, f"orders.top_products.{one.place}")
        for place, one in enumerate(products, 1)
    ]
    known = f"Often ordered here: {paragraphs.listed(liked)}." if liked else ""
    return [f"We would like to see you again at {name}.", known, offer, "Your next step: use the code with your order."]


def _named(orders: Orders) -> tuple[list[Product], tuple[str, ...]]:
    """The products that a campaign may name, at most three, and those that it may not."""
    named: dict[str, Product] = {}
    for product in orders.products:
        if text := spoken(product.name):
            named.setdefault(text, replace(product, name=text, orders=1 if orders.count == 1 else product.orders))
    fit = [product for product in named.values() if not compliance.wording(product.name)]
    return fit[:MOST_PRODUCTS], tuple(text for text, product in named.items() if product not in fit)


def subject(organization: Organization, name: str, first: str) -> str:
    """One line that says why we write: it is built on the reason."""
    lines = {
        "never_started": f"{name}: everything is ready for your first day",
        "no_login": f"{first + ', we' if first else 'We'} miss you at {name}",
        "no_orders": f"{name}: let us bring the orders back",
        "no_campaigns": f"{name}: your customers have not heard from you",
    }
    return lines.get(str(organization.reason), f"{name}: how can we help?")


def first_name(contact: Contact) -> str:
    """What a letter calls somebody: their first name, else the first word of their name, else nothing."""
    for text in (contact.first_name, contact.display_name):
        if isinstance(text, str) and (words := spoken(text).split()):
            called = " ".join(words[:2]) if text is contact.first_name else words[0]
            if len(called) <= 40 and _FIRST_NAME.fullmatch(called):
                return called
    return ""


def spoken(text: object) -> str:
    """Somebody else's text as one harmless line: no control, bidirectional or template characters, at most 80 long."""
    if not isinstance(text, str):
        return ""
    line = " ".join(_UNSPOKEN.sub(" ", text).split())
    return line if len(line) <= LONGEST_NAME else f"{line[: LONGEST_NAME - 1].rstrip()}…"


def _offer(told: Told, name: str, terms: Terms) -> str:
    percent = told.share("discount off", terms.percent / 100, "discount.percent")
    code = told.name("code", terms.code, "discount_code")
    until = told.day("last day of the offer", terms.expires_on, "discount.expires_on")
    return (
        f"To make the start easier, here is {percent} off for {name}.\n\n"
        f"Your code: {code}\n"
        f"Terms: works once, for {name} only, until the end of {until}; not together with another discount."
    )


def _foot(told: Told, name: str, contact: Contact, footer: Footer) -> str:
    address = contact.address if spoken(contact.address) == contact.address else ""
    to = f"goes to {told.name('address', address, 'contacts.email')}" if address else "reaches you"
    lines = ["--", f"This advertisement {to} because {name} has an account with us."]
    if contact.role == CONSUMER:
        age = told.count("age from which it is meant", ADULT, "our own rule")
        lines[1] = f"This advertisement {to} because you agreed to hear from {name}. For adults of {age} and over only."
    if postal := told.name("postal address", " ".join(footer.postal_address.split()), "our own settings"):
        lines.append(postal)
    if link := told.name("unsubscribe link", footer.unsubscribe_url, "our own settings"):
        lines.append(f"Unsubscribe: {link}")
    return "\n".join(lines)
