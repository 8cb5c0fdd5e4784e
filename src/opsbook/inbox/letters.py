"""The words of one re-engagement letter: why we write, what we saw, what is offered. Plain text, nothing to fill in."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from opsbook.inbox import compliance
from opsbook.inbox.audience import Contact, DaysSilent, Orders, Organization
from opsbook.sdk.values import Unknown

LONGEST_NAME = 80
MOST_PRODUCTS = 3
UNREAD = Unknown("the audience does not say")
_UNSPOKEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff{}<>\[\]|`\\]|://")
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
    """One rendered letter. `left_out` are products that no campaign may name, `names` what is not our wording."""

    subject: str
    body: str
    products: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    names: tuple[str, ...] = ()


Writer = Callable[[Organization, Contact, Terms, Footer], Letter]


def write_letter(organization: Organization, contact: Contact, terms: Terms, footer: Footer) -> Letter:
    """A letter about what is known of this organisation, and about nothing else."""
    name = spoken(organization.name) or "your organisation"
    first = first_name(contact)
    orders = organization.orders if isinstance(organization.orders, Orders) else Orders()
    named = list(dict.fromkeys(spoken(product) for product in orders.products))
    fit = [product for product in named if product and not compliance.wording(product)]
    products = tuple(fit[:MOST_PRODUCTS])
    paragraphs = [
        f"Hello {first}," if first else f"Hello {name} team,",
        why(organization, name),
        _history(name, orders, products),
        _offer(name, terms),
        _foot(name, contact, footer),
    ]
    body = "\n\n".join(paragraph for paragraph in paragraphs if paragraph)
    left_out = tuple(product for product in named if product and product not in fit)
    names = (name, first, " ".join(footer.postal_address.split()), footer.unsubscribe_url)
    return Letter(subject(organization, name, first), body, products, left_out, names)


def subject(organization: Organization, name: str, first: str) -> str:
    """One line that says why we write: it is built on the reason."""
    lines = {
        "never_started": f"{name}: everything is ready for your first day",
        "no_login": f"{first + ', we' if first else 'We'} miss you at {name}",
        "no_orders": f"{name}: let us bring the orders back",
        "no_campaigns": f"{name}: your customers have not heard from you",
    }
    return lines.get(str(organization.reason), f"{name}: how can we help?")


def why(organization: Organization, name: str) -> str:
    """Why we write, in words, with the days that were measured; a signal that nobody could read is not mentioned."""
    if organization.reason == "never_started":
        return f"{name} has an account with us, and it has not been used yet."
    days = organization.days_silent or DaysSilent(login=UNREAD, orders=UNREAD, campaigns=UNREAD)
    said = {
        "no_login": _silence(days.login, "nobody has logged in"),
        "no_orders": _silence(days.orders, "no order has come in"),
        "no_campaigns": _silence(days.campaigns, "no campaign has gone out"),
    }
    first = said.pop(str(organization.reason), "")
    parts = [part for part in (first, *said.values()) if part]
    if not parts:
        return f"It has been quiet around {name} lately, and we would like to change that with you."
    return f"We noticed that at {name} {_listed(parts)}."


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


def _silence(days: object, what: str) -> str:
    """`what` with the days it has lasted; never at all when there is no day to count from; nothing when unknown."""
    if days is None:
        return f"{what} yet"
    if not isinstance(days, int | float) or days < 1:
        return ""
    number = int(days)
    return f"{what} for {number} day{'' if number == 1 else 's'}"


def _history(name: str, orders: Orders, products: Sequence[str]) -> str:
    """What is known of the orders; nothing when nothing is."""
    sentences = []
    if isinstance(orders.count, int | float) and orders.count >= 1:
        number = int(orders.count)
        last = _day(orders.last_order_at)
        when = f", the last on {last}" if last else ""
        sentences.append(f"So far {name} has had {number:,} order{'' if number == 1 else 's'}{when}.")
    if products:
        sentences.append(f"Ordered most: {_listed(products)}. A campaign about these is a good place to start again.")
    return " ".join(sentences)


def _offer(name: str, terms: Terms) -> str:
    until = f"{terms.expires_on.day} {terms.expires_on:%B} {terms.expires_on.year}"
    return (
        f"To make the start easier, here is {terms.percent:g}% off for {name}.\n"
        f"Your code: {terms.code}\n"
        f"Terms: works once, for {name} only, until the end of {until}; not together with another discount."
    )


def _foot(name: str, contact: Contact, footer: Footer) -> str:
    lines = ["--", f"You get this advertisement because {name} has an account with us."]
    if contact.role == "customer":
        lines[1] = f"You get this advertisement because you agreed to hear from {name}. For adults of 21 and over only."
    if footer.postal_address.strip():
        lines.append(" ".join(footer.postal_address.split()))
    if footer.unsubscribe_url:
        lines.append(f"Unsubscribe: {footer.unsubscribe_url}")
    return "\n".join(lines)


def _day(value: object) -> str:
    if not isinstance(value, str):
        return ""
    try:
        day = datetime.fromisoformat(value)
    except ValueError:
        return ""
    return f"{day.day} {day:%B} {day.year}"


def _listed(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
