"""The rows behind a figure make the figure, for every metric, on random companies made of edges."""

from __future__ import annotations

import asyncio
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from opsbook.records.migrate import migrate
from opsbook.records.snapshots import Snapshots
from opsbook.records.store import Store
from opsbook.sdk.clock import SteppedClock
from opsbook.sdk.errors import InvalidInput
from opsbook.sdk.values import measured
from opsbook.warehouse import Warehouse
from opsbook.warehouse.explanation import explain
from opsbook.warehouse.sheets import Fold, Sheet, sheets
from warehouse.companies import AS_OF, DAY, LAX, company, put, put_all

NEW_YORK = ZoneInfo("America/New_York")
TODAY = AS_OF.astimezone(NEW_YORK).date()


@contextmanager
def keeping(folder: Path) -> Iterator[Snapshots]:
    store = Store(f"sqlite:///{folder / 'records.db'}")
    migrate(store)
    try:
        yield Snapshots(store)
    finally:
        store.close()


@pytest.fixture
def snapshots(tmp_path: Path) -> Iterator[Snapshots]:
    with keeping(tmp_path) as found:
        yield found


def by_hand(sheet: Sheet, rows: list[dict[str, Any]]) -> tuple[Any, int]:
    """The figure and its n, in plain Python over every row that is counted."""
    counted = [row for row in rows if row["counted"]]
    parts, n = [row["part"] for row in counted], sum(row["n"] for row in counted)
    if sheet.fold is Fold.SUM:
        return sum(parts), n
    if sheet.fold is Fold.MAX:
        return max(parts, default=None), n
    whole = sum(row["whole"] for row in counted)
    return (round(float(sum(parts)) / whole, 6) if whole else None), n


def past(snapshots: Snapshots, chance: Random) -> None:
    """Revenue of a week and of four weeks ago, that no contract has to agree with."""
    for back in (7, 28):
        paid = {f"org-{number}": chance.choice((0, 100, 5000, 8333)) for number in range(chance.randint(1, 9))}
        asyncio.run(snapshots.take_mrr(TODAY - back * DAY, paid, taken_at=AS_OF))


@settings(max_examples=6, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32))
def test_every_metric_is_made_of_the_rows_that_are_said_to_be_counted(seed: int) -> None:
    with tempfile.TemporaryDirectory() as made, keeping(Path(made)) as snapshots:
        warehouse = Warehouse(Path(made) / "warehouse", SteppedClock(AS_OF), contracts=LAX)
        put_all(warehouse, Path(made), company(seed))
        past(snapshots, Random(seed))
        for name, sheet in sheets().items():
            told = explain(warehouse, name, AS_OF, limit=1000, snapshots=snapshots, zone=NEW_YORK)
            figure = told.figure
            assert told.agrees, name
            assert (len(told.rows), told.unreadable) == (told.counted, ""), name
            seen = figure.get("observed", figure["value"])
            assert seen is None or (seen, figure["n"]) == by_hand(
                sheet, [{**row, "counted": True} for row in told.rows]
            )


def test_what_is_left_out_is_counted_by_reason_and_nothing_is_lost(warehouse: Warehouse, tmp_path: Path) -> None:
    person = {"role": "customer", "created_at": AS_OF - DAY, "is_test": False}
    put(
        warehouse,
        tmp_path,
        "users",
        [
            {"id": "1", **person},
            {"id": "2", **person, "is_test": True},
            {"id": "3", **person, "email": "till@shop.local"},
            {"id": "4", **person, "role": "super_admin"},
            {"id": "5", **person, "created_at": AS_OF},
            {"id": "6", **person, "created_at": AS_OF - 8 * DAY},
        ],
    )
    told = explain(warehouse, "signups", AS_OF, zone=NEW_YORK)
    assert (told.figure["value"], [row["id"] for row in told.rows]) == (1, ["1"])
    assert Counter(told.excluded) == Counter(
        [
            "a test account",
            "an invented address",
            "an internal role",
            "at the end of the window or later",
            "before the window",
        ]
    )


