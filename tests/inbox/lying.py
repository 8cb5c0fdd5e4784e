"""Letters of generated recipients, and the same letters with one lie in each: what a checker must tell apart."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from datetime import date

from inbox.audiences import audience
from opsbook.inbox.audience import Organization, read_audience
from opsbook.inbox.letters import Footer, Letter, Terms, write_letter
from opsbook.inbox.told import Backing

UNTIL = date(2026, 12, 24)
POSTAL = "1 Harbor Street, Albany NY"


def letters(seed: int, recipients: int) -> Iterator[Letter]:
    """One for each recipient, all with the same code and link: what differs between two are their words."""
    for organization in read_audience(audience(seed, recipients)):
        yield letter(organization, random.Random(seed).choice([5, 12.5, 20, 33]))


def letter(organization: Organization, percent: float = 20) -> Letter:
    terms = Terms(percent, UNTIL, "K7RV2-PTJ4T")
    people = organization.contacts
    assert isinstance(people, list)
    return write_letter(organization, people[0], terms, Footer(POSTAL, "https://ops.example.com/unsubscribe/a.b_9"))


def _wrong_figure(made: Letter, chance: random.Random) -> str | None:
    """A count that no fact has."""
    counts = [fact for fact in made.facts if fact.unit == "count"]
    return _put(made, chance.choice(counts), f"{int(str(counts[-1].value)) + 12_345:,}") if counts else None


def _swapped(made: Letter, chance: random.Random) -> str | None:
    """The orders told as the customers, and the customers as the orders."""
    known = {fact.label: fact for fact in made.facts}
    orders, customers = known.get("orders in all"), known.get("customers in all")
    if orders is None or customers is None or orders.text == customers.text:
        return None
    true = f"{orders.text} orders from {customers.text} customer"
    return f"{made.subject}\n{made.body}".replace(true, f"{customers.text} orders from {orders.text} customer")


def _wrong_share(made: Letter, chance: random.Random) -> str | None:
    return _put(made, chance.choice([fact for fact in made.facts if fact.unit == "ratio"]), "47%")


def _wrong_day(made: Letter, chance: random.Random) -> str | None:
    return _put(made, chance.choice([fact for fact in made.facts if fact.unit == "time"]), "29 February 2028")


def _strange_name(made: Letter, chance: random.Random) -> str | None:
    """Another organisation's name in the place of this one's."""
    return _put(made, next(fact for fact in made.facts if fact.label == "organisation"), "Quillfen Gardens")


def _strange_product(made: Letter, chance: random.Random) -> str | None:
    products = [fact for fact in made.facts if re.fullmatch(r"product \d", fact.label)]
    return _put(made, chance.choice(products), "Velvet Hour") if products else None


def _invented(made: Letter, chance: random.Random) -> str | None:
    """A sentence of praise with figures that nobody measured."""
    lie = chance.choice(
        ["Shops like yours sell 437.5% more.", "Others sell millions this way.", "Over 98,765 shops do it."]
    )
    return f"{made.subject}\n{made.body}\n\n{lie}"


LIES: dict[str, Callable[[Letter, random.Random], str | None]] = {
    "wrong figure": _wrong_figure,
    "orders and customers swapped": _swapped,
    "wrong share": _wrong_share,
    "wrong day": _wrong_day,
    "another organisation's name": _strange_name,
    "another product": _strange_product,
    "invented sentence": _invented,
}


def _put(made: Letter, fact: Backing, lie: str) -> str | None:
    """The letter with a lie where a fact stood; None when it stands nowhere alone."""
    text = f"{made.subject}\n{made.body}"
    said, times = re.subn(rf"(?<![\w.,]){re.escape(fact.text)}(?![\w,]|\.\d)", lie, text)
    return said if times else None
