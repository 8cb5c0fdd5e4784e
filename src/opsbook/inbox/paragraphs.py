"""What a letter says, paragraph by paragraph, and the facts that each figure, day and name in it came in as. Pure.

Where nothing is known a paragraph is empty: a letter of little data is short.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from opsbook.inbox.audience import DaysSilent, Orders, Organization, Product
from opsbook.inbox.told import Told
from opsbook.sdk.values import Unknown

SPAN_DAYS = 90  # of `recent_orders` and `earlier_orders`
FEWEST = 10  # orders in both spans together that a trend may rest on
STEADY = 0.1  # a change smaller than this share is none
UNREAD = Unknown("the audience does not say")
_SINCE = {
    "login": ("days since the last login", "It has been {} since anyone signed in for {}", "the last login was {} ago"),
    "orders": (
        "days since the last order",
        "It has been {} since the last order reached {}",
        "the last order came in {} ago",
    ),
    "campaigns": (
        "days since the last campaign",
        "It has been {} since the last campaign went out for {}",
        "the last campaign went out {} ago",
    ),
}
_NEVER = {
    "login": ("There has been no login for {} yet", "there has been no login yet"),
    "orders": ("The first order for {} is still to come", "the first order is still to come"),
    "campaigns": ("No campaign has gone out for {} yet", "no campaign has gone out yet"),
}
_SIGNAL = {"no_login": "login", "no_orders": "orders", "no_campaigns": "campaigns"}
_SO = {
    "login": ", and we would like to know how we can help.",
    "orders": ", and we would like to help with the next one.",
    "campaigns": ", which leaves your customers without news from you.",
}


def why(told: Told, organization: Organization, name: str) -> str:
    """Why we write, in the words of the reason, with the days measured; a signal that nobody read is not mentioned."""
    if organization.reason == "never_started":
        told.state("reason", "never started", "reason")
        return f"The account of {name} is open, and it has not been used yet. We would like to help with the start."
    silent = organization.days_silent or DaysSilent(login=UNREAD, orders=UNREAD, campaigns=UNREAD)
    days = {"login": silent.login, "orders": silent.orders, "campaigns": silent.campaigns}
    meant = _SIGNAL.get(str(organization.reason), "")
    first = _opening(told, meant, days.pop(meant), name) if meant else ""
    others = [text for signal, value in days.items() if (text := _beside(told, signal, value))]
    if not first and not others:
        return f"It has been quiet around {name} lately, and we would like to change that with you."
    if not first:
        return f"We are writing because of what we see at {name}: {listed(others)}."
    return f"{first} Meanwhile, {listed(others)}." if others else first


def history(told: Told, orders: Orders, products: Sequence[Product]) -> str:
    """What the organisation's own orders show; nothing when nothing is known of them."""
    return " ".join(part for part in (_count(told, orders), _products(told, products), _trend(told, orders)) if part)


def recommendation(organization: Organization, orders: Orders, products: Sequence[Product]) -> str:
    """What follows from the history for this reason; nothing when there is no history to follow from."""
    if products:
        best, because = products[0].name, _because(products[0])
        return {
            "no_login": f"Our recommendation: when you are back, start with a campaign about {best}; {because}.",
            "no_orders": f"Our recommendation: remind the customers you have of {best}; {because}.",
            "no_campaigns": f"Our recommendation: make {best} the subject of a campaign; {because}.",
        }.get(str(organization.reason), f"Our recommendation: start with a campaign about {best}; {because}.")
    if orders.count == 0:
        return "Our recommendation: introduce yourselves first. There is no order yet that would say what sells."
    if isinstance(orders.count, int | float) and orders.count > 0:
        return "Our recommendation: write to those who have ordered from you before; they know you already."
    return ""


def next_step(organization: Organization, products: Sequence[Product]) -> str:
    """The single thing to do now."""
    about = f" about {products[0].name}" if products else ""
    silent = organization.days_silent
    which = "first" if silent is not None and silent.campaigns is None else "next"
    return {
        "never_started": f"Your next step: sign in and prepare your first campaign{about}.",
        "no_login": "Your next step: sign in and see what has happened since.",
        "no_orders": f"Your next step: sign in and prepare a campaign{about}.",
        "no_campaigns": f"Your next step: sign in and write the {which} campaign{about}.",
    }.get(str(organization.reason), "Your next step: sign in and see what has happened since.")


