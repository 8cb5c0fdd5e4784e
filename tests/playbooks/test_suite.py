"""The four operational playbooks: complete, and saying the right thing about what the tools find."""

from __future__ import annotations

from typing import Any

import pytest

from opsbook.playbooks.catalog import Catalog
from opsbook.playbooks.expressions import evaluate, fill, truth
from opsbook.playbooks.load import load_playbook
from opsbook.playbooks.model import Playbook, Step
from opsbook.playbooks.suite import texts
from opsbook.runs.verdict import alerts, judge
from opsbook.sdk.values import Unknown, measured

TEN = ["gmail", "calendar", "drive", "sheets", "hubspot", "mailjet", "blackleaf", "alleaves", "aeropay", "cannpay"]
LOST = Unknown("nobody knows").as_json()


def system(name: str, status: str, **more: Any) -> dict[str, Any]:
    return {
        "id": name, "name": name.title(), "status": status, "latency_ms": 120.0, "consecutive_failures": 0,
        "error": None, "checked_at": "2026-11-24T14:00:01+00:00", "last_success_at": "2026-11-24T14:00:01+00:00",
        "last_success_age_seconds": 0.0, "maintenance": False, **more,
    }  # fmt: skip


UP, SLOW = (
    system("mail", "online"),
    system("chat", "degraded", latency_ms=900.0, error={"class": "slow", "message": "x"}),
)
DOWN = system("pay", "offline", latency_ms=None, consecutive_failures=3, last_success_age_seconds=9000.0)
NEVER = system("new", "offline", latency_ms=None, last_success_at=None, last_success_age_seconds=LOST)
RACK = system("rack", "offline", latency_ms=None, last_success_age_seconds=9000.0, maintenance=True)
SLOW_RACK = system("slow_rack", "degraded", latency_ms=3000.0, maintenance=True)
BARE = system("bare", "not_configured", latency_ms=None, last_success_at=None, last_success_age_seconds=LOST)


@pytest.fixture
def suite(catalog: Catalog) -> dict[str, Playbook]:
    return {name: load_playbook(text, catalog, name) for name, text in texts().items()}


def verdicts(playbook: Playbook, **names: Any) -> dict[str, str]:
    return {one.id: one.verdict.value for one in judge(playbook, names)}


def fired(playbook: Playbook, **names: Any) -> dict[str, list[str]]:
    found = {}
    for answer in alerts(playbook, names):
        if answer.unknown is not None:
            found[answer.rule.id] = ["unknown"]
        elif answer.firings:
            found[answer.rule.id] = [firing.key for firing in answer.firings]
    return found


def step(playbook: Playbook, name: str) -> Step:
    return next(one for _, one in playbook.every_step() if one.id == name)


def test_schedules_are_those_of_the_platform(suite: dict[str, Playbook]) -> None:
    found = {
        name: (one.triggers[0].schedule.cron, one.timezone) for name, one in suite.items() if one.triggers[0].schedule
    }
    assert found == {
        "ops_daily_health_check": ("0 9 * * 1-5", "America/New_York"),
        "ops_weekly_growth_review": ("0 8 * * 1", "America/New_York"),
        "ops_integration_monitor": ("0 * * * *", "America/New_York"),
        "ops_churn_prevention": ("0 10 * * *", "America/New_York"),
    }
    assert all(one.enabled for one in suite.values())


def test_every_result_has_the_name_that_the_platform_gives_it(suite: dict[str, Playbook]) -> None:
    saved = {one.save_as for playbook in suite.values() for _, one in playbook.every_step() if one.save_as}
    assert {
        "health_status", "platform_stats", "daily_report", "signup_stats", "revenue_stats", "churn_risk",
        "growth_report", "integration_status", "investigation", "inactive_customers", "reengagement_campaign",
    } <= saved  # fmt: skip
    flags = {flag for playbook in suite.values() for _, one in playbook.every_step() for flag in one.fields.gives()}
    assert flags == {"any_offline", "has_inactive_customers"}


