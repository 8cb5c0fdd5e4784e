"""What a condition's answer rests on, as a reader of a criterion is told it."""

from __future__ import annotations

from typing import Any

from opsbook.playbooks.expressions import Ground, grounds

MAIL: dict[str, Any] = {"id": "gmail", "name": "Gmail", "status": "offline", "latency_ms": None, "maintenance": False}
SHOP: dict[str, Any] = {"id": "shop", "name": "Shop", "status": "online", "latency_ms": 90, "maintenance": False}
NAMES: dict[str, Any] = {"systems": [MAIL, SHOP], "growth": {"value": 0.027, "status": "ok", "unit": "ratio"}}


def test_of_a_list_only_the_items_that_decide_are_told() -> None:
    assert grounds('systems.every(s => s.status === "online")', NAMES) == [Ground(("s", "status"), "offline", MAIL)]
    assert grounds("systems.some(s => s.latency_ms !== null && s.latency_ms < 100)", NAMES) == [
        Ground(("s", "latency_ms"), 90, SHOP)
    ]


def test_of_a_measurement_the_whole_is_told_with_its_unit() -> None:
    assert grounds("growth.value > 0.05", NAMES) == [Ground(("growth",), NAMES["growth"])]


def test_the_branches_of_a_choice_and_both_sides_of_a_link_are_read() -> None:
    source = 'systems.length === 0 ? unknown : systems.every(s => s.status !== "offline") && growth.value > 0'
    assert [one.value for one in grounds(source, NAMES)] == ["offline", NAMES["growth"]]


def test_a_flag_and_what_cannot_be_evaluated_say_nothing() -> None:
    assert grounds("systems.every(s => s.maintenance) && nothing.value > 3", NAMES) == []


def test_a_list_that_nothing_decides_gives_no_ground() -> None:
    assert grounds("systems.every(s => s.id.length > 0)", NAMES) == []


def test_at_most_a_few_are_told() -> None:
    many = {"rows": [{"n": number} for number in range(50)]}
    assert len(grounds("rows.every(r => r.n > 100)", many)) == 8
