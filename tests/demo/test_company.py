"""The sample company: the same from the same seed, and its answers are what its rows say."""

from __future__ import annotations

import csv
import json
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsbook.cli.demo.company import Company, make_company
from opsbook.warehouse.tables import TABLES

AS_OF = datetime(2026, 3, 10, 14, 23, 7, tzinfo=UTC)
DAY, WEEK = timedelta(days=1), timedelta(days=7)
FOUR = ("vibe_studio", "academy", "training", "age_gate")

seeds = st.integers(0, 2**32)
moments = st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))


def small(seed: int, as_of: datetime = AS_OF) -> Company:
    return make_company(seed, as_of, organizations=150, orders=1500)


def by(rows: list[dict[str, Any]], key: str) -> dict[Any, list[dict[str, Any]]]:
    found: dict[Any, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        found[row[key]].append(row)
    return found


def test_the_same_seed_and_moment_make_the_same_files(tmp_path: Path) -> None:
    first, second = small(4).write(tmp_path / "a"), small(4).write(tmp_path / "b")
    assert {table: path.read_bytes() for table, path in first.items()} == {
        table: path.read_bytes() for table, path in second.items()
    }
    assert small(5).rows["organizations"] != small(4).rows["organizations"]


def test_files_hold_every_canonical_column_and_every_row(tmp_path: Path) -> None:
    company = small(4)
    paths = company.write(tmp_path)
    assert set(paths) == set(TABLES)
    for table, path in paths.items():
        with path.open(encoding="utf-8", newline="") as file:
            rows = [json.loads(line) for line in file] if path.suffix == ".jsonl" else list(csv.DictReader(file))
        assert len(rows) == len(company.rows[table])
        assert all(tuple(row) == TABLES[table].names for row in rows)


def test_the_full_company_is_as_large_as_it_says() -> None:
    company = make_company(1, AS_OF)
    assert len(company.rows["organizations"]) >= 300
    assert len(company.rows["orders"]) >= 20_000
    sold = Counter(row["organization_id"] for row in company.rows["orders"])
    most = [number for _, number in sold.most_common()]
    assert sum(most[: len(most) // 5]) > sum(most) / 2  # a long tail
    assert 0 < company.planted.growth < 0.05
    assert 0.03 < company.planted.churn_rate < 0.05


def test_too_few_organisations_for_the_plot_are_refused() -> None:
    with pytest.raises(ValueError, match="at least"):
        make_company(1, AS_OF, organizations=60)


@settings(max_examples=15, deadline=None)
@given(seeds, moments)
def test_every_time_has_passed_and_every_address_is_invented(seed: int, as_of: datetime) -> None:
    company = small(seed, as_of)
    for table, rows in company.rows.items():
        for row in rows:
            late = {name for name, cell in row.items() if isinstance(cell, datetime) and cell >= as_of}
            assert late <= {"resets_at"}, (table, row)
    addresses = {
        row["email"].strip().lower() for table in ("users", "leads") for row in company.rows[table] if row["email"]
    }
    assert all(address.endswith((".example", ".pos.local")) for address in addresses)


@settings(max_examples=15, deadline=None)
@given(seeds, moments)
def test_keys_are_unique_and_rows_refer_to_what_exists(seed: int, as_of: datetime) -> None:
    company = small(seed, as_of)
    for table, rows in company.rows.items():
        keys = [tuple(row[name] for name in TABLES[table].key) for row in rows]
        assert len(set(keys)) == len(keys)
    known = {row["id"] for row in company.rows["organizations"]}
    for table in ("users", "subscriptions", "orders", "campaigns", "tickets", "events"):
        assert {row["organization_id"] for row in company.rows[table]} - {None} <= known
    names = [row["name"] for row in company.rows["organizations"]]
    assert len(set(names)) == len(names)


@settings(max_examples=15, deadline=None)
@given(seeds, moments)
def test_revenue_answers_are_what_the_contracts_come_to(seed: int, as_of: datetime) -> None:
    company = small(seed, as_of)
    planted = company.planted
    now, before = _revenue(company, as_of), _revenue(company, as_of - WEEK)
    assert sum(now.values()) == planted.mrr_now
    assert sum(before.values()) == planted.mrr_week_ago
    assert len(before) == planted.paying_week_ago
    for back_hours in (*range(24 * 6, 24 * 8 + 1, 6), *range(0, 49, 6)):  # whatever the hour of a day's snapshot
        same = now if back_hours <= 48 else before
        assert _revenue(company, as_of - timedelta(hours=back_hours)) == same
    moved = {one.organization_id: (one.before_cents, one.after_cents) for one in planted.movements}
    changed = {org for org in {*now, *before} if now.get(org, 0) != before.get(org, 0)}
    assert moved == {org: (before.get(org, 0), now.get(org, 0)) for org in changed}
    gains, losses = ("new", "reactivation", "expansion"), ("contraction", "churned")
    assert planted.mrr_now == planted.mrr_week_ago + sum(map(planted.moved, gains)) - sum(map(planted.moved, losses))


def _revenue(company: Company, at: datetime) -> dict[str, int]:
    tests = {row["id"] for row in company.rows["organizations"] if row["is_test"]}
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for row in company.rows["subscriptions"]:
        runs = row["started_at"] <= at and (row["ended_at"] is None or at < row["ended_at"])
        if runs and row["status"] != "trialing" and row["organization_id"] not in tests:
            monthly = row["amount_cents"] // row["interval_months"]
            found[row["organization_id"]][row["provider_subscription_id"]] = monthly
    return {org: sum(contracts.values()) for org, contracts in found.items()}


@settings(max_examples=15, deadline=None)
@given(seeds, moments)
def test_inactive_and_at_risk_answers_are_what_the_rows_show(seed: int, as_of: datetime) -> None:
    company = small(seed, as_of)
    seen = _signs(company)
    eligible = {
        row["id"]: row
        for row in company.rows["organizations"]
        if not row["is_test"] and row["status"] != "canceled" and row["created_at"] <= as_of - WEEK
    }
    assert len(eligible) == company.planted.eligible
    silent = {key for key in eligible if not any(at and at >= as_of - WEEK for at in seen[key].values())}
    answered = {one.organization_id: one for one in company.planted.inactive}
    assert set(answered) == silent
    assert len(silent) > 10
    for key, one in answered.items():
        times = seen[key]
        longest = min(times, key=lambda name: times[name] or one_long_ago)
        assert one.reason == ("never_started" if not any(times.values()) else longest)
    still_open = Counter(
        row["organization_id"] for row in company.rows["tickets"] if row["status"] not in ("resolved", "closed")
    )
    for risk in company.planted.at_risk:
        times = seen[risk.organization_id]
        assert ("no_login" in risk.signals) == (not times["login"] or times["login"] < as_of - 2 * WEEK)
        assert ("no_campaign" in risk.signals) == (not times["campaigns"] or times["campaigns"] < as_of - 30 * DAY)
        assert ("tickets_open" in risk.signals) == (still_open[risk.organization_id] > 0)
    listed = {risk.organization_id for risk in company.planted.at_risk}
    assert {key for key in still_open if key in eligible} <= listed


one_long_ago = datetime(1970, 1, 1, tzinfo=UTC)


def _signs(company: Company) -> dict[str, dict[str, datetime | None]]:
    live = [row for row in company.rows["orders"] if row["mode"] == "live" and row["status"] != "cancelled"]
    latest = {
        "login": (by(company.rows["users"], "organization_id"), "last_login_at"),
        "orders": (by(live, "organization_id"), "ordered_at"),
        "campaigns": (by(company.rows["campaigns"], "organization_id"), "sent_at"),
    }
    return {
        row["id"]: {
            name: max((one[cell] for one in rows[row["id"]] if one[cell]), default=None)
            for name, (rows, cell) in latest.items()
        }
        for row in company.rows["organizations"]
    }


@settings(max_examples=15, deadline=None)
@given(seeds, moments)
def test_signup_and_funnel_answers_are_what_users_leads_and_events_show(seed: int, as_of: datetime) -> None:
    company = small(seed, as_of)
    leads = sorted(company.rows["leads"], key=lambda row: row["captured_at"])
    first: dict[str, dict[str, Any]] = {}
    for lead in leads:
        first.setdefault((lead["email"] or lead["phone_hash"]).strip().lower(), lead)
    said = {row["user_id"]: row["source"] for row in company.rows["events"]}
    cohorts: Counter[str] = Counter()
    sources: Counter[str] = Counter()
    entered = {key: lead["captured_at"] for key, lead in first.items()}
    for user in company.rows["users"]:
        at = user["signup_at"] or user["created_at"]
        if user["is_test"] or user["role"] in ("intern", "super_admin"):
            continue
        email = (user["email"] or user["id"]).lower()
        lead = first.get(email)
        source = lead["source"] if lead else said[user["id"]]
        entered[email] = min(at, entered.get(email, at))
        if as_of - WEEK <= at < as_of:
            cohorts[user["role"].split("_")[0].replace("budtender", "dispensary")] += 1
            sources[source if source in FOUR else "other" if source else "unattributed"] += 1
    answer = company.planted.signups_week
    assert {name: number for name, number in answer.cohorts.items() if number} == dict(cohorts)
    assert {name: number for name, number in answer.sources.items() if number} == dict(sources)
    assert answer.total == sum(cohorts.values()) == sum(answer.sources.values())
    assert company.planted.funnel_week["entered"] == sum(as_of - WEEK <= at < as_of for at in entered.values())
    funnel = company.planted.funnel_week
    assert funnel["entered"] >= funnel["signed_up"] >= funnel["activated"] >= funnel["paying"] >= 0
    assert funnel["entered"] > 0


@settings(max_examples=15, deadline=None)
@given(seeds, moments)
def test_the_day_s_answers_are_what_the_platform_wrote_down(seed: int, as_of: datetime) -> None:
    company = small(seed, as_of)
    planted, start = company.planted, as_of - DAY
    logged = Counter(row["level"] for row in company.rows["errors"] if row["at"] >= start)
    assert dict(logged) == dict(planted.errors_day)
    before = sum(1 for row in company.rows["errors"] if start - DAY <= row["at"] < start and row["level"] == "error")
    assert logged["error"] > 5 * before  # the spike
    hours = [row for row in company.rows["requests"] if row["at"] >= start]
    assert len({row["at"] for row in hours}) == 24
    assert sum(row["requests"] for row in hours) == planted.requests_day
    assert sum(row["server_errors"] for row in hours) == planted.server_errors_day
    assert planted.server_errors_day / planted.requests_day > 0.01
    tests = {row["id"] for row in company.rows["organizations"] if row["is_test"]}
    sold = [row for row in company.rows["orders"] if row["ordered_at"] >= start and row["organization_id"] not in tests]
    live = [row for row in sold if row["mode"] == "live" and row["status"] != "cancelled"]
    assert sum(row["total_cents"] for row in live) == planted.gmv_day
    newest = {row["system"]: row for row in sorted(company.rows["usage"], key=lambda row: row["at"])}
    shares = {name: row["used"] / row["quota_limit"] for name, row in newest.items() if row["quota_limit"]}
    assert shares == planted.quotas
    assert [name for name, share in shares.items() if share > 0.8] == ["hubspot"]
