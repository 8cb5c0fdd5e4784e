"""The suite on the sample company: every planted fact is found, and nothing is said that was not measured."""

from __future__ import annotations

import asyncio
import re
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from opsbook.app import App, open_app, the_world
from opsbook.cli.demo.company import OFFLINE, SLOW, Company, make_company
from opsbook.cli.demo.mailbox import Letter
from opsbook.cli.demo.past import remember
from opsbook.cli.demo.story import load, publish, run_each, run_one
from opsbook.cli.demo.world import sample_systems, settings_for
from opsbook.sdk.values import unknown_in

TUESDAY = datetime(2026, 3, 10, 14, 23, 7, tzinfo=UTC)  # three days after the clocks went forward in New York
DAILY, WEEKLY = "ops_daily_health_check", "ops_weekly_growth_review"
MONITOR, CHURN = "ops_integration_monitor", "ops_churn_prevention"
MONEY = re.compile(r"\$([\d,]+\.\d\d)")


class Shifted:
    """The machine's clock, moved to another day."""

    def __init__(self, start: datetime) -> None:
        self.start = start
        self.began = time.monotonic()

    def now(self) -> datetime:
        return self.start + timedelta(seconds=self.monotonic() - self.began)

    def monotonic(self) -> float:
        return time.monotonic()


@dataclass(frozen=True)
class Played:
    """Everything that is left when the four playbooks have run, and the monitor once more within the hour."""

    company: Company
    runs: Mapping[str, dict[str, Any]]
    again: dict[str, Any]
    threads: tuple[dict[str, Any], ...]
    campaign: dict[str, Any]
    letters: tuple[Letter, ...]
    posts: tuple[Mapping[str, Any], ...]
    dashboard: tuple[dict[str, Any], ...]

    @property
    def planted(self) -> Any:
        return self.company.planted

    def result(self, playbook_id: str, name: str) -> Any:
        return self.runs[playbook_id]["results"][name]

    def step(self, playbook_id: str, name: str) -> Mapping[str, Any]:
        return next(step for step in self.runs[playbook_id]["steps"] if step["id"] == name)


async def briefly(seconds: float) -> None:
    await asyncio.sleep(min(seconds, 0.01))


async def play(home: Path) -> Played:
    clock = Shifted(TUESDAY)
    async with sample_systems(home, 5) as systems:
        settings = settings_for(home, systems)
        world = the_world(settings, clock=clock, sleep=briefly, environment={})
        async with open_app(settings, world) as app:
            company = make_company(5, TUESDAY, organizations=160, orders=4000)
            load(app, company, home / "files")
            await remember(app, TUESDAY, 5)
            ids = publish(app)
            records = await run_each(app, ids, TUESDAY, quiet=True, tell=lambda text: None)
            async with app.working():
                again = await run_one(app, MONITOR, TUESDAY + timedelta(minutes=20), quiet=True)
            return _played(app, company, records, again, tuple(systems.mailbox.letters), tuple(systems.endpoints.posts))


def _played(
    app: App,
    company: Company,
    records: list[dict[str, Any]],
    again: dict[str, Any],
    letters: tuple[Letter, ...],
    posts: tuple[Mapping[str, Any], ...],
) -> Played:
    threads = tuple(app.threads.get(row["id"]) for row in app.threads.latest())
    (campaign,) = app.campaigns.latest()
    return Played(
        company,
        {record["playbook_id"]: record for record in records},
        again,
        threads,
        dict(app.campaigns.get(campaign["id"])),
        letters,
        posts,
        tuple(app.notifications.latest()),
    )


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    return asyncio.run(play(tmp_path_factory.mktemp("sample")))


def value(measurement: Mapping[str, Any]) -> Any:
    assert measurement["status"] == "ok", measurement
    return measurement["value"]


def known(measurements: Mapping[str, Any]) -> dict[str, Any]:
    """The figures of a family that are not 0."""
    return {name: number for name, one in measurements.items() if (number := value(one))}


def nonzero(counts: Mapping[str, int]) -> dict[str, int]:
    return {name: number for name, number in counts.items() if number}


def test_every_run_does_its_job(played: Played) -> None:
    assert set(played.runs) == {DAILY, WEEKLY, MONITOR, CHURN}
    assert {(run["state"], run["error"]) for run in played.runs.values()} == {("succeeded", None)}


