"""What changed between two playbooks, by meaning."""

from __future__ import annotations

import pytest

from opsbook.playbooks.catalog import Catalog
from opsbook.playbooks.diff import Change, capabilities, compare, render, schedule_words
from opsbook.playbooks.format import format_playbook
from opsbook.playbooks.load import load_playbook
from opsbook.playbooks.model import Playbook
from opsbook.playbooks.suite import texts
from playbooks.bad import steps

MONITOR = texts()["ops_integration_monitor"]


def changed(old: str, new: str, catalog: Catalog, text: str = MONITOR) -> list[Change]:
    assert old in text
    before, after = load_playbook(text, catalog), load_playbook(text.replace(old, new, 1), catalog)
    return list(compare(before, after, catalog).changes)


def test_layout_and_comments_are_no_change(catalog: Catalog) -> None:
    loose = MONITOR.replace("    type: condition\n", "    type:   'condition'   # what it is\n").replace(
        "timeout: 1m", "timeout: 60s"
    )
    assert loose != MONITOR
    found = compare(load_playbook(MONITOR, catalog), load_playbook(loose, catalog), catalog)
    assert found.changes == ()
    assert render(found) == "The two playbooks mean the same.\n"
    assert found.as_json() == {"same": True, "changes": []}


def test_a_schedule_is_told_in_words(catalog: Catalog) -> None:
    (change,) = changed('cron: "0 * * * *"', 'cron: "30 9 * * 1-5"', catalog)
    assert (change.kind, change.what, change.key) == ("changed", "trigger", "cron")
    before = load_playbook(MONITOR, catalog)
    after = load_playbook(MONITOR.replace('"0 * * * *"', '"30 9 * * 1-5"'), catalog)
    assert "(Monday to Friday at 09:30)" in render(compare(before, after))


def test_a_changed_key_is_told_with_its_step_and_both_values(catalog: Catalog) -> None:
    assert changed("hours: 24", "hours: 48", catalog) == [
        Change("changed", "step", "delegate_investigation", "tools[0].with.hours", 24, 48)
    ]
    assert changed("    severity: high\n", "    severity: low\n", catalog) == [
        Change("changed", "step", "alert_on_failure", "severity", "high", "low")
    ]


def test_steps_come_go_and_move_by_their_ids(catalog: Catalog) -> None:
    one, two, three = (f"{{id: {name}, type: wait, for: 1s}}" for name in ("one", "two", "three"))
    before = load_playbook(steps(one, two, three), catalog)
    after = load_playbook(steps(three, one, "{id: four, type: wait, for: 2s}"), catalog)
    found = [(change.kind, change.id) for change in compare(before, after).changes]
    assert found == [("moved", "three"), ("added", "four"), ("removed", "two")]
    moved = compare(before, after).changes[0]
    assert (moved.before, moved.after) == ("steps, after two", "steps, first")


def test_a_step_that_moves_into_a_block_is_moved_and_not_new(catalog: Catalog) -> None:
    check = '{id: check, type: condition, if: "today === date"%s}'
    before = load_playbook(steps(check % "", "{id: pause, type: wait, for: 1s}"), catalog)
    after = load_playbook(steps(check % ", then: [{id: pause, type: wait, for: 1s}]"), catalog)
    assert compare(before, after).changes == (
        Change("moved", "step", "pause", "", "steps, after check", "then of check, first"),
    )


def test_criteria_and_rules_are_compared_by_id(catalog: Catalog) -> None:
    (change,) = changed("> 2000)\n    severity", "> 3000)\n    severity", catalog)
    assert (change.what, change.id, change.key) == ("alert", "latency_high", "expr")
    (gone,) = changed(MONITOR[MONITOR.index("  - id: no_answer_for_two_hours") :], "", catalog)
    assert (gone.kind, gone.what, gone.id) == ("removed", "alert", "no_answer_for_two_hours")


def test_what_reaches_further_is_marked(catalog: Catalog) -> None:
    craig = "  - id: draft\n    type: tool_call\n    agent: craig\n    tool: createReengagementCampaign\n"
    craig += '    with: {audience: "{{ integration_status }}"}\n\n'
    at = "  - id: delegate_investigation"
    before, after = load_playbook(MONITOR, catalog), load_playbook(MONITOR.replace(at, craig + at, 1), catalog)
    found = compare(before, after, catalog)
    assert {(change.key, change.id) for change in found.grants} == {
        ("tools", "createReengagementCampaign"), ("agents", "craig"),
    }  # fmt: skip
    assert "! may now use tool createReengagementCampaign, which does more than read\n" in render(found)
    back = compare(after, before, catalog)
    assert back.grants == ()
    assert "- no longer uses agent craig\n" in render(back)


def test_a_delegate_without_tools_reaches_its_agents_own_tool(catalog: Catalog) -> None:
    text = "id: a_playbook\nname: A\nagent: leo\nsteps: [{id: a, type: delegate, to: pops, task: x}]\n"
    assert capabilities(load_playbook(text, catalog), catalog).tools == {"getSignupAnalytics"}


@pytest.mark.parametrize(
    ("cron", "words"),
    [
        ("0 9 * * 1-5", "Monday to Friday at 09:00, America/New_York"),
        ("0 8 * * 1", "Monday at 08:00, America/New_York"),
        ("0 * * * *", "every hour, America/New_York"),
        ("15 * * * *", "every hour at minute 15, America/New_York"),
        ("*/5 * * * *", "every 5 minutes, America/New_York"),
        ("0 10 * * *", "every day at 10:00, America/New_York"),
        ("5 7 * * 0,6", "Sunday and Saturday at 07:05, America/New_York"),
        ("0 0 1 * *", "cron 0 0 1 * *, America/New_York"),
    ],
)
def test_schedules_in_words(cron: str, words: str) -> None:
    assert schedule_words(cron, "America/New_York") == words


@pytest.mark.parametrize("name", sorted(texts()))
def test_every_playbook_differs_from_itself_in_nothing(name: str, catalog: Catalog) -> None:
    def read(text: str) -> Playbook:
        return load_playbook(text, catalog)

    text = texts()[name]
    assert compare(read(text), read(format_playbook(text, catalog)), catalog).changes == ()
