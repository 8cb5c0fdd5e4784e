"""What holds of every company: parts make the whole, and how rows come in changes nothing that comes out."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsbook.sdk.clock import SteppedClock
from opsbook.sdk.values import Unknown, unknown_in
from opsbook.warehouse import Warehouse, activity, health, retention, revenue, risk, signups, silence
from opsbook.warehouse.changes import COMPARED, Baseline, compared
from opsbook.warehouse.revenue import Kind, Movement, movements, paid_before
from opsbook.warehouse.sheets import sheets
from warehouse.companies import AS_OF, DAY, EDGES, LAX, SECOND, Rows, company, put_all

SEEDS = st.integers(0, 10_000)
BILLS = st.dictionaries(st.sampled_from("abcdefgh"), st.integers(0, 500))
BASE = {"org-0": 500, "org-1": 90_000, "org-gone": 70}
WEEK, MONTH = AS_OF - 7 * DAY, AS_OF - 28 * DAY
FUNNEL = {metric: step for step, metric in signups.OF_STEP.items()}
FROM_SNAPSHOTS = {"mrr_start"}  # known from a snapshot, whatever is loaded now
Figures = dict[str, Any]


def figures(warehouse: Warehouse, start: datetime = WEEK, end: datetime = AS_OF) -> Figures:
    """Every metric that has a sheet, by its name: a figure, or the unknown in its place."""
    logged, funnel = health.errors(warehouse, start, end), signups.funnel(warehouse, start, end)
    now = revenue.mrr_now(warehouse, end)
    silent = silence.silent_organizations(warehouse, end, 7, match_all=True, limit=100)
    risky = risk.organizations_at_risk(warehouse, end, login_days=14, campaign_days=30, match_all=False, limit=100)
    base = Baseline(start.date(), BASE, lambda: paid_before(warehouse, start), start, reconstructed=False)
    return {
        "signups": signups.signups(warehouse, start, end)[0],
        "active_users": activity.active_users(warehouse, start, end),
        "gmv": activity.gmv(warehouse, start, end),
        "error_count": logged["count"],
        "critical_errors": logged["critical"],
        "error_rate": logged["rate"],
        **{metric: funnel[step] for metric, step in FUNNEL.items()},
        "quota_use": health.quota_use(warehouse, end),
        "mrr": revenue.mrr_figure(warehouse, end, now),
        "past_due_mrr": revenue.past_due_figure(warehouse, end, now),
        **{name: compared(warehouse, name, start, end, now, base) for name in COMPARED},
        **{
            name: found.as_json() if isinstance(found, Unknown) else found.figures[name]
            for names, found in ((("inactive", "inactive_rate"), silent), (("at_risk", "at_risk_rate"), risky))
            for name in names
        },
    }


def lists(warehouse: Warehouse) -> Figures:
    """What comes with the figures: who and what is behind them, in order."""
    return {
        "cohorts": signups.signups(warehouse, WEEK, AS_OF)[1],
        "sources": signups.sources(warehouse, WEEK, AS_OF),
        "silent": silence.silent_organizations(warehouse, AS_OF, 7, match_all=False, limit=100),
        "at risk": risk.organizations_at_risk(
            warehouse, AS_OF, login_days=14, campaign_days=30, match_all=False, limit=100
        ),
        "segments": retention.rfm(warehouse, AS_OF),
        "kept": retention.organization_cohorts(warehouse, AS_OF),
    }


class Made:
    """A warehouse in a folder that is gone afterwards: examples must not see each other's rows."""

    def __enter__(self) -> tuple[Warehouse, Path]:
        self.kept = TemporaryDirectory()
        folder = Path(self.kept.name)
        self.warehouse = Warehouse(folder / "warehouse", SteppedClock(AS_OF), contracts=LAX)
        return self.warehouse, folder

    def __exit__(self, *_: object) -> None:
        self.warehouse.close()
        self.kept.cleanup()