def test_the_system_that_is_down_is_found_and_the_slow_one_too(played: Played) -> None:
    status = {item["id"]: item for item in played.result(MONITOR, "integration_status")}
    assert {key for key, item in status.items() if item["status"] == "offline"} == {OFFLINE}
    assert {key for key, item in status.items() if item["status"] == "degraded"} == {SLOW}
    assert status[OFFLINE]["error"]["class"] == "server"
    assert status[OFFLINE]["latency_ms"] is None or status[OFFLINE]["latency_ms"] < 500
    assert all(item["latency_ms"] > 0 for key, item in status.items() if key != OFFLINE)
    health = played.result(DAILY, "health_status")
    assert {item["status"] for item in health["components"]} == {"online"}
    assert [item["id"] for item in health["integrations"] if item["status"] == "offline"] == [OFFLINE]


def test_the_organisations_gone_silent_are_exactly_the_planted_ones(played: Played) -> None:
    found = {one["name"]: one for one in played.result(CHURN, "inactive_customers")}
    planted = {one.name: one for one in played.planted.inactive}
    assert {name: one["reason"].removeprefix("no_") for name, one in found.items()} == {
        name: one.reason for name, one in planted.items()
    }
    for name, one in found.items():
        days = {key: None if at is None else int(at) for key, at in planted[name].days.items()}
        assert one["days_silent"] == days
    figures = played.step(CHURN, "find_inactive_customers")["figures"]
    assert value(figures["inactive"]) == len(planted)
    assert value(figures["eligible"]) == played.planted.eligible


def test_the_campaign_writes_to_whom_it_may_and_says_why_not_to_the_others(played: Played) -> None:
    letters = played.campaign["messages"]
    assert {one["recipient"]: one["organization_name"] for one in letters} == dict(played.planted.writable)
    names = {row["id"]: row["name"] for row in played.company.rows["organizations"]}
    left_out = Counter((names[one["organization_id"]], one["reason"]) for one in played.campaign["exclusions"])
    assert left_out == Counter((one.organization, one.reason) for one in played.planted.left_out)
    assert played.campaign["status"] == "pending_approval"
    assert played.campaign["personalised"] is True
    assert len({one["discount_code"] for one in letters}) == len(letters)
    assert not any(letter.to[0] in played.planted.writable for letter in played.letters)  # a draft sends nothing


def test_no_two_letters_share_their_words_and_their_figures_are_the_audiences(played: Played) -> None:
    letters = played.campaign["messages"]
    assert len({(one["subject"], one["body"].replace(one["discount_code"], "")) for one in letters}) == len(letters)
    audience = {one["organization_id"]: one for one in played.result(CHURN, "inactive_customers")}
    for letter in letters:
        kept = {fact["source"]: fact["value"] for fact in letter["evidence"]["facts"] if fact["unit"] == "count"}
        whole = audience[letter["organization_id"]]
        for source in kept.keys() & {"orders.count", "days_silent.login", "orders.recent_orders"}:
            part, name = source.split(".")
            assert kept[source] == whole[part][name]


def test_revenue_and_its_movements_are_the_planted_ones(played: Played) -> None:
    planted, found = played.planted, played.result(WEEKLY, "revenue_stats")
    assert value(found["mrr_end"]) == planted.mrr_now
    assert value(found["mrr_start"]) == planted.mrr_week_ago
    assert value(found["growth"]) == pytest.approx(planted.growth, abs=1e-5)
    assert value(found["churned_mrr"]) == planted.moved("churned")
    for kind in ("new", "reactivation", "expansion", "contraction"):
        assert value(found[kind]) == planted.moved(kind)
    assert value(found["logo_churn_rate"]) == pytest.approx(planted.churn_rate, abs=1e-5)
    assert value(found["past_due_mrr"]) == planted.past_due_mrr
    assert value(found["trialing"]) == planted.trialing
    assert {
        (one["kind"], one["organization_id"], one["name"], one["before_cents"], one["after_cents"])
        for one in found["movements"]
    } == {(one.kind, one.organization_id, one.name, one.before_cents, one.after_cents) for one in planted.movements}


