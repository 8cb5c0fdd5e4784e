"""Audiences drawn at random: shops with much, little and no data, and twins that differ by a name or by nothing."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

from opsbook.sdk.values import Unknown

AT = datetime(2026, 11, 24, 15, tzinfo=UTC)
UNREAD = Unknown("it could not be read").as_json()
REASONS = ("never_started", "no_login", "no_orders", "no_campaigns")
PLACES = ("Harbor", "St. Mary", "420 Elm", "May & Sons", "The Green", "Küsten", "Dr. Moss", "O'Neil", "North 5th")
KINDS = ("Counter", "Gardens", "Supply Co.", "of Albany", "House", "Farm, Inc.", "Café", "No. 7")
FIRST = ("Ada", "April", "Jean-Luc", "Zoë", "May", "Petra", "Grace", "O’Neil", "Hundred", "")
PRODUCTS = ("Mint Tin", "Blue Dream 3.5g", "Half & Half", "Ten Pack", "Up North", "1:1 Drops", "*Starred*", "Sunday")


def audience(seed: int, recipients: int) -> list[dict[str, Any]]:
    """So many organisations with one contact each; every fifth is the twin of the one before it.

    A twin has the same data. In turn it has another name, another contact's name, or the same of both.
    """
    chance = random.Random(seed)
    found: list[dict[str, Any]] = []
    for place in range(recipients):
        twin = place % 5 == 4
        one = dict(found[-1]) if twin else _organization(chance)
        person = dict(one["contacts"][0])
        change = place // 5 % 3
        if twin and change == 0:
            one["name"] = f"{one['name']} Two"
        if twin and change == 1:
            person["first_name"] = "Twin"
        person.update(contact_id=f"u{seed}-{place}", email=f"u{seed}-{place}@example.com")
        found.append({**one, "organization_id": f"o{seed}-{place}", "contacts": [person]})
    return found


def _organization(chance: random.Random) -> dict[str, Any]:
    reason = chance.choice(REASONS)
    days: dict[str, Any] = {
        name: chance.choice([None, UNREAD, 0, 1, chance.randint(2, 900)]) for name in ("login", "orders", "campaigns")
    }
    orders = chance.choice([UNREAD, {"count": 0, "top_products": []}, *[_orders(chance) for _ in range(4)]])
    if reason == "never_started":
        days, orders = dict.fromkeys(days), {"count": 0, "top_products": []}
    last = orders.get("last_order_at")
    days["orders"] = (AT - datetime.fromisoformat(last)).days if last else UNREAD if orders is UNREAD else None
    return {
        "name": f"{chance.choice(PLACES)} {chance.choice(KINDS)}",
        "reason": reason,
        "days_silent": days,
        "orders": orders,
        "contacts": [
            {
                "first_name": chance.choice(FIRST),
                "role": chance.choice(["dispensary_admin", "brand_admin", "customer"]),
                "email_unsubscribed_at": None,
                "email_opt_out": False,
                "email_consent": True,
                "is_test": False,
            }
        ],
        "email_opt_out": False,
    }


def _orders(chance: random.Random) -> dict[str, Any]:
    count = chance.choice([1, 2, chance.randint(3, 40), chance.randint(41, 9000)])
    last = AT - timedelta(days=chance.randint(1, 400))
    named = chance.sample(PRODUCTS, chance.randint(0, 3))
    times = sorted((chance.randint(1, count) for _ in named), reverse=True)
    return {
        "count": count,
        "consumers": chance.randint(1, count),
        "first_order_at": (last - timedelta(days=chance.randint(0, 700))).isoformat(),
        "last_order_at": last.isoformat(),
        "recent_orders": (recent := chance.randint(1, count)),
        "earlier_orders": chance.randint(0, count - recent),
        "top_products": [{"name": name, "orders": orders} for name, orders in zip(named, times, strict=True)],
    }
