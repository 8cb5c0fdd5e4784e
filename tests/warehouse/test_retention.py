"""Who stays, and who bought how: every figure equals what plain Python finds in the rows."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from opsbook.sdk.values import Unknown
from opsbook.warehouse import Warehouse
from opsbook.warehouse.alive import Whose
from opsbook.warehouse.retention import NEVER, SEGMENTS, organization_cohorts, rfm
from warehouse import oracle
from warehouse.companies import AS_OF, DAY, GARBAGE, Rows, company, put

SEEDS = range(300, 308)
TABLES = ("organizations", "users", "orders")


@pytest.fixture
def asked(warehouse: Warehouse, tmp_path: Path) -> Any:
    def load(rows: Rows) -> Warehouse:
        for table in TABLES:
            if table in rows:
                put(warehouse, tmp_path, table, rows[table])
        return warehouse

    return load


def rfm_by_hand(rows: Rows, whose: Whose) -> Counter[tuple[Any, ...]]:
    tests = {one["id"] for one in rows["organizations"] if one["is_test"]}
    standing = {one["id"] for one in oracle.standing(rows)}
    testers = {one["id"] for one in rows["users"] if one["is_test"]}
    bought: defaultdict[str, list[Any]] = defaultdict(list)
    for one in oracle.orders(rows):
        unit = one[f"{whose}_id"]
        fits = unit in standing if whose is Whose.ORGANIZATION else unit and unit not in testers
        if one["ordered_at"] < AS_OF and one["organization_id"] not in tests and fits:
            bought[unit].append(one)
    values = {
        unit: (
            -((AS_OF - max(one["ordered_at"] for one in mine)) // DAY),
            len(mine),
            sum(one["total_cents"] for one in mine),
        )
        for unit, mine in bought.items()
    }
    customers = {one["id"] for one in oracle.people(rows) if one["cohort"] == "customer" and one["came"] < AS_OF}
    found: Counter[tuple[Any, ...]] = Counter()
    for mine in values.values():
        r, f, m = (1 + 5 * sum(one[i] < mine[i] for one in values.values()) // len(values) for i in range(3))
        found[_segment(r, f), r, f, m] += 1
    everyone = standing if whose is Whose.ORGANIZATION else customers
    found[NEVER, None, None, None] += len(everyone - set(values))
    return +found


def _segment(r: int, f: int) -> str:
    if r >= 3:
        return "champions" if min(r, f) >= 4 else "loyal" if f >= 3 else "recent"
    return "slipping" if f >= 3 else "dormant"


@pytest.mark.parametrize("whose", list(Whose))
def test_segments_are_what_plain_python_finds(asked: Any, whose: Whose) -> None:
    for seed in SEEDS:
        rows = company(seed)
        told = asked(rows).rows("rfm", whose=whose, as_of=AS_OF)
        found = {
            tuple(row[name] for name in ("segment", "recency", "frequency", "monetary")): row["units"] for row in told
        }
        assert found == rfm_by_hand(rows, whose)


def cohorts_by_hand(rows: Rows) -> dict[str, list[Any]]:
    standing = {one["id"] for one in oracle.standing(rows)}
    found: dict[str, list[Any]] = {}
    mine: defaultdict[datetime, list[Any]] = defaultdict(list)
    for one in rows["organizations"]:
        if one["created_at"] < AS_OF and not one["is_test"]:
            mine[one["created_at"].replace(day=1, hour=0, minute=0, second=0)].append(one)
    for cohort, group in mine.items():
        ends, end = [], cohort
        while end < AS_OF:
            end = (end + 32 * DAY).replace(day=1)
            ends.append(min(end, AS_OF))
        undated = [
            one
            for one in group
            if one["id"] not in standing and not (one["canceled_at"] and one["canceled_at"] < AS_OF)
        ]
        dated = [one for one in group if one not in undated]
        found[f"{cohort:%Y-%m}"] = [
            None
            if undated and end != AS_OF
            else sum(not (one["canceled_at"] and one["canceled_at"] < end) for one in dated)
            for end in ends
        ]
    return found


def test_cohorts_of_organisations_are_what_plain_python_finds(asked: Any) -> None:
    seen = 0
    for seed in SEEDS:
        rows = company(seed)
        told: Any = organization_cohorts(asked(rows), AS_OF)
        if isinstance(told, Unknown):
            continue
        seen += 1
        assert {one["cohort"]: [month["value"] for month in one["kept"]] for one in told} == cohorts_by_hand(rows)
    assert seen >= len(SEEDS) - 2


def organization(key: str, came: str, **more: Any) -> dict[str, Any]:
    return {"id": key, "name": key, "created_at": came, "status": "active", "canceled_at": None, **more}


def test_when_somebody_left_is_not_made_up(asked: Any) -> None:
    rows = [
        organization("stays", "2026-08-03"),
        organization("leaves", "2026-08-20", canceled_at="2026-10-01T00:00:00Z", status="canceled"),
        organization("gone", "2026-09-01", status="canceled"),
        organization("dark", "2026-10-01", canceled_at=GARBAGE),
    ]
    found: Any = organization_cohorts(asked({"organizations": rows}), AS_OF)
    august, september, october = ([month["value"] for month in one["kept"]] for one in found)
    assert (august, september, october) == ([2, 2, 1, 1], [None, None, 0], [None, None])
    assert found[1]["kept"][0]["reason"] == "1 of them left, and nothing says when"
    assert found[2]["kept"][0]["reason"] == "when 1 of them left could not be read"


def shop() -> Rows:
    orders = [
        {"id": f"{who}{day}", "organization_id": who, "consumer_id": f"c-{who}", "ordered_at": AS_OF - day * DAY,
         "total_cents": 100}
        for who, days in {"a": (1, 2, 3, 4), "b": (2, 9), "c": (40,), "d": (50, 60, 70), "e": (300,)}.items()
        for day in days
    ]  # fmt: skip
    return {"organizations": [organization(key, "2026-01-01") for key in "abcdef"], "orders": orders}


def test_f13_who_never_purchased_is_a_segment_of_its_own_and_not_gone(asked: Any) -> None:
    found: Any = rfm(asked(shop()), AS_OF)
    units = {one["segment"]: one["units"]["value"] for one in found}
    assert units == dict.fromkeys(SEGMENTS, 0) | {
        "champions": 1,
        "loyal": 1,
        "recent": 1,
        "slipping": 1,
        "dormant": 1,
        NEVER: 1,
    }
    assert sum(one["orders"]["value"] for one in found) == 11


def test_equals_score_alike_whatever_they_are_called(asked: Any) -> None:
    rows = {
        "organizations": [organization(f"o{n}", "2026-01-01") for n in range(9)],
        "orders": [
            {"id": str(n), "organization_id": f"o{n}", "ordered_at": AS_OF - 5 * DAY, "total_cents": 7}
            for n in range(9)
        ],
    }
    told = asked(rows).rows("rfm", whose="organization", as_of=AS_OF)
    assert [(row["recency"], row["frequency"], row["monetary"], row["units"]) for row in told] == [(1, 1, 1, 9)]


def test_consumers_who_never_ordered_are_unknown_without_users_and_mixed_money_has_no_sum(asked: Any) -> None:
    rows = shop()
    rows["orders"][0]["currency"] = "eur"
    found: Any = rfm(asked(rows), AS_OF, Whose.CONSUMER)
    assert found[-1]["units"] == Unknown("users were never loaded").as_json()
    assert found[0]["total_cents"] == Unknown("orders are in several currencies: eur, usd").as_json()
    assert found[0]["units"]["status"] == "ok"