def test_a_cancelled_order_and_one_of_the_demo_are_named_as_such(warehouse: Warehouse, tmp_path: Path) -> None:
    order = {"organization_id": "o", "ordered_at": AS_OF - DAY / 2, "total_cents": 100}
    odd = [{"id": "2", "status": "Cancelled"}, {"id": "3", "mode": "demo"}]
    put(warehouse, tmp_path, "orders", [{"id": "1", **order}, *({**order, **one} for one in odd)])
    told = explain(warehouse, "gmv", AS_OF, zone=NEW_YORK)
    assert (told.figure["value"], dict(told.excluded)) == (100, {"mode demo": 1, "status cancelled": 1})


def test_a_login_that_nobody_can_read_is_a_reason_of_its_own(warehouse: Warehouse, tmp_path: Path) -> None:
    user = {"created_at": AS_OF - 9 * DAY, "role": "brand"}
    put(warehouse, tmp_path, "users", [{"id": "1", **user, "last_login_at": "lately"}, {"id": "2", **user}])
    told = explain(warehouse, "active_users", AS_OF, zone=NEW_YORK)
    assert dict(told.excluded) == {"a login that nobody can read": 1, "never logged in": 1}
    assert told.figure["completeness"] == 0.5


async def test_a_movement_names_both_moments_and_where_the_first_is_from(
    warehouse: Warehouse, tmp_path: Path, snapshots: Snapshots
) -> None:
    contract = {"id": "1", "organization_id": "o", "status": "active", "amount_cents": 900, "interval_months": 1}
    put(warehouse, tmp_path, "subscriptions", [{**contract, "started_at": AS_OF - 90 * DAY, "ended_at": None}])
    day = TODAY - 7 * DAY
    await snapshots.take_mrr(day, {"o": 700, "gone": 300}, taken_at=AS_OF, reconstructed=True)
    told = explain(warehouse, "expansion_mrr", AS_OF, snapshots=snapshots, zone=NEW_YORK)
    assert [(row["id"], row["before_cents"], row["after_cents"], row["part"]) for row in told.rows] == [
        ("o", 700, 900, 200)
    ]
    assert dict(told.excluded) == {"churned": 1}
    assert told.baseline is not None
    assert (told.baseline["local_date"], told.baseline["reconstructed"]) == (day.isoformat(), True)


def test_without_a_baseline_there_are_no_rows_and_the_reason_is_told(warehouse: Warehouse, tmp_path: Path) -> None:
    put_all(warehouse, tmp_path, company(5))
    told = explain(warehouse, "churn_rate", AS_OF, zone=NEW_YORK)
    assert (told.figure["status"], told.rows, told.unreadable) == (
        "unknown",
        [],
        "there are no snapshots to compare with",
    )


async def test_rows_that_came_later_are_told_against_the_snapshot_of_that_day(
    warehouse: Warehouse, tmp_path: Path, snapshots: Snapshots
) -> None:
    user = {"role": "brand", "created_at": AS_OF - timedelta(hours=3)}
    put(warehouse, tmp_path, "users", [{"id": "1", **user}])
    await snapshots.take_metrics(TODAY, {"signups": measured(1)}, taken_at=AS_OF)
    put(warehouse, tmp_path, "users", [{"id": "1", **user}, {"id": "2", **user}])
    told = explain(warehouse, "signups", AS_OF, days=1, snapshots=snapshots, zone=NEW_YORK)
    assert told.recorded is not None
    assert (told.figure["value"], told.recorded["value"]) == (2, 1)
    assert explain(warehouse, "signups", AS_OF, snapshots=snapshots, zone=NEW_YORK).recorded is None  # a week's


def test_days_of_what_is_true_at_a_moment_are_refused(warehouse: Warehouse) -> None:
    with pytest.raises(InvalidInput, match="true at a moment"):
        explain(warehouse, "mrr", AS_OF, days=3, zone=NEW_YORK)