def test_signups_by_cohort_and_source_and_the_funnel_are_the_planted_ones(played: Played) -> None:
    planted, found = played.planted, played.result(WEEKLY, "signup_stats")
    assert value(found["total"]) == planted.signups_week.total
    cohorts = known(found["cohorts"])
    assert cohorts.pop("internal") == 2  # shown, and counted nowhere
    assert cohorts == nonzero(planted.signups_week.cohorts)
    assert known(found["sources"]) == nonzero(planted.signups_week.sources)
    funnel = {name: value(one) for name, one in found["funnel"].items()}
    assert funnel.pop("conversion_rate") == pytest.approx(
        planted.funnel_week["signed_up"] / planted.funnel_week["entered"], abs=1e-5
    )
    assert funnel == dict(planted.funnel_week)


def test_organisations_at_risk_are_the_planted_ones_with_their_signals(played: Played) -> None:
    found = played.result(WEEKLY, "churn_risk")
    assert {
        (one["id"], frozenset(signal["signal"] for signal in one["signals"]), one["mrr_cents"])
        for one in found["organizations"]
    } == {(one.organization_id, one.signals, one.mrr_cents) for one in played.planted.at_risk}
    assert value(found["mrr_at_stake_cents"]) == sum(one.mrr_cents for one in played.planted.at_risk)
    assert found["undetermined"] == []


def test_the_day_s_figures_are_the_planted_ones(played: Played) -> None:
    planted, found = played.planted, played.result(DAILY, "platform_stats")
    metrics = found["metrics"]
    assert value(metrics["signups"]) == planted.signups_day.total
    assert value(metrics["revenue"]) == planted.mrr_now
    assert value(metrics["gmv"]) == planted.gmv_day
    assert value(metrics["active_users"]) == planted.active_users_day
    assert value(metrics["errors"]["count"]) == planted.errors_day["error"] + planted.errors_day["critical"]
    assert value(metrics["errors"]["critical"]) == planted.errors_day["critical"]
    rate = planted.server_errors_day / planted.requests_day
    assert value(metrics["errors"]["rate"]) == pytest.approx(rate, abs=1e-5)
    shares = {one["id"]: one["used_share"] for one in found["quotas"]}
    measured = {name: value(one) for name, one in shares.items() if not unknown_in(one)}
    assert measured == pytest.approx(dict(planted.quotas))
    assert set(shares) - set(measured) == {"gmail"}  # the vendor states no limit, so the share is unknown and not 0


def test_criteria_say_what_the_planted_facts_come_to(played: Played) -> None:
    verdicts = {key: run["verdict"] for key, run in played.runs.items()}
    assert verdicts[DAILY] == "not_met"
    assert verdicts[MONITOR] == "not_met"
    for run in played.runs.values():
        for criterion in run["criteria"]:
            assert (criterion["verdict"] == "unknown") == bool(criterion["reason"]), criterion


def test_alerts_fire_for_what_is_planted(played: Played) -> None:
    fired = {
        key: {alert["rule"] for alert in run["alerts"] if alert["state"] == "opened"}
        for key, run in played.runs.items()
    }
    assert all(fired[playbook_id] for playbook_id in (MONITOR, DAILY, CHURN))
    subjects = {alert["subject"] for alert in played.runs[DAILY]["alerts"] if alert["state"] == "opened"}
    assert any("hubspot" in subject.lower() for subject in subjects)


def test_every_sum_of_money_in_the_reports_is_a_planted_one(played: Played) -> None:
    planted = played.planted
    kinds = ("new", "reactivation", "expansion", "contraction", "churned")
    cents = {planted.mrr_now, planted.mrr_week_ago, planted.past_due_mrr, planted.gmv_day}
    cents |= {planted.moved(kind) for kind in kinds} | {0}
    cents |= {part for one in planted.movements for part in (one.before_cents, one.after_cents)}
    cents |= {one.mrr_cents for one in planted.at_risk} | {sum(one.mrr_cents for one in planted.at_risk)}
    gained, lost = (sum(planted.moved(kind) for kind in some) for some in (kinds[:3], kinds[3:]))
    largest = sum(sorted((one.mrr_cents for one in planted.at_risk), reverse=True)[:3])
    cents |= {gained, lost, abs(gained - lost), largest}  # the insights, each by its declared formula
    report = _sums(played.result(WEEKLY, "growth_report"))
    assert report <= cents
    assert {planted.mrr_now, planted.mrr_week_ago, planted.moved("churned"), planted.moved("new")} <= report
    stats = played.result(DAILY, "platform_stats")
    before = {value(stats["metrics"][name]["previous"]) for name in ("revenue", "gmv")}
    means = {round(one["mean"]) for one in stats["trends"].values() if "mean" in one}
    daily = _sums(played.result(DAILY, "daily_report"))
    assert daily <= cents | before | means
    assert {planted.mrr_now, planted.gmv_day} <= daily