def test_the_monitor_asks_all_ten_integrations(suite: dict[str, Playbook]) -> None:
    asked = step(suite["ops_integration_monitor"], "check_integrations").fields.with_  # type: ignore[attr-defined]
    assert asked["integrations"] == TEN


def test_the_conditions_of_the_earlier_system_stand_as_they_were_written(suite: dict[str, Playbook]) -> None:
    offline = step(suite["ops_integration_monitor"], "check_for_failures").fields.if_  # type: ignore[attr-defined]
    inactive = step(suite["ops_churn_prevention"], "check_if_any_inactive").fields.if_  # type: ignore[attr-defined]
    assert offline == 'integration_status.some(s => s.status === "offline" && !s.maintenance)'  # planned work is ours
    assert inactive == "inactive_customers.length > 0"


@pytest.mark.parametrize(
    ("systems", "online", "latency", "ping"),
    [
        ([UP], "met", "met", "met"),
        ([UP, BARE], "met", "met", "met"),
        ([UP, SLOW], "warn", "warn", "met"),
        ([UP, SLOW, DOWN], "not_met", "warn", "not_met"),
        ([UP, system("slow", "degraded", latency_ms=2500.0)], "warn", "not_met", "met"),
        ([UP, system("wide", "online", latency_ms=900.0)], "met", "met", "met"),
        ([UP, NEVER], "not_met", "met", "unknown"),
        ([UP, system("dim", "unknown")], "unknown", "met", "met"),
        ([BARE], "unknown", "unknown", "unknown"),
        ([UP, RACK, SLOW_RACK], "met", "met", "met"),
        ([BARE, RACK, SLOW_RACK], "unknown", "unknown", "unknown"),
    ],
    ids=[
        "up", "not configured", "slow", "down", "very slow", "slow within its own limit", "never up", "dim", "bare",
        "maintenance", "nothing but maintenance",
    ],
)  # fmt: skip
def test_the_monitor_judges(
    suite: dict[str, Playbook], systems: list[Any], online: str, latency: str, ping: str
) -> None:
    found = verdicts(suite["ops_integration_monitor"], integration_status=systems)
    assert found == {"all_online": online, "latency": latency, "last_ping": ping}


def test_the_monitor_alerts_for_each_system(suite: dict[str, Playbook]) -> None:
    late = system("late", "degraded", latency_ms=2001.0)
    gone = system("gone", "not_configured", last_success_age_seconds=90_000.0, latency_ms=None)
    playbook = suite["ops_integration_monitor"]
    assert fired(playbook, integration_status=[UP, DOWN, NEVER, late, BARE, gone]) == {
        "integration_offline": ["pay", "new"],
        "latency_high": ["late"],
        "no_answer_for_two_hours": ["pay"],
    }
    assert fired(playbook, integration_status=[UP, BARE]) == {}
    (rule,) = [one for one in alerts(playbook, {"integration_status": [DOWN]}) if one.rule.id == "integration_offline"]
    assert rule.firings[0].thread == "integration:pay"
    assert step(playbook, "create_incident_thread").fields.dedup_key == "integration:{{ system.id }}"  # type: ignore[attr-defined]


def test_planned_work_alarms_nobody_and_closes_nothing(suite: dict[str, Playbook]) -> None:
    monitor, names = suite["ops_integration_monitor"], {"integration_status": [UP, RACK, SLOW_RACK]}
    answers = {answer.rule.id: answer.firings for answer in alerts(monitor, names)}
    assert {key: [(one.key, one.muted) for one in firings] for key, firings in answers.items()} == {
        "integration_offline": [("rack", True)],
        "latency_high": [("slow_rack", True)],
        "no_answer_for_two_hours": [("rack", True)],
    }
    assert truth(step(monitor, "check_for_failures").fields.if_, names) is False  # type: ignore[attr-defined]
    fields: Any = step(monitor, "alert_on_failure").fields
    assert fill(fields.subject, {"integration_status": [DOWN, RACK]}) == "Offline: Pay"
    found = step(monitor, "open_incidents").fields.items  # type: ignore[attr-defined]
    assert evaluate(found, {"integration_status": [DOWN, RACK]}) == [DOWN]


