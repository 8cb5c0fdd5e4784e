"""Silent organisations come in the order in which they are worth winning back, and all of them come."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tools.served import contract, serving
from warehouse.companies import AS_OF, DAY
from warehouse.test_alive import orders

ON = AS_OF - 400 * DAY


async def test_each_silent_organisation_carries_its_chance_and_what_it_is_worth(tmp_path: Path) -> None:
    history = [one for one in orders(300, seed=3) if one["ordered_at"] < AS_OF - 8 * DAY]
    ids = sorted({str(one["organization_id"]) for one in history})
    with serving(tmp_path) as served:
        served.load(
            organizations=[{"id": key, "name": key, "type": "brand", "created_at": ON} for key in [*ids, "never"]],
            users=[
                {"id": "u", "organization_id": "x", "created_at": ON, "last_login_at": ON, "email": "u@inbox.example"}
            ],
            orders=history,
            campaigns=[{"id": "c", "organization_id": "x", "sent_at": ON}],
            subscriptions=[contract(key, key, 1000, ON) for key in [*ids, "never"]],
        )
        result = await served.call("findInactiveOrganizations", days=7)
        value: Any = result.value
    assert sorted(one["organization_id"] for one in value) == sorted([*ids, "never"])
    assert {one["alive"]["reason"] for one in value if one["organization_id"] == "never"} == {"it never had an order"}
    known = [one for one in value if one["alive"]["status"] == "ok"]
    assert len(known) > 100
    assert {one["alive"]["n"] for one in known} == {len(ids)}
    worth = [one["win_back_cents"]["value"] for one in known]
    assert worth == sorted(worth, reverse=True)
    assert worth == [round(1000 * one["alive"]["value"]) for one in known]