def _sums(report: str) -> set[int]:
    return {round(float(text.replace(",", "")) * 100) for text in MONEY.findall(report)}


def test_reports_name_everybody_who_moved_and_nobody_else(played: Played) -> None:
    planted = played.planted
    report = played.result(WEEKLY, "growth_report")
    told = {one.name for one in planted.movements} | {one.name for one in planted.at_risk}
    every = {row["name"] for row in played.company.rows["organizations"]}
    assert {one.name for one in planted.movements} <= {name for name in every if name in report} <= told


def test_reports_leave_no_braces_and_no_nulls(played: Played) -> None:
    reports = [text for run in played.runs.values() for text in run["results"].values() if isinstance(text, str)]
    assert len(reports) >= 2
    for text in reports:
        assert not re.search(r"\{\{|\bnull\b|\bNone\b|\bundefined\b", text)


def test_the_incident_thread_names_the_system_and_is_opened_once(played: Played) -> None:
    incidents = [thread for thread in played.threads if thread["type"] == "incident"]
    assert len(incidents) == 1
    assert len(incidents[0]["messages"]) == 2  # the second run within the hour appended to it
    assert "Aeropay" in incidents[0]["title"]
    assert incidents[0]["assignees"]
    assert played.again["state"] == "succeeded"
    assert {alert["state"] for alert in played.again["alerts"]} <= {"open", "unknown"}
    assert {row["state"] for row in played.again["effects"] if row["channel"] in ("email", "slack")} <= {"quiet"}


def test_the_threads_of_the_review_and_the_campaign_have_owners_and_attachments(played: Played) -> None:
    kinds = {thread["type"]: thread for thread in played.threads}
    assert set(kinds) == {"growth_review", "incident", "campaign"}
    assert all(thread["assignees"] for thread in kinds.values())
    assert kinds["campaign"]["campaign_id"] == played.campaign["campaign_id"]
    (report,) = kinds["growth_review"]["artifacts"]
    assert report["data"] == played.result(WEEKLY, "growth_report")


def test_mail_slack_and_the_dashboard_got_what_was_sent(played: Played) -> None:
    sent = [row for run in (*played.runs.values(), played.again) for row in run["effects"] if row["state"] == "done"]
    by_channel = Counter(row["channel"] for row in sent)
    assert by_channel["email"] == len(played.letters) > 0
    assert by_channel["slack"] == len(played.posts) > 0
    assert by_channel["dashboard"] == len(played.dashboard) > 0
    assert {row["recipient"] for row in sent if row["channel"] == "email"} == {
        letter.to[0] for letter in played.letters
    }
    assert any("Aeropay" in str(post["text"]) for post in played.posts)
    assert all(address.endswith("@example.com") for letter in played.letters for address in letter.to)


def test_no_result_holds_a_zero_where_something_was_not_measured(played: Played) -> None:
    """A figure without a status is no measurement: everything that is counted says whether it could be."""
    for run in played.runs.values():
        for name, result in run["results"].items():
            for place, one in _measurements(result, name):
                assert one["status"] in ("ok", "unknown", "not_instrumented"), place
                assert (one["value"] is None) == (one["status"] != "ok"), place
                assert one["status"] == "ok" or one["reason"], place


def _measurements(found: Any, place: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if isinstance(found, Mapping):
        if "value" in found and "status" in found:
            yield place, found
        for key, part in found.items():
            yield from _measurements(part, f"{place}.{key}")
    elif isinstance(found, list):
        for index, part in enumerate(found):
            yield from _measurements(part, f"{place}[{index}]")
