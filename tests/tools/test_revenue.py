"""Revenue against a snapshot: movements that add up, churn, and no baseline that was not taken."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsbook.sdk.errors import InvalidInput, NeverWorks
from opsbook.sdk.values import measured, unknown_in
from opsbook.tools.snapshotting import Snapshotter
from opsbook.warehouse import Warehouse
from opsbook.warehouse.definitions import Definitions
from opsbook.warehouse.revenue import Kind, movements
from tools.served import NEW_YORK, TODAY, Served, contract, serving
from warehouse.companies import AS_OF, DAY, LAX

LONG_AGO = AS_OF - 200 * DAY


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with serving(tmp_path) as found:
        yield found


def known(value: dict[str, Any], *names: str) -> list[Any]:
    return [value[name]["value"] for name in names]


async def test_every_kind_of_movement_is_told_with_who_is_behind_it(served: Served) -> None:
    served.load(
        organizations=[
            {"id": key, "name": key.title(), "created_at": LONG_AGO}
            for key in ("grew", "shrank", "left", "came", "back")
        ],
        subscriptions=[
            contract("1", "grew", 1500, AS_OF - 3 * DAY),
            contract("2", "grew", 1000, LONG_AGO, status="replaced", ended_at=AS_OF - 3 * DAY),
            contract("3", "shrank", 700, AS_OF - 2 * DAY, status="past_due"),
            contract("4", "left", 900, LONG_AGO, status="canceled", ended_at=AS_OF - DAY),
            contract("5", "came", 300, AS_OF - DAY),
            contract("6", "back", 400, AS_OF - DAY),
            contract("7", "back", 400, LONG_AGO, status="canceled", ended_at=AS_OF - 60 * DAY),
            contract("8", "same", 12_000, LONG_AGO, interval_months=12),
            contract("9", "trying", 5000, AS_OF - DAY, status="trialing"),
        ],
    )
    before = {"grew": 1000, "shrank": 800, "left": 900, "same": 1000}
    await served.snapshots.take_mrr(TODAY - 7 * DAY, before, taken_at=AS_OF - 7 * DAY)
    result = await served.call("getRevenueMetrics")
    value: Any = result.value
    assert known(value, "mrr_start", "mrr_end") == [3700, 3900]
    assert known(value, "new", "reactivation", "expansion", "contraction", "churned_mrr") == [300, 400, 500, 100, 900]
    assert known(value, "growth", "nrr") == [round(200 / 3700, 6), round(3200 / 3700, 6)]
    assert known(value, "logo_churn_rate", "revenue_churn_rate") == [0.25, round(900 / 3700, 6)]
    assert known(value, "past_due_mrr", "trialing", "paying", "arr") == [700, 1, 5, 46_800]
    assert [(one["name"], one["kind"], one["before_cents"], one["after_cents"]) for one in value["movements"]] == [
        ("Left", "churned", 900, 0),
        ("Grew", "expansion", 1000, 1500),
        ("Back", "reactivation", 0, 400),
        ("Came", "new", 0, 300),
        ("Shrank", "contraction", 800, 700),
    ]
    assert value["baseline_date"] == "2026-11-17"
    assert unknown_in(value["logo_churn_rate_28_days"]) is not None


async def test_without_a_baseline_nothing_is_compared(served: Served) -> None:
    served.load(subscriptions=[contract("1", "o", 1000, LONG_AGO)])
    await served.snapshot(AS_OF)
    value: Any = (await served.call("getRevenueMetrics")).value
    assert value["mrr_end"]["value"] == 1000
    for name in ("mrr_start", "growth", "nrr", "logo_churn_rate", "new", "movements"):
        assert value[name]["status"] == "unknown", name
        assert "no baseline yet" in value[name]["reason"]
    assert value["baseline_date"] is None


async def test_todays_own_snapshot_is_no_baseline_for_a_day(served: Served) -> None:
    served.load(subscriptions=[contract("1", "o", 1000, LONG_AGO)])
    await served.snapshot(AS_OF)
    value: Any = (await served.call("getRevenueMetrics", period="last_24_hours")).value
    assert value["growth"]["status"] == "unknown"


async def test_growth_from_nothing_is_unknown(served: Served) -> None:
    served.load(subscriptions=[contract("1", "o", 1000, AS_OF - DAY)])
    await served.snapshots.take_mrr(TODAY - 7 * DAY, {}, taken_at=AS_OF)
    value: Any = (await served.call("getRevenueMetrics", days=7)).value
    assert (value["mrr_start"]["value"], value["new"]["value"]) == (0, 1000)
    assert {value[name]["status"] for name in ("growth", "nrr", "logo_churn_rate")} == {"unknown"}


async def test_reconstructed_snapshots_are_marked_and_equal_what_contracts_say(served: Served) -> None:
    served.load(
        subscriptions=[
            contract("1", "o", 1000, LONG_AGO, status="replaced", ended_at=AS_OF - 10 * DAY),
            contract("2", "o", 1500, AS_OF - 10 * DAY),
        ]
    )
    snapshotter = Snapshotter(served.warehouse, served.snapshots, served.clock)
    assert await snapshotter.reconstruct(20, NEW_YORK) == 20
    assert await snapshotter.reconstruct(20, NEW_YORK) == 0
    before, after = served.snapshots.mrr_near(TODAY - 12 * DAY, 0), served.snapshots.mrr_near(TODAY - 5 * DAY, 0)
    assert before is not None
    assert after is not None
    assert (before.mrr, after.mrr, before.reconstructed) == ({"o": 1000}, {"o": 1500}, True)
    result = await served.call("getRevenueMetrics", days=14)
    value: Any = result.value
    assert value["expansion"]["value"] == 500
    assert any("reconstructed" in warning for warning in result.warnings)


async def test_a_day_is_snapshotted_once_and_only_on_that_day(served: Served) -> None:
    await served.snapshot(AS_OF)
    assert not served.snapshots.has_day(TODAY)  # revenue is unknown, and no 0
    served.load(subscriptions=[contract("1", "o", 1000, LONG_AGO)])
    await served.snapshot(AS_OF - 3 * DAY)
    assert not served.snapshots.has_day(TODAY - 3 * DAY)
    await served.snapshot(AS_OF)
    served.load(subscriptions=[contract("1", "o", 2000, LONG_AGO)])
    served.clock.forward(timedelta(hours=2))
    await served.snapshot(AS_OF + timedelta(hours=2))
    taken = served.snapshots.mrr_near(TODAY, 0)
    assert taken is not None
    assert (taken.mrr, taken.taken_at, taken.reconstructed) == ({"o": 1000}, AS_OF, False)


async def test_a_broken_warehouse_fails_who_asks_it_and_not_the_snapshot_before_a_run(served: Served) -> None:
    served.load(subscriptions=[contract("1", "o", 1000, LONG_AGO)])
    for path in served.warehouse.folder.glob("*.parquet"):
        path.unlink()
    await served.snapshot(AS_OF)
    assert not served.snapshots.has_day(TODAY)
    with pytest.raises(NeverWorks, match="Load its table again") as caught:
        await served.call("getRevenueMetrics")
    assert caught.value.code == "missing_file"


async def test_period_and_days_together_are_refused(served: Served) -> None:
    with pytest.raises(InvalidInput, match="not both"):
        await served.call("getRevenueMetrics", period="last_7_days", days=7)


amounts = st.dictionaries(st.sampled_from("abcdefgh"), st.integers(0, 10**6))


@given(before=amounts, after=amounts, earlier=st.frozensets(st.sampled_from("abcdefgh")))
def test_the_movements_always_add_up(before: dict[str, int], after: dict[str, int], earlier: frozenset[str]) -> None:
    found = movements(before, after, earlier)
    sums = {kind: sum(one.cents for one in found if one.kind is kind) for kind in Kind}
    gained = sums[Kind.NEW] + sums[Kind.REACTIVATION] + sums[Kind.EXPANSION]
    assert sum(after.values()) == sum(before.values()) + gained - sums[Kind.CONTRACTION] - sums[Kind.CHURNED]
    assert {one.organization_id for one in found} == {
        key for key in before.keys() | after.keys() if before.get(key, 0) != after.get(key, 0)
    }
    assert {one.organization_id for one in found if one.kind is Kind.REACTIVATION} <= earlier


def other_words(served: Served) -> None:
    """From now on trials are paid contracts."""
    definitions = Definitions.model_validate({"contracts": {"active": ["active", "trialing"], "trial": ["trial"]}})
    served.warehouse = Warehouse(served.warehouse.folder, served.clock, definitions, LAX)


async def test_a_snapshot_by_other_words_is_compared_with_nothing_until_it_is_rebuilt(served: Served) -> None:
    served.load(
        subscriptions=[
            contract("1", "o", 1000, LONG_AGO),
            contract("2", "p", 500, LONG_AGO, status="trialing"),
        ]
    )
    await Snapshotter(served.warehouse, served.snapshots, served.clock).reconstruct(7, NEW_YORK)
    assert (await served.call("getRevenueMetrics")).value["growth"]["value"] == 0.0  # type: ignore[index,call-overload]
    other_words(served)
    value: Any = (await served.call("getRevenueMetrics")).value
    assert value["mrr_end"]["value"] == 1500
    for name in ("mrr_start", "growth", "nrr", "logo_churn_rate", "new"):
        assert value[name]["value"] is None
        assert "counted by other definitions" in value[name]["reason"]
    first, last = TODAY - 7 * DAY, TODAY - DAY
    snapshotter = Snapshotter(served.warehouse, served.snapshots, served.clock)
    kept = await snapshotter.fill(first, last, NEW_YORK)
    assert (len(kept.kept), kept.stored) == (7, ())
    anew = await snapshotter.fill(first, last, NEW_YORK, anew=True)
    assert (len(anew.stored), anew.kept) == (7, ())
    value = (await served.call("getRevenueMetrics")).value
    assert (value["mrr_start"]["value"], value["growth"]["value"]) == (1500, 0.0)
    again = await snapshotter.fill(first, last, NEW_YORK, anew=True)
    assert (len(again.kept), again.stored) == (7, ())


async def test_what_was_measured_by_the_same_words_is_never_replaced(served: Served) -> None:
    served.load(subscriptions=[contract("1", "o", 1000, LONG_AGO)])
    await served.snapshots.take_mrr(TODAY - DAY, {"o": 7}, taken_at=AS_OF, terms=served.warehouse.terms_of("mrr"))
    await served.snapshots.take_mrr(TODAY - 2 * DAY, {"o": 8}, taken_at=AS_OF)  # from before words were kept
    snapshotter = Snapshotter(served.warehouse, served.snapshots, served.clock)
    found = await snapshotter.fill(TODAY - 2 * DAY, TODAY - DAY, NEW_YORK, anew=True)
    assert (found.stored, len(found.kept)) == ((), 2)


async def test_a_day_that_was_counted_by_other_words_says_nothing_of_a_trend(served: Served) -> None:
    served.load(subscriptions=[contract("1", "o", 1000, LONG_AGO)])
    for back in range(1, 5):
        terms = {"revenue": "0" * 16 if back > 2 else served.warehouse.terms_of("mrr")}
        await served.snapshots.take_metrics(
            TODAY - back * DAY, {"revenue": measured(1000)}, taken_at=AS_OF, terms=terms
        )
    value: Any = (await served.call("crmGetStats")).value
    assert value["trends"]["revenue"]["reason"] == "fewer than 3 daily snapshots of revenue"
