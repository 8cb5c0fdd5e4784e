"""Reports: complete, readable, and not one figure that the evidence does not carry."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from opsbook.agents import wording
from opsbook.agents.evidence import Evidence
from opsbook.agents.page import Fact, Page
from opsbook.agents.writer import compose, markdown
from opsbook.playbooks.expressions import evaluate
from opsbook.sdk.errors import InvalidInput
from opsbook.sdk.step import RunFacts
from opsbook.sdk.values import Unknown
from opsbook.sdk.work import Writing

KINDS = {"health_report": "health", "growth_report": "growth", "incident_report": "incident", "report": "health"}


def write(kind: str, evidence: dict[str, Any], run: RunFacts, *sections: str) -> str:
    writing = Writing("leo", kind, sections=sections)
    return markdown(writing, compose(writing, run, Evidence(evidence)))


def leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        yield len(value)
        for part in value.values():
            yield from leaves(part)
    elif isinstance(value, list | tuple):
        yield len(value)
        for part in value:
            yield from leaves(part)
    else:
        yield value


def allowed_digits(evidence: dict[str, Any], run: RunFacts) -> set[str]:
    """Every group of digits that a reading of the evidence may show."""
    texts = [wording.moment(run.as_of, run.timezone)]
    for leaf in leaves(evidence):
        if isinstance(leaf, bool) or leaf is None:
            continue
        if isinstance(leaf, int | float):
            texts += [show(leaf) for show in wording.UNITS.values()]
        else:
            texts.append(str(leaf))
            if re.match(r"^\d{4}-\d\d-\d\dT", leaf):
                texts.append(wording.moment(datetime.fromisoformat(leaf), run.timezone))
    statuses = [leaf for leaf in leaves(evidence) if isinstance(leaf, str)]
    texts += [str(statuses.count(status)) for status in set(statuses)]
    return {group for text in texts for group in digits(text)}


def digits(text: str) -> list[str]:
    return re.findall(r"\d[\d,.]*\d|\d", text)


def formulas_of(page: Page, evidence: dict[str, Any]) -> set[str]:
    """The digits of figures that are made by a declared formula: it gives them when it is evaluated anew."""
    made = [fact for fact in page.facts if fact.path and value_at(fact, evidence) == fact.value]
    return {group for fact in made for group in digits(fact.text)}


def value_at(fact: Fact, evidence: dict[str, Any]) -> Any:
    """What a fact's path gives over the names of its run."""
    steps = {one["step_id"]: {"output": one["value"], "figures": one["figures"]} for one in evidence.values()}
    names = {name: one["value"] for name, one in evidence.items()}
    found = evaluate(fact.path, {**names, "steps": steps})
    return found["value"] if isinstance(found, dict) and "value" in found else found


def without_numbering(text: str) -> str:
    return re.sub(r"^\d+\. ", "", text, flags=re.MULTILINE)


@pytest.mark.parametrize("kind", KINDS)
def test_every_figure_of_a_report_stands_in_the_evidence(
    kind: str, run_facts: RunFacts, request: pytest.FixtureRequest
) -> None:
    evidence = request.getfixturevalue(KINDS[kind])
    text = without_numbering(write(kind, evidence, run_facts))
    page = compose(Writing("leo", kind), run_facts, Evidence(evidence))
    invented = set(digits(text)) - allowed_digits(evidence, run_facts) - formulas_of(page, evidence) - {"1"}
    assert not invented, f"{invented} in:\n{text}"


@pytest.mark.parametrize("kind", KINDS)
def test_every_fact_of_a_report_is_found_again_at_its_path(
    kind: str, run_facts: RunFacts, request: pytest.FixtureRequest
) -> None:
    evidence = request.getfixturevalue(KINDS[kind])
    page = compose(Writing("leo", kind), run_facts, Evidence(evidence))
    lost = [fact for fact in page.facts if not fact.path and not fact.label.startswith("Window")]
    assert not lost
    for fact in page.facts:
        if fact.unit in ("count", "cents", "ratio", "ms", "seconds", "time"):
            found = value_at(fact, evidence) if fact.path else fact.value
            assert found == fact.value or fact.label.endswith("not judged"), (fact.label, fact.path, found)


def test_a_health_report_says_first_what_is_wrong(health: dict[str, Any], run_facts: RunFacts) -> None:
    text = write("health_report", health, run_facts)
    summary = text.split("## Summary")[1].split("##")[0]
    assert "Offline: Pay Gate." in summary
    assert "Degraded: Mail Box." in summary
    assert "$45,678.90 a month" in summary
    table = text.split("## Integrations")[1]
    assert table.index("Pay Gate") < table.index("Mail Box") < table.index("Calendar") < table.index("Spare")
    assert "-32.0 %" in text
    assert "| 17 |" in text
    assert "Tue 24 Nov 2026, 09:00 EST" in text
    assert "Written by the deterministic renderer; no model was asked." in text


def test_action_items_come_most_urgent_first_with_their_evidence(health: dict[str, Any], run_facts: RunFacts) -> None:
    items = write("health_report", health, run_facts).split("## Action items")[1].split("##")[0]
    assert re.findall(r"\*\*(High|Normal|Low):", items) == ["High", "High", "High", "Low"]
    assert "7 failures in a row" in items
    assert "87.0 % used" in items
    assert all("_Evidence: " in line for line in items.strip().splitlines())


def test_what_is_unknown_says_why_and_is_never_zero(health: dict[str, Any], run_facts: RunFacts) -> None:
    text = write("health_report", health, run_facts)
    line = next(line for line in text.splitlines() if line.startswith("| Consumer orders"))
    assert line.count("not measured") == 3
    assert "0" not in line
    missing = text.split("## What could not be measured")[1]
    assert "Active users: trend: fewer than 3 daily snapshots" in missing
    assert text.count("orders were never loaded") == 1  # said once, for all that it is the reason of
    assert re.search(r"- Consumer orders \(value\), .* and .*: orders were never loaded", missing)