def test_both_playbooks_that_see_a_system_speak_of_one_incident(suite: dict[str, Playbook]) -> None:
    health = {"health_status": {"integrations": [DOWN, RACK], "components": []}}
    rules = [one for one in alerts(suite["ops_daily_health_check"], health) if one.rule.id == "integration_offline"]
    assert [(one.thread, one.muted) for one in rules[0].firings] == [
        ("integration:pay", False),
        ("integration:rack", True),
    ]


def test_the_message_names_what_is_offline_and_nothing_else(suite: dict[str, Playbook]) -> None:
    fields: Any = step(suite["ops_integration_monitor"], "alert_on_failure").fields
    names = {
        "integration_status": [UP, system("pay", "offline", error={"class": "server", "message": "[x](http://y)"})]
    }
    assert fill(fields.subject, names) == "Offline: Pay"
    assert fill(fields.dedup_key, names) == "offline:pay"
    body = str(fill(fields.body, names))
    assert "- **Pay** (error class: server), failures in a row: 0, last answer: 24 Nov 2026, 09:00 EST\n" in body
    assert "http://y" not in body
    assert "Mail" not in body


def stats(**more: Any) -> dict[str, Any]:
    errors = {"critical": measured(0), "rate": measured(0.001), "count": measured(3), "requests": measured(3000)}
    return {
        "metrics": {"signups": measured(4), "errors": {**errors, **more.pop("errors", {})}, **more.pop("metrics", {})},
        "trends": more.pop("trends", {"signups": measured(True), "revenue": measured(True)}),
        "quotas": more.pop("quotas", [{"id": "crm", "used_share": measured(0.5)}]),
    }


DAILY = ("all_integrations_online", "no_critical_errors", "metrics_trend_upwards", "quotas_have_room")


@pytest.mark.parametrize(
    ("integrations", "found", "expected"),
    [
        ([UP], stats(), "met met met met"),
        ([UP, SLOW], stats(errors={"critical": measured(2)}), "warn warn met met"),
        ([UP, DOWN], stats(errors={"critical": measured(2), "rate": measured(0.02)}), "not_met not_met met met"),
        ([BARE], stats(errors={"critical": LOST}, trends={"signups": LOST, "revenue": measured(True)}, quotas=[]),
         "unknown unknown unknown unknown"),
        ([UP], stats(trends={"signups": measured(False), "revenue": LOST}), "met met warn met"),
        ([UP], stats(quotas=[{"id": "crm", "used_share": measured(0.75)}]), "met met met warn"),
        ([UP], stats(quotas=[{"id": "crm", "used_share": measured(0.85)}]), "met met met not_met"),
    ],
)  # fmt: skip
def test_the_daily_check_judges(suite: dict[str, Playbook], integrations: list[Any], found: Any, expected: str) -> None:
    names = {"health_status": {"overall": "healthy", "integrations": integrations}, "platform_stats": found}
    assert verdicts(suite["ops_daily_health_check"], **names) == dict(zip(DAILY, expected.split(), strict=True))


def test_the_daily_check_alerts_at_its_limits_and_never_on_what_is_unknown(suite: dict[str, Playbook]) -> None:
    playbook = suite["ops_daily_health_check"]
    quotas = [
        {"id": "crm", "used_share": measured(0.81)},
        {"id": "mail", "used_share": LOST},
        {"id": "x", "used_share": measured(0.8)},
    ]
    loud = stats(errors={"rate": measured(0.011)}, metrics={"signups": measured(0)}, quotas=quotas)
    health = {"overall": "degraded", "integrations": [UP, DOWN]}
    assert fired(playbook, health_status=health, platform_stats=loud) == {
        "integration_offline": ["pay"], "error_rate_high": ["error_rate"], "no_signups": ["signups"],
        "quota_nearly_used": ["crm"],
    }  # fmt: skip
    dark = stats(errors={"rate": LOST}, metrics={"signups": LOST}, quotas=[])
    assert fired(playbook, health_status={"integrations": [UP]}, platform_stats=dark) == {
        "error_rate_high": ["unknown"],
        "no_signups": ["unknown"],
    }


