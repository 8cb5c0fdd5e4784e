"""Outside its contract a figure is unknown, says why in plain words, and keeps what was seen."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from opsbook.playbooks.expressions import truth
from opsbook.sdk.clock import SteppedClock
from opsbook.sdk.values import Unknown
from opsbook.warehouse import Warehouse
from opsbook.warehouse.activity import active_users, gmv
from opsbook.warehouse.contracts import ContractSettings, changed
from opsbook.warehouse.health import errors
from opsbook.warehouse.sheets import sheet_named
from opsbook.warehouse.signups import funnel, signups
from warehouse.companies import AS_OF, DAY, put

WEEK = AS_OF - 7 * DAY


def strict(folder: Path, clock: SteppedClock, **given: ContractSettings) -> Warehouse:
    contracts = {name: changed(sheet_named(name).contract, one) for name, one in given.items()}
    return Warehouse(folder / "warehouse", clock, contracts=contracts)


def people(warehouse: Warehouse, folder: Path, number: int) -> None:
    """So many people captured as leads, one of them signed up."""
    leads = [
        {"id": str(one), "email": f"p{one}@inbox.example", "source": "academy", "captured_at": AS_OF - DAY}
        for one in range(number)
    ]
    put(warehouse, folder, "leads", leads)
    put(warehouse, folder, "users", [{"id": "0", "email": "p0@inbox.example", "created_at": AS_OF - DAY / 2}])


def test_a_share_of_three_people_is_shown_and_not_judged(tmp_path: Path, clock: SteppedClock) -> None:
    warehouse = strict(tmp_path, clock)
    people(warehouse, tmp_path, 3)
    found: Any = funnel(warehouse, WEEK, AS_OF)["conversion_rate"]
    assert (found["value"], found["status"], found["observed"], found["n"]) == (None, "unknown", 0.333333, 3)
    assert found["reason"] == "measured on 3 people, at least 20 are needed"
    assert isinstance(truth("rate.value > 0.15", {"rate": found}), Unknown)
    assert truth("rate.observed > 0.15 && rate.n < 20", {"rate": found}) is True


def test_from_its_least_number_on_a_share_is_judged(tmp_path: Path, clock: SteppedClock) -> None:
    warehouse = strict(tmp_path, clock)
    people(warehouse, tmp_path, 20)
    found: Any = funnel(warehouse, WEEK, AS_OF)["conversion_rate"]
    assert (found["value"], found["status"], found["n"]) == (0.05, "ok", 20)
    assert "observed" not in found
    assert truth("rate.value > 0.15", {"rate": found}) is False


def test_a_deployment_sets_another_least_number(tmp_path: Path, clock: SteppedClock) -> None:
    warehouse = strict(tmp_path, clock, signup_conversion=ContractSettings(minimum_n=3))
    people(warehouse, tmp_path, 3)
    assert funnel(warehouse, WEEK, AS_OF)["conversion_rate"]["value"] == 0.333333  # type: ignore[index,call-overload]
    assert warehouse.contract("signup_conversion").fresh_within == timedelta(hours=26)


def test_old_data_are_no_answer_for_a_period_that_they_do_not_reach(tmp_path: Path, clock: SteppedClock) -> None:
    warehouse = strict(tmp_path, clock)
    clock.at = AS_OF - 3 * DAY
    put(
        warehouse,
        tmp_path,
        "orders",
        [{"id": "1", "organization_id": "o", "ordered_at": AS_OF - 4 * DAY, "total_cents": 5}],
    )
    found = gmv(warehouse, WEEK, AS_OF)
    told = "orders were last loaded 3 days before the end of this period, at most 26 h are allowed"
    assert (found["value"], found["reason"], found["observed"]) == (None, told, 5)
    assert found["reaches_end"] is False
    assert gmv(warehouse, WEEK, AS_OF - 2 * DAY)["value"] == 5  # a day off


def test_that_there_are_no_errors_is_said_of_a_fresh_log_only(tmp_path: Path, clock: SteppedClock) -> None:
    warehouse = strict(tmp_path, clock)
    clock.at = AS_OF - timedelta(hours=3)
    put(warehouse, tmp_path, "errors", [{"id": "1", "at": AS_OF - 9 * DAY, "level": "error"}])
    found = errors(warehouse, AS_OF - DAY, AS_OF)["critical"]
    assert found["reason"] == "errors were last loaded 3 h before the end of this period, at most 2 h are allowed"
    assert isinstance(truth("critical.value === 0", {"critical": found}), Unknown)


def test_too_many_unread_cells_make_a_figure_unknown(tmp_path: Path, clock: SteppedClock) -> None:
    warehouse = strict(tmp_path, clock)
    users = [{"id": str(one), "created_at": WEEK, "last_login_at": AS_OF - DAY / 2} for one in range(9)]
    put(warehouse, tmp_path, "users", [*users, {"id": "x", "created_at": WEEK, "last_login_at": "lately"}])
    found = active_users(warehouse, AS_OF - DAY, AS_OF)
    assert (found["observed"], found["completeness"]) == (9, 0.9)
    told = "only 90 % could be read (1 of 10 have a cell that nobody can read), at least 95 % are needed"
    assert found["reason"] == told


def test_rows_that_were_refused_when_loaded_are_missing_from_the_figure(tmp_path: Path, clock: SteppedClock) -> None:
    warehouse = strict(tmp_path, clock)
    put(warehouse, tmp_path, "users", [{"id": "1", "created_at": WEEK}, {"id": "2", "created_at": "lately"}])
    found = signups(warehouse, WEEK, AS_OF)[0]
    assert (found["value"], found["observed"], found["completeness"]) == (None, 1, 0.5)
    assert "1 of 2 rows of users were refused when loaded" in str(found["reason"])


def test_every_figure_says_what_it_rests_on(tmp_path: Path, clock: SteppedClock) -> None:
    warehouse = strict(tmp_path, clock)
    put(warehouse, tmp_path, "users", [{"id": "1", "created_at": WEEK, "role": "brand"}])
    total, cohorts = signups(warehouse, WEEK, AS_OF)
    assert total == {
        "value": 1,
        "status": "ok",
        "unit": "people",
        "n": 1,
        "as_of": AS_OF.isoformat(),
        "window": {"start": WEEK.isoformat(), "end": AS_OF.isoformat()},
        "completeness": 1.0,
        "reaches_end": True,
        "metric": "signups",
        "terms": warehouse.terms_of("signups"),
    }
    assert cohorts["brand"] == {**total, "cut": "brand"}