def _because(best: Product) -> str:
    """Why this product: the most ordered one only where no name in front of it had to be left out."""
    if best.orders == 1:
        return "it has found a buyer before"
    return "nothing is ordered more often" if best.place == 0 else "it is among what is ordered most"


def listed(parts: Sequence[str]) -> str:
    """`a, b and c`."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def _opening(told: Told, signal: str, days: object, name: str) -> str:
    if days is None:
        told.state(f"any {signal}", "never", f"days_silent.{signal}")
        return f"{_NEVER[signal][0].format(name)}{_SO[signal]}"
    text = _since(told, signal, days)
    return f"{_SINCE[signal][1].format(text, name)}{_SO[signal]}" if text else ""


def _beside(told: Told, signal: str, days: object) -> str:
    if days is None:
        told.state(f"any {signal}", "never", f"days_silent.{signal}")
        return _NEVER[signal][1]
    text = _since(told, signal, days)
    return _SINCE[signal][2].format(text) if text else ""


def _since(told: Told, signal: str, days: object) -> str:
    if not isinstance(days, int | float) or days < 1:
        return ""
    text = told.count(_SINCE[signal][0], days, f"days_silent.{signal}")
    return f"{text} day{'' if int(days) == 1 else 's'}"


def _count(told: Told, orders: Orders) -> str:
    if not isinstance(orders.count, int | float) or orders.count < 1:
        return ""
    number = int(orders.count)
    text = f"Your order history holds {told.count('orders in all', number, 'orders.count')} order"
    text += "" if number == 1 else "s"
    if number > 1 and isinstance(orders.consumers, int | float) and 1 <= orders.consumers <= number:
        customers = told.count("customers in all", orders.consumers, "orders.consumers")
        text += f" from {customers} customer{'' if orders.consumers == 1 else 's'}"
    first = told.day("day of the first order", orders.first_order_at, "orders.first_order_at") if number > 1 else ""
    last = told.day("day of the latest order", orders.last_order_at, "orders.last_order_at")
    if first and last and first != last:
        return f"{text}, the first on {first} and the latest on {last}."
    return f"{text}, {'placed' if number == 1 else 'the latest'} on {last}." if last else f"{text}."


def _products(told: Told, products: Sequence[Product]) -> str:
    if not products:
        return ""
    texts = []
    for place, product in enumerate(products):
        source = f"orders.top_products.{product.place}"
        text = told.name(f"product {place + 1}", product.name, source)
        if product.orders is not None and product.orders > 1:
            times = told.count(f"orders of product {place + 1}", product.orders, f"{source}.orders")
            text += f" ({times} orders)"
        texts.append(text)
    if products[0].orders == 1:
        return f"Among what was ordered: {listed(texts)}."
    whole = all(product.place == place for place, product in enumerate(products))
    return f"{'Ordered most often' if whole else 'Among what is ordered most'}: {listed(texts)}."


def _trend(told: Told, orders: Orders) -> str:
    """How the last 90 days that had orders compare with the 90 before; nothing where that rests on too little."""
    recent, earlier = orders.recent_orders, orders.earlier_orders
    if not isinstance(recent, int | float) or not isinstance(earlier, int | float):
        return ""
    if recent + earlier < FEWEST or recent < 1 or earlier < 1 or not _spans(orders):
        return ""
    change = (recent - earlier) / earlier
    span = told.count("days of each span", SPAN_DAYS, "definition of recent_orders")
    now = told.count("orders of the latest span", recent, "orders.recent_orders")
    then = told.count("orders of the span before", earlier, "orders.earlier_orders")
    opening = f"In the {span} days up to the latest order there were {now} orders"
    if abs(change) < STEADY:
        return f"{opening}, about as many as the {then} of the {span} days before."
    share = told.share(
        "change of orders against the days before", change, "orders.recent_orders, orders.earlier_orders"
    )
    return f"{opening}, {'up' if change > 0 else 'down'} {share} against the {then} orders of the {span} days before."


def _spans(orders: Orders) -> bool:
    """Whether both spans lie between the first order and the latest."""
    if not isinstance(orders.first_order_at, str) or not isinstance(orders.last_order_at, str):
        return False
    try:
        lived = datetime.fromisoformat(orders.last_order_at) - datetime.fromisoformat(orders.first_order_at)
    except (ValueError, TypeError):
        return False
    return lived.days >= 2 * SPAN_DAYS
