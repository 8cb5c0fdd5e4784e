"""The platform's figures of the day, as `crmGetStats` answers them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from opsbook.agents.evidence import Evidence, Found
from opsbook.agents.page import Page
from opsbook.agents.reports._sections import absent, dark
from opsbook.agents.wording import inline
from opsbook.sdk.values import unknown_in

LABELS = {
    "signups": ("Signups", "count"),
    "revenue": ("Monthly recurring revenue", "cents"),
    "gmv": ("Consumer orders (value)", "cents"),
    "active_users": ("Active users", "count"),
}
ERROR_RATE_ALERT = 0.01  # the suite's alert rule for server errors / requests in 24 h
QUOTA_WARN, QUOTA_ALERT = 0.70, 0.80  # the suite's warn band and alert rule


def stats(evidence: Evidence) -> Found | None:
    return evidence.of("crmGetStats", "metrics", "trends")


def platform_figures(page: Page, evidence: Evidence) -> None:
    found = stats(evidence)
    if found is None or dark(page, "Platform figures", found):
        absent(page, "Platform figures")
        return
    metrics: Mapping[str, Any] = found.value["metrics"]
    rows = []
    for name, (label, unit) in LABELS.items():
        if (metric := metrics.get(name)) is None:
            continue
        now = page.fact(label, found.at(metrics, name), unit)
        before = change = ""
        if metric.get("previous") is not None:
            before = page.fact(f"{label}, before", found.at(metric, "previous"), unit)
        if metric.get("change") is not None:
            change = page.fact(f"{label}, change", found.at(metric, "change"), "ratio", plus=True)
        rows.append([label, now, before, change])
    if found.window:
        start = page.time("Window start", found.window[0], found.name)
        page.say(f"From {start} to {page.time('Window end', found.window[1], found.name)}.")
    page.table(["Figure", "Now", "Before", "Change"], rows, right=[1, 2, 3])


def errors(page: Page, evidence: Evidence) -> None:
    found = stats(evidence)
    if found is None or found.unknown or (seen := found.value["metrics"].get("errors")) is None:
        return
    rows = [
        [label, page.fact(label, found.at(seen, name), unit)]
        for name, label, unit in (
            ("critical", "Critical errors", "count"),
            ("count", "Errors logged", "count"),
            ("requests", "Requests", "count"),
            ("rate", "Error rate", "ratio"),
        )
        if name in seen
    ]
    page.table(["Errors", "Figure"], rows, right=[1])


def quotas(page: Page, evidence: Evidence) -> None:
    found = stats(evidence)
    if found is None or found.unknown or not found.value.get("quotas"):
        return
    if unknown := unknown_in(found.value["quotas"]):
        page.lacks("Quotas", unknown.reason)
        return
    rows = []
    for quota in found.value["quotas"]:
        name = _name(evidence, quota["id"])
        resets = page.time(f"{name}: quota resets", found.at(quota, "resets_at")) if quota.get("resets_at") else ""
        rows.append([name, page.fact(f"{name}: quota used", found.at(quota, "used_share"), "ratio"), resets])
    page.table(["System", "Used", "Resets"], rows, right=[1])


def trends(page: Page, evidence: Evidence) -> None:
    found = stats(evidence)
    if found is None or found.unknown or not found.value.get("trends"):
        return
    lines = []
    for name, trend in found.value["trends"].items():
        label, unit = LABELS.get(name, (inline(name), "count"))
        if unknown := unknown_in(trend):
            page.lacks(f"{label}: trend", unknown.reason)
            lines.append(f"{label}: its trend was not measured.")
            continue
        mean = page.fact(f"{label}: mean of the days before", found.at(trend, "mean"), unit) if "mean" in trend else ""
        way = "at or above" if trend["value"] else "**below**"
        lines.append(f"{label}: {way} its mean of the days before" + (f" ({mean})" if mean else "") + ".")
    page.bullets(lines)


def act_on_platform(page: Page, evidence: Evidence) -> None:
    """Actions on errors, quotas and falling metrics, by the suite's own thresholds."""
    found = stats(evidence)
    if found is None or found.unknown:
        return
    seen = found.value["metrics"].get("errors") or {}
    critical, rate = _number(seen.get("critical")), _number(seen.get("rate"))
    if critical or (rate or 0) > ERROR_RATE_ALERT:
        parts = []
        if "critical" in seen:
            parts.append(f"critical errors: {page.fact('Critical errors', found.at(seen, 'critical'), 'count')}")
        if "rate" in seen:
            parts.append(f"error rate: {page.fact('Error rate', found.at(seen, 'rate'), 'ratio')}")
        why = "Customers meet these errors."
        page.act(1, "Read the error log and fix the most frequent error.", why, f"{', '.join(parts)}.")
    if _number(found.value["metrics"].get("signups")) == 0:
        signups = page.fact("Signups", found.at("metrics", "signups"), "count")
        why = "A broken sign-up form looks the same as a quiet day."
        page.act(1, "Try the sign-up yourself.", why, f"signups: {signups}.")
    listed = found.value.get("quotas")
    for quota in listed if isinstance(listed, list) else ():
        share = _number(quota["used_share"])
        if share is not None and share >= QUOTA_WARN:
            name = _name(evidence, quota["id"])
            used = page.fact(f"{name}: quota used", found.at(quota, "used_share"), "ratio")
            why = "Calls are refused once it is used up."
            page.act(1 if share > QUOTA_ALERT else 2, f"Raise or spare the quota of {name}.", why, f"{used} used.")
    for name, trend in (found.value.get("trends") or {}).items():
        if isinstance(trend, Mapping) and trend.get("value") is False:
            label, unit = LABELS.get(name, (inline(name), "count"))
            rests_on = "its trend."
            if "mean" in trend and name in found.value["metrics"]:
                now = page.fact(label, found.at("metrics", name), unit)
                mean = page.fact(f"{label}: mean of the days before", found.at(trend, "mean"), unit)
                rests_on = f"{now}, mean {mean}."
            page.act(3, f"Look into {label[:1].lower()}{label[1:]}.", "It is below its recent mean.", rests_on)


def _name(evidence: Evidence, system: str) -> str:
    """What the system with this id is called, as far as this run has asked it."""
    health = evidence.of("getSystemHealth", "overall", "components", "recommendations")
    asked = [] if health is None or health.unknown else [*health.value["components"], *health.value["integrations"]]
    return inline(next((item["name"] for item in asked if item["id"] == system), system))


def _number(measurement: Any) -> float | None:
    value = measurement.get("value") if isinstance(measurement, Mapping) else None
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None
