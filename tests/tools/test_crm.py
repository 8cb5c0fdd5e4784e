"""The figures of the day: each against what was before, trends against snapshots, and what is unknown."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from opsbook.sdk.values import measured, unknown_in
from tools.served import NEW_YORK, TODAY, Served, contract, serving
from warehouse.companies import AS_OF, DAY

HOUR = timedelta(hours=1)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with serving(tmp_path) as found:
        yield found


def signup(key: str, at: datetime) -> dict[str, Any]:
    return {"id": key, "role": "customer", "created_at": at, "last_login_at": at}


@pytest.fixture
def day(served: Served) -> Served:
    order = {"organization_id": "o", "mode": "live"}
    served.load(
        users=[signup("1", AS_OF - HOUR), signup("2", AS_OF - 2 * HOUR), signup("3", AS_OF - 30 * HOUR)],
        subscriptions=[contract("1", "o", 1100, AS_OF - 90 * DAY)],
        orders=[
            {"id": "1", "ordered_at": AS_OF - HOUR, "total_cents": 300, **order},
            {"id": "2", "ordered_at": AS_OF - 25 * HOUR, "total_cents": 200, **order},
            {"id": "3", "ordered_at": AS_OF, "total_cents": 9, **order},
        ],
        errors=[
            {"id": "1", "at": AS_OF - HOUR, "level": "critical"},
            {"id": "2", "at": AS_OF - HOUR, "level": "error"},
            {"id": "3", "at": AS_OF - HOUR, "level": "warning"},
        ],
        requests=[{"at": AS_OF - HOUR, "requests": 200, "server_errors": 3}],
        usage=[
            {"system": "crm", "at": AS_OF - HOUR, "used": 870, "quota_limit": 1000, "resets_at": AS_OF + DAY},
            {"system": "mail", "at": AS_OF - HOUR, "used": 5, "quota_limit": None},
        ],
    )
    return served


async def test_each_metric_stands_beside_the_period_before(day: Served) -> None:
    await day.snapshots.take_mrr(TODAY - DAY, {"o": 1000}, taken_at=AS_OF - DAY)
    await day.snapshots.take_metrics(TODAY - DAY, {"active_users": measured(4)}, taken_at=AS_OF - DAY)
    result = await day.call("crmGetStats")
    value: Any = result.value
    told = {
        name: (one["value"], one["previous"]["value"], one["change"]["value"])
        for name, one in value["metrics"].items()
        if name != "errors"
    }
    assert told == {
        "signups": (2, 1, 1.0),
        "revenue": (1100, 1000, 0.1),
        "gmv": (300, 200, 0.5),
        "active_users": (2, 4, -0.5),
    }
    errors = {name: one["value"] for name, one in value["metrics"]["errors"].items()}
    assert errors == {"count": 2, "critical": 1, "requests": 200, "server_errors": 3, "rate": 0.015}
    assert result.figures["error_rate"] == value["metrics"]["errors"]["rate"]
    assert [(one["id"], one["used_share"]["value"]) for one in value["quotas"]] == [("crm", 0.87), ("mail", None)]


async def test_a_trend_needs_three_days_and_compares_with_their_mean(day: Served) -> None:
    for back, signups in ((1, 1), (2, 2), (3, 3)):
        value: Any = (await day.call("crmGetStats")).value
        assert value["trends"]["signups"]["status"] == "unknown"
        figures = {"signups": measured(signups), "gmv": measured(301 if back < 3 else 299)}
        await day.snapshots.take_metrics(TODAY - back * DAY, figures, taken_at=AS_OF)
    value = (await day.call("crmGetStats")).value
    assert value["trends"]["signups"] == {"value": True, "status": "ok", "mean": 2, "now": 2, "days": 3}
    assert (value["trends"]["gmv"]["value"], value["trends"]["gmv"]["mean"]) == (False, 300.33)
    assert value["trends"]["active_users"]["reason"] == "fewer than 3 daily snapshots of active users"


async def test_in_an_empty_warehouse_everything_is_unknown_and_nothing_is_0(served: Served) -> None:
    result = await served.call("crmGetStats")
    value: Any = result.value
    plain = [one for name, one in value["metrics"].items() if name != "errors"]
    figures = [*plain, *value["metrics"]["errors"].values()]
    assert len(figures) == 9
    assert {one["status"] for one in figures} == {one["change"]["status"] for one in figures} == {"unknown"}
    assert unknown_in(value["quotas"]) is not None
    assert {one["status"] for one in value["trends"].values()} == {"unknown"}


async def test_only_the_metrics_that_are_asked_for_come(day: Served) -> None:
    value: Any = (await day.call("crmGetStats", includeMetrics=["revenue"])).value
    assert set(value["metrics"]) == {"revenue", "gmv"}
    assert set(value["trends"]) == {"revenue", "gmv"}


async def test_active_users_of_longer_periods_have_no_past(day: Served) -> None:
    value: Any = (await day.call("crmGetStats", period="last_7_days")).value
    assert value["metrics"]["active_users"]["value"] == 3
    assert value["metrics"]["active_users"]["previous"]["status"] == "unknown"


async def test_on_a_monday_the_window_reaches_back_to_friday(served: Served) -> None:
    monday = datetime(2026, 11, 23, 9, tzinfo=NEW_YORK)
    served.clock.at = monday
    friday = datetime(2026, 11, 20, 9, tzinfo=NEW_YORK)
    served.load(users=[signup("1", friday), signup("2", friday - timedelta(seconds=1))])
    value: Any = (await served.call("crmGetStats", at=monday, since_last_run=True)).value
    assert value["metrics"]["signups"]["value"] == 1
    value = (await served.call("crmGetStats", at=monday)).value
    assert value["metrics"]["signups"]["value"] == 0


async def test_a_quota_that_has_started_over_is_unknown(served: Served) -> None:
    reading = {"system": "crm", "at": AS_OF - 2 * HOUR, "used": 9, "quota_limit": 10, "resets_at": AS_OF}
    served.load(usage=[reading])
    value: Any = (await served.call("crmGetStats")).value
    assert value["quotas"][0]["used_share"]["reason"] == "the count has started over since it was read"


async def test_the_snapshot_of_a_day_holds_its_metrics_and_what_was_unknown(day: Served) -> None:
    day.load(subscriptions=[contract("1", "o", 1100, AS_OF - 90 * DAY)])
    await day.snapshot(AS_OF)
    kept = day.snapshots.metric_days(TODAY + DAY, 1)
    assert {name: values[0][1] for name, values in kept.items()} == {
        "signups": 2,
        "revenue": 1100,
        "gmv": 300,
        "active_users": 2,
        "errors": 2,
        "error_rate": 0.015,
    }