def test_a_mondays_report_covers_the_days_since_friday(suite: dict[str, Playbook]) -> None:
    since = step(suite["ops_daily_health_check"], "get_stats_since_last_run")
    assert since.when is not None
    assert truth(since.when, {"today": "2026-11-23", "week_start": "2026-11-23"}) is True
    assert truth(since.when, {"today": "2026-11-24", "week_start": "2026-11-23"}) is False
    assert since.fields.with_["since_last_run"] is True  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("growth", "churn", "conversion", "expected"),
    [
        (0.06, 0.02, 0.16, "met met met"),
        (0.05, 0.03, 0.15, "warn warn warn"),
        (0.0, 0.05, 0.0, "warn warn warn"),
        (-0.01, 0.051, 0.01, "not_met not_met warn"),
        (None, None, None, "unknown unknown unknown"),
    ],
)
def test_the_weekly_review_judges(
    suite: dict[str, Playbook], growth: Any, churn: Any, conversion: Any, expected: str
) -> None:
    def figure(value: Any) -> Any:
        return LOST if value is None else measured(value)

    revenue = {"growth": figure(growth), "logo_churn_rate": figure(churn)}
    signups = {"total": measured(3), "funnel": {"conversion_rate": figure(conversion)}}
    names = {"revenue_stats": revenue, "signup_stats": signups}
    ids = ("mrr_growth", "churn_rate", "signup_conversion")
    assert verdicts(suite["ops_weekly_growth_review"], **names) == dict(zip(ids, expected.split(), strict=True))
    rules = fired(suite["ops_weekly_growth_review"], **names)
    assert ("mrr_declining" in rules) == (growth is None or growth < 0)
    assert ("churn_high" in rules) == (churn is None or churn > 0.05)
    assert "no_signups_in_a_week" not in rules


def churn_names(inactive: Any, **campaign: Any) -> dict[str, Any]:
    known = isinstance(inactive, list)
    flag = bool(inactive) if known else LOST
    draft = {"campaign_id": "c1", "status": "pending_approval", "personalised": True, **campaign}
    found = {"output": inactive, "figures": {"inactive_rate": measured(0.16), "eligible": measured(50)}}
    steps: dict[str, Any] = {"find_inactive_customers": found, "check_if_any_inactive": {"duration_seconds": 0.1}}
    steps["create_reengagement_campaign"] = {"duration_seconds": 2.0} if flag is True else LOST
    drafted = draft if flag is True else LOST
    return {
        "inactive_customers": inactive,
        "has_inactive_customers": flag,
        "reengagement_campaign": drafted,
        "steps": steps,
    }


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (churn_names([{}] * 3), "met met met"),
        (churn_names([]), "met met met"),
        (churn_names([{}], personalised=False, status="sent"), "met not_met not_met"),
        (churn_names(LOST), "unknown unknown unknown"),
    ],
    ids=["some", "none", "a campaign that is wrong", "nobody knows"],
)
def test_churn_prevention_judges(suite: dict[str, Playbook], names: dict[str, Any], expected: str) -> None:
    ids = ("campaign_in_time", "personalised", "approval_required")
    assert verdicts(suite["ops_churn_prevention"], **names) == dict(zip(ids, expected.split(), strict=True))


def test_churn_prevention_alerts_above_ten_and_above_fifteen_percent(suite: dict[str, Playbook]) -> None:
    playbook = suite["ops_churn_prevention"]
    assert set(fired(playbook, **churn_names([{}] * 11))) == {"many_inactive", "inactive_rate_high"}
    assert set(fired(playbook, **churn_names([{}] * 10))) == {"inactive_rate_high"}
    assert fired(playbook, **churn_names(LOST))["many_inactive"] == ["unknown"]


def test_all_is_well_is_said_only_of_a_list_known_to_be_empty(suite: dict[str, Playbook]) -> None:
    when = step(suite["ops_churn_prevention"], "notify_no_issues").when
    assert when is not None
    assert truth(when, {"has_inactive_customers": False}) is True
    assert truth(when, {"has_inactive_customers": True}) is False
    assert isinstance(truth(when, {"has_inactive_customers": LOST}), Unknown)