def test_text_from_outside_cannot_add_markup(health: dict[str, Any], run_facts: RunFacts) -> None:
    text = write("health_report", health, run_facts)
    assert "<b>" not in text.replace("\\<b", "")
    assert "[here](" not in text.replace("\\[here\\](", "")
    row = next(line for line in text.splitlines() if line.startswith("| Pay Gate"))
    assert len(re.findall(r"(?<!\\)\|", row)) == 6


def test_a_growth_report_names_the_organisations_behind_the_movements(
    growth: dict[str, Any], run_facts: RunFacts
) -> None:
    text = write("growth_report", growth, run_facts)
    assert "| Harbor\\|Lane | churned | $912.34 | $0.00 |" in text
    assert "| Elm Row | new | $0.00 | $1,200.00 |" in text
    assert "+1.5 %" in text
    assert "| North Pier | high | no login (last on 2026-10-02); tickets open | $499.00 |" in text
    assert "Whether Quay Nine is at risk: a signal could not be read" in text
    plan = text.split("## Action plan")[1]
    assert plan.index("Ask the organisations that left why") < plan.index("Collect what is past due")
    assert "Signup conversion: 11.2 %" in text or "Signup conversion: 11.1 %" in text


def test_an_incident_report_says_since_when_and_on_whose_side(incident: dict[str, Any], run_facts: RunFacts) -> None:
    text = write("incident_report", incident, run_facts)
    assert "### Pay Gate" in text
    assert "Down since: Tue 24 Nov 2026, 02:00 EST" in text
    assert "Last answer: Mon 23 Nov 2026, 17:41 EST" in text
    assert "It lies with the vendor: it answered with an error of its own." in text
    assert "missing: webhook_secret; present: api_key; last refused Thu 1 Oct 2026, 04:00 EDT" in text
    assert "70.8 % of the probes in the window answered" in text
    assert "### Mail Box" not in text
    assert "up for 68.8 % of the time, of which 95.8 % is known" in text
    assert "The refresh token ends Tue 1 Dec 2026, 03:00 EST, to be renewed by a person" in text


def test_a_slow_system_that_an_incident_report_names_is_a_fact_of_it(
    incident: dict[str, Any], run_facts: RunFacts
) -> None:
    page = compose(Writing("leo", "incident_report"), run_facts, Evidence(incident))
    assert ("Mail Box: status", "degraded") in {(fact.label, fact.text) for fact in page.facts}


def test_a_system_under_maintenance_is_no_incident_and_says_why(
    incident: dict[str, Any], health: dict[str, Any], run_facts: RunFacts
) -> None:
    window = {"maintenance": True, "maintenance_window": {"until": "2026-11-25T02:00:00+00:00", "reason": "New rack"}}
    for item in incident["integration_status"]["value"]:
        item.update(window if item["status"] == "offline" else {})
    text = write("incident_report", incident, run_facts)
    assert "Offline: Pay Gate (maintenance: New rack)." in text
    assert "### Pay Gate" not in text
    assert "status page" not in text
    for item in health["health_status"]["value"]["integrations"]:
        item.update(window if item["status"] == "degraded" else {})
    assert "| degraded (maintenance: New rack) |" in write("health_report", health, run_facts)


def test_a_report_without_evidence_claims_nothing(run_facts: RunFacts) -> None:
    for kind in (*KINDS, "churn_report"):
        text = write(kind, {}, run_facts)
        assert "healthy." not in text
        assert "$" not in text
    assert "System health and Platform figures: no step of this run asked for it" in write(
        "health_report", {}, run_facts
    )


def test_an_answer_that_is_unknown_is_told_with_its_reason(run_facts: RunFacts) -> None:
    lost = Unknown("check was failed: it took too long").as_json()
    evidence = {"health_status": {"value": lost, "tool": "getSystemHealth", "step_id": "check"}}
    assert "- System health: check was failed: it took too long" in write("health_report", evidence, run_facts)


def test_picked_sections_keep_what_could_not_be_measured(health: dict[str, Any], run_facts: RunFacts) -> None:
    text = write("health_report", health, run_facts, "summary", "errors")
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == ["Summary", "Errors", "What could not be measured"]
    assert "orders were never loaded" in text


def test_an_unknown_kind_or_section_names_the_nearest(health: dict[str, Any], run_facts: RunFacts) -> None:
    with pytest.raises(InvalidInput, match="health_report"):
        write("helth_report", health, run_facts)
    with pytest.raises(InvalidInput, match="action_items"):
        write("health_report", health, run_facts, "action_item")


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    cents=st.integers(-(10**10), 10**10),
    ratio=st.floats(-5, 5, allow_nan=False).map(lambda value: round(value, 6)),
    number=st.integers(0, 10**7),
)
def test_no_value_makes_a_report_invent_a_figure(
    cents: int, ratio: float, number: int, health: dict[str, Any], run_facts: RunFacts
) -> None:
    evidence = json.loads(json.dumps(health))
    for name in ("stats", "platform_stats"):
        metrics = evidence[name]["value"]["metrics"]
        metrics["revenue"]["value"], metrics["revenue"]["change"]["value"] = cents, ratio
        metrics["signups"]["value"] = metrics["errors"]["critical"]["value"] = number
        metrics["errors"]["rate"]["value"] = abs(ratio)
    text = without_numbering(write("health_report", evidence, run_facts))
    actions = {str(count) for count in range(1, 12)}  # the summary counts the urgent ones
    assert not set(digits(text)) - allowed_digits(evidence, run_facts) - actions