def append(warehouse: Warehouse, folder: Path, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
    path = folder / f"{table}.jsonl"
    path.write_text("".join(json.dumps(row, default=datetime.isoformat) + "\n" for row in rows), "utf-8")
    warehouse.load(table, path)


def told(rows: Rows, bring: Callable[[Warehouse, Path, Rows], None]) -> tuple[Figures, Figures]:
    with Made() as (warehouse, folder):
        bring(warehouse, folder, rows)
        return figures(warehouse), lists(warehouse)


def shuffled(rows: Rows, chance: Random) -> Rows:
    return {table: chance.sample(found, len(found)) for table, found in chance.sample(list(rows.items()), len(rows))}


def in_parts_with_repeats(warehouse: Warehouse, folder: Path, rows: Rows) -> None:
    """Two loads of each table: rows stand twice in a file, and again in the next."""
    for table, found in rows.items():
        half = (len(found) + 1) // 2
        append(warehouse, folder, table, [*found[:half], *found[:half]])
        append(warehouse, folder, table, [*found[half:], *found[:3]])


def test_the_properties_look_at_every_metric_there_is(warehouse: Warehouse) -> None:
    assert set(figures(warehouse)) == set(sheets())


@settings(max_examples=2, deadline=None)
@given(SEEDS)
def test_shuffling_splitting_and_repeating_rows_changes_no_figure(seed: int) -> None:
    rows = company(seed)
    assert told(shuffled(rows, Random(seed)), in_parts_with_repeats) == told(rows, put_all)


@settings(max_examples=5, deadline=None)
@given(SEEDS, st.lists(st.sampled_from(EDGES[1:]), min_size=2, max_size=2, unique=True), st.sampled_from((-1, 0, 1)))
def test_a_window_that_is_split_adds_up_to_the_whole(seed: int, days: list[int], aside: int) -> None:
    first, middle = AS_OF - max(days) * DAY, AS_OF - min(days) * DAY + aside * SECOND
    with Made() as (warehouse, folder):
        put_all(warehouse, folder, company(seed))
        whole, left, right = (
            additive(warehouse, *window) for window in ((first, AS_OF), (first, middle), (middle, AS_OF))
        )
    for name, value in whole.items():
        assert value == left[name] + right[name], name


def additive(warehouse: Warehouse, start: datetime, end: datetime) -> dict[str, int]:
    """What may be added over windows; requests that nobody counted in a part are no part of a sum."""
    total, cohorts = signups.signups(warehouse, start, end)
    logged = health.errors(warehouse, start, end)
    orders = activity.gmv(warehouse, start, end)
    groups: Any = health.error_groups(warehouse, start, end, levels=["error", "fatal"], query="", limit=100)
    found: dict[str, Any] = {
        "signups": total,
        **{f"signups of {name}": one for name, one in cohorts.items()},
        "error_count": logged["count"],
        "critical_errors": logged["critical"],
        "gmv": orders,
    }
    counts = {name: one["value"] for name, one in found.items()}
    for name in ("requests", "server_errors"):
        counts[name] = logged[name]["value"] or 0
    return {**counts, "orders": orders["orders"], "errors in groups": sum(one["count"] for one in groups)}


@settings(max_examples=200, deadline=None)
@given(BILLS, BILLS, st.frozensets(st.sampled_from("abcdefgh")))
def test_every_organisation_is_in_exactly_one_movement_or_unmoved(
    before: dict[str, int], after: dict[str, int], earlier: frozenset[str]
) -> None:
    found = movements(before, after, earlier)
    kinds = {one.organization_id: one.kind for one in found}
    assert len(kinds) == len(found)
    for key in "abcdefgh":
        assert kinds.get(key) == expected_kind(before.get(key, 0), after.get(key, 0), key in earlier)
    assert sum(after.values()) - sum(before.values()) == (
        total(found, Kind.NEW, Kind.REACTIVATION, Kind.EXPANSION) - total(found, Kind.CONTRACTION, Kind.CHURNED)
    )


def expected_kind(was: int, is_now: int, earlier: bool) -> Kind | None:
    """By the definition: five cases, one after the other."""
    cases = {
        Kind.NEW: was == 0 < is_now and not earlier,
        Kind.REACTIVATION: was == 0 < is_now and earlier,
        Kind.EXPANSION: 0 < was < is_now,
        Kind.CONTRACTION: 0 < is_now < was,
        Kind.CHURNED: is_now == 0 < was,
    }
    return next((kind for kind, holds in cases.items() if holds), None)


def total(found: Sequence[Movement], *kinds: Kind) -> int:
    return sum(one.cents for one in found if one.kind in kinds)


@settings(max_examples=3, deadline=None)
@given(SEEDS)
def test_the_figures_of_the_movements_make_the_start_the_end(seed: int) -> None:
    with Made() as (warehouse, folder):
        put_all(warehouse, folder, company(seed))
        found = {name: one["value"] for name, one in figures(warehouse).items()}
    ups = found["new_mrr"] + found["reactivation_mrr"] + found["expansion_mrr"]
    assert found["mrr"] == found["mrr_start"] + ups - found["contraction_mrr"] - found["churned_mrr"]
    assert found["mrr_start"] == sum(BASE.values())


@pytest.mark.parametrize("table", sorted(company(0)))
def test_no_figure_is_0_where_a_table_it_needs_was_never_loaded(
    warehouse: Warehouse, tmp_path: Path, table: str
) -> None:
    put_all(warehouse, tmp_path, {name: found for name, found in company(5).items() if name != table})
    found = figures(warehouse)
    needing = {name for name, one in sheets().items() if table in {need.partition(".")[0] for need in one.needs}}
    for name in needing - FROM_SNAPSHOTS:
        assert isinstance(unknown_in(found[name]), Unknown), name
