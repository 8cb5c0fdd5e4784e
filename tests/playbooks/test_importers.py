"""Reading the earlier system's documents: what they mean is kept, what is assumed is told, nothing is enabled."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from opsbook.playbooks.catalog import Catalog
from opsbook.playbooks.expressions import fill, truth
from opsbook.playbooks.format import format_playbook
from opsbook.playbooks.importers import Imported, import_text
from opsbook.playbooks.importers._expressions import expression, template
from opsbook.playbooks.load import check_playbook, load_playbook
from opsbook.playbooks.model import Playbook, Step
from opsbook.playbooks.suite import texts
from opsbook.sdk.errors import InvalidDefinition, InvalidInput

EARLIER = sorted((Path(__file__).parents[2] / "examples" / "earlier").glob("*.json"))


def document(*steps: dict[str, Any], **more: Any) -> str:
    base = {"id": "from_elsewhere", "name": "X", "agent": "leo", "schedule": "cron", "cronExpression": "0 9 * * *"}
    return json.dumps({**base, "steps": list(steps), **more})


def imported(catalog: Catalog, *steps: dict[str, Any], **more: Any) -> tuple[Playbook, Imported]:
    found = import_text(document(*steps, **more), catalog)
    return load_playbook(found.text, catalog), found


def step(playbook: Playbook, name: str) -> Step:
    return next(one for _, one in playbook.every_step() if one.id == name)


def codes(found: Imported) -> list[str]:
    return [warning.code for warning in found.warnings]


STATUS = {
    "id": "check", "type": "tool_call", "tool": "getIntegrationStatus", "config": {"includeLatency": True},
    "storeResultAs": "integration_status",
}  # fmt: skip
FLAG = {
    "id": "any", "type": "condition", "condition": "any_offline",
    "config": {"expression": 'integration_status.some(s => s.status === "offline")'},
}  # fmt: skip


@pytest.mark.parametrize("path", EARLIER, ids=lambda path: path.stem)
def test_the_operational_documents_run_as_they_stand(path: Path, catalog: Catalog) -> None:
    found = import_text(path.read_text("utf-8"), catalog, file=path.name)
    playbook, problems = check_playbook(found.text, catalog)
    assert found.dialect == "a"
    assert playbook is not None
    assert problems == ()
    assert playbook.id == path.stem
    assert not playbook.enabled
    assert playbook.timezone == "America/New_York"
    assert {"timezone_assumed", "disabled"} <= set(codes(found))
    assert "switched_off" not in codes(found)
    earlier = json.loads(path.read_text("utf-8"))
    assert [one.id for one in playbook.steps] == [one["id"] for one in earlier["steps"]]
    assert all(str(warning).startswith(f"{path.name}:") for warning in found.warnings)


@pytest.mark.parametrize("path", EARLIER, ids=lambda path: path.stem)
def test_importing_and_exporting_again_changes_no_byte(path: Path, catalog: Catalog) -> None:
    once = import_text(path.read_text("utf-8"), catalog).text
    exported = format_playbook(once, catalog)
    again = import_text(exported, catalog)
    assert (again.dialect, again.warnings) == ("own", ())
    assert once == exported == again.text


def test_all_four_are_there() -> None:
    assert [path.stem for path in EARLIER] == sorted(texts())


def test_a_condition_sets_its_flag_and_others_read_it(catalog: Catalog) -> None:
    quiet = {
        "id": "quiet",
        "type": "notify",
        "condition": "!any_offline",
        "config": {"channels": ["dashboard"], "message": "ok"},
    }
    playbook, _ = imported(catalog, STATUS, FLAG, quiet)
    assert step(playbook, "any").fields.gives() == {"any_offline"}
    assert step(playbook, "any").when is None
    assert step(playbook, "quiet").when == "!any_offline"


def test_a_condition_may_read_a_flag_and_set_another(catalog: Catalog) -> None:
    both = {
        "id": "both",
        "type": "condition",
        "condition": "worse",
        "config": {"expression": "any_offline && integration_status.length > 3"},
    }
    late = {"id": "late", "type": "notify", "condition": "worse", "config": {"channels": ["slack"], "message": "x"}}
    playbook, found = imported(catalog, STATUS, FLAG, both, late)
    assert step(playbook, "late").when == "worse"
    names = {"any_offline": True, "integration_status": [1, 2, 3, 4]}
    assert truth(step(playbook, "both").fields.if_, names) is True  # type: ignore[attr-defined]
    assert "switched_off" not in codes(found)


def test_offline_services_are_derived_from_the_status(catalog: Catalog) -> None:
    config = {"channels": ["email"], "to": "owner@example.com", "priority": "high"}
    config["message"] = "Down: {{offline_services}}."
    tell = {"id": "tell", "type": "notify", "condition": "any_offline", "config": config}
    playbook, found = imported(catalog, STATUS, FLAG, tell)
    status = [
        {"name": "Pay", "status": "offline"},
        {"name": "Mail", "status": "online"},
        {"name": "Chat", "status": "offline"},
    ]
    body = step(playbook, "tell").fields.body  # type: ignore[attr-defined]
    assert fill(body, {"integration_status": status}) == "Down: Pay, Chat."
    assert "derived" in codes(found)
    assert step(playbook, "tell").fields.severity == "high"  # type: ignore[attr-defined]


def test_what_is_not_understood_is_kept_and_switched_off(catalog: Catalog) -> None:
    odd = {"id": "odd", "type": "send_fax", "config": {"number": "{{x}}"}, "storeResultAs": "fax"}
    no_tool = {"id": "lost", "type": "tool_call", "tool": "getWeather", "config": {}}
    stranger = {"id": "who", "type": "delegate", "agent": "nobody", "config": {"task": "x"}}
    playbook, found = imported(catalog, odd, no_tool, stranger, STATUS)
    for name in ("odd", "lost", "who"):
        assert step(playbook, name).when == "false"
    kept = playbook.labels["switched_off_steps"]
    assert kept["odd"]["earlier"] == odd
    assert codes(found).count("switched_off") == 3


def test_a_guard_that_nobody_understands_never_counts_as_true(catalog: Catalog) -> None:
    for guard in ("{{a.b", "now < 2026-01-31T00:00:00Z", "flag === ", "some words here"):
        tell = {"id": "tell", "type": "notify", "condition": guard, "config": {"channels": ["email"], "message": "x"}}
        playbook, found = imported(catalog, STATUS, tell)
        assert step(playbook, "tell").when == "false"
        assert {"guard", "switched_off"} & set(codes(found))


def test_a_guard_on_what_no_step_gives_switches_the_step_off(catalog: Catalog) -> None:
    tell = {"id": "tell", "type": "notify", "condition": "never_set", "config": {"channels": ["email"], "message": "x"}}
    playbook, found = imported(catalog, STATUS, tell)
    assert step(playbook, "tell").when == "false"
    (warning,) = [one for one in found.warnings if one.code == "switched_off"]
    assert "No earlier step sets the flag `never_set`." in warning.sentence


def test_an_import_is_never_enabled_in_any_dialect(catalog: Catalog) -> None:
    for text in texts().values():
        found = import_text(text, catalog)
        assert found.dialect == "own"
        assert not load_playbook(found.text, catalog).enabled
        assert codes(found) == ["disabled"]
    bare = "id: a_playbook\nname: A\nsteps:\n  - {id: w, type: wait, for: 1s}\n"
    assert not load_playbook(import_text(bare, catalog).text, catalog).enabled


def test_a_message_without_text_says_the_report(catalog: Catalog) -> None:
    report = {"id": "synthesize_report", "type": "synthesize", "config": {"template": "{{integration_status}}"}}
    send = {
        "id": "send",
        "type": "notify",
        "config": {"channels": ["email", "pager"], "recipients": ["owner@example.com"], "subject": "R"},
    }
    playbook, found = imported(catalog, STATUS, report, send)
    assert step(playbook, "send").fields.body == "{{ incident_report }}"  # type: ignore[attr-defined]
    assert {"body", "template", "saved", "left_out"} <= set(codes(found))


def test_criteria_and_rules_become_ours(catalog: Catalog) -> None:
    number = "integration_status.length"
    criteria = [{"id": "few", "metric": number, "op": ">", "value": 2}, {"id": "odd", "metric": 3}]
    rules = [
        {"id": "none", "metric": number, "op": "==", "value": 0, "severity": "high"},
        {"id": "bad", "expression": "no_such_name > 1"},
    ]
    playbook, found = imported(
        catalog, STATUS, criteria=criteria, alertRules=rules, timezone="Europe/Berlin", timeoutSeconds=120
    )
    assert [one.expr for one in playbook.success] == ["integration_status.length > 2"]
    assert [one.id for one in playbook.alerts] == ["none"]
    assert playbook.timezone == "Europe/Berlin"
    assert playbook.policy.timeout.total_seconds() == 120
    assert "timezone_assumed" not in codes(found)


def test_ids_events_and_unknown_keys_are_told(catalog: Catalog) -> None:
    text = document(STATUS, id="Ops: Daily!", triggerEvents=["order.created"], favourite="blue")
    found = import_text(text, catalog)
    playbook = load_playbook(found.text, catalog)
    assert playbook.id == "ops_daily"
    assert playbook.labels["favourite"] == "blue"
    assert [trigger.event for trigger in playbook.triggers] == [None, "order.created"]
    assert {"renamed", "event", "kept"} <= set(codes(found))


@pytest.mark.parametrize(
    ("earlier", "ours"),
    [
        ("flag", "flag"),
        ("!flag", "!flag"),
        ("{{a.flag}}", "a.flag"),
        ('list.some(x => x.status === "offline")', 'list.some(x => x.status === "offline")'),
        ("list.length > 0", "list.length > 0"),
        ("{{a.list.length > 0}}", "a.list.length > 0"),
        ("{{a.list.length}} > 0", "a.list.length > 0"),
        ("{{a.n}} > 10", "a.n > 10"),
        ("{{trigger.type == 'x'}}", "trigger.type == 'x'"),
        ("{{a.status != 'healthy'}}", "a.status != 'healthy'"),
        ('{{r.s !== "fail"}}', 'r.s !== "fail"'),
        ("{{a.flag && b.flag}}", "a.flag && b.flag"),
        ("{{not x}}", "!x"),
        ("{{x and y}}", "x && y"),
        ("{{x or y}}", "x || y"),
        ("{{not (x and y)}}", "!(x && y)"),
        ("{{a}} && {{b or c}}", "a && (b || c)"),
        ("name == 'this and that'", "name == 'this and that'"),
        ("items | length > 0", "items.length > 0"),
        ("{{a.b | default(c.d)}}", "(a.b ?? c.d)"),
        ("{{steps.s.outputs.k}}", "steps.s.output.k"),
        ("now < 2026-01-31T00:00:00Z", None),
        ("{{a.b", None),
        ("x = 1", None),
    ],
)
def test_every_form_of_guard_that_was_seen(earlier: str, ours: str | None) -> None:
    assert expression(earlier) == ours


def test_blocks_of_texts_become_ours() -> None:
    text = template("{{#each rows}}- {{this.name}}: {{ this.n }}\n{{/each}}{{#if many}}many{{else}}few{{/if}}")
    assert text is not None
    names = {"rows": [{"name": "a", "n": 1}, {"name": "b", "n": 2}], "many": False}
    assert fill(text, names) == "- a: 1\n- b: 2\nfew"


def test_what_is_no_document_is_refused(catalog: Catalog) -> None:
    with pytest.raises(InvalidDefinition):
        import_text("{", catalog)
    with pytest.raises(InvalidDefinition):
        import_text("[1, 2]", catalog)
    with pytest.raises(InvalidInput) as unknown:
        import_text('{"a": 1}', catalog)
    assert "--dialect" in unknown.value.cure
    with pytest.raises(InvalidInput) as missing:
        import_text(document(STATUS), catalog, "z")
    assert "a, own" in missing.value.cure
