"""What is right stays right: meanings that must not be refused, nor warned of."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from opsbook.playbooks.catalog import Catalog
from opsbook.playbooks.load import check_playbook, load_playbook
from opsbook.playbooks.names import BUILT_IN, STEP_FIELDS
from opsbook.runs.journal import Entry, StepStatus
from opsbook.runs.names import built_in, seen
from playbooks.bad import HEAD, WAIT, steps

FLAG = '{id: c, type: condition, if: "today === date", sets: flag}'
RIGHT = {
    "what a step finds, read by the fields of its result": steps(
        "{id: a, type: delegate, agent: leo, to: jack, task: x, output: "
        '{up: {type: boolean, formula: "answer.growth.value > 0"}, told: {type: string, otherwise: summary}}}',
        '{id: b, type: set, values: {up: "{{ steps.a.output.up }}"}}',
    ),
    "a name guarded like the step that gives it": steps(
        FLAG,
        "{id: a, type: set, when: flag, values: {found: 1}}",
        '{id: b, type: set, when: flag, values: {copy: "{{ found }}"}}',
    ),
    "a name asked for together with its flag": steps(
        FLAG,
        "{id: a, type: set, when: flag, values: {found: 1}}",
        '{id: b, type: condition, if: "!flag || found === 1"}',
    ),
    "a name that both branches give": steps(
        '{id: c, type: condition, if: "today === date", then: [{id: a, type: set, values: {found: 1}}], '
        "else: [{id: b, type: set, values: {found: 2}}]}",
        '{id: d, type: condition, if: "found > 0"}',
    ),
    "a name inside the branch that gives it": steps(
        '{id: c, type: condition, if: "today === date", then: [{id: a, type: set, values: {found: 1}}, '
        '{id: b, type: condition, if: "found > 0"}]}'
    ),
    "the same name in two branches beside each other": steps(
        "{id: p, type: parallel, branches: {one: [{id: a, type: set, values: {x: 1}}, "
        '{id: c, type: condition, if: "x === 1"}], two: [{id: b, type: set, values: {x: 2}}]}}'
    ),
    "an item and its index": steps(
        '{id: f, type: foreach, items: "[1, 2]", as: number, do: '
        '[{id: a, type: set, values: {x: "{{ number + index }}"}}]}'
    ),
    "a flag inside its own condition's block": steps(
        '{id: c, type: condition, if: "today === date", sets: flag, then: '
        '[{id: a, type: condition, when: flag, if: "flag"}]}'
    ),
    "an error's step that mends the name": steps(
        "{id: a, type: set, values: {x: 1}, save_as: found, on_error: "
        '{steps: [{id: b, type: set, values: {y: "{{ today }}"}, save_as: found}]}}',
        '{id: c, type: set, values: {z: "{{ found }}"}}',
    ),
    "a set that sets its own again": steps(
        "{id: c, type: condition, if: 'today === date', then: [{id: a, type: set, values: {n: 1}}], "
        "else: [{id: b, type: set, values: {n: 2}}]}"
    ),
    "arguments filled in at run time": HEAD
    + "agent: craig\nsteps:\n  - id: a\n    type: tool_call\n    tool: createReengagementCampaign\n"
    + '    with: {audience: "{{ [] }}", discount: {percent: "{{ 20 }}"}}\n',
    "arguments in camelCase": steps(
        "{id: a, type: tool_call, tool: getSystemHealth, with: {checkFirestore: true, checkIntegrations: false}}"
    ),
    "all arguments as one text": steps(
        '{id: s, type: set, values: {args: {period: last_24_hours}}}',
        '{id: a, type: tool_call, tool: crmGetStats, with: "{{ args }}"}',
    ),
    "names with a default": steps('{id: a, type: set, values: {x: "{{ inputs?.region ?? 1 }}"}}').replace(
        "steps:", "inputs: {region: {type: string}}\nsteps:"
    ),
    "finally reads what the steps gave": steps("{id: a, type: set, values: {x: 1}}")
    + 'finally: [{id: z, type: set, values: {y: "{{ x }}"}}]\n',
    "a rule's subject": steps(WAIT)
    + 'alerts: [{id: r, expr: "true", subjects: "[{}]", key: "{{ subject.id }}", thread: "t:{{ subject.id }}"}]\n',
    "an event by its name and below one, read where it is known": steps(
        '{id: a, type: set, when: "trigger.type === \'event\'", values: {x: "{{ event.data.amount }}", '
        'y: "{{ trigger.event_id }}"}}'
    ).replace("steps:", "triggers: [{event: billing.invoice.paid}, {event: billing.*}]\nsteps:"),
    "every name that a run has": steps(
        "{id: a, type: set, values: {x: ['{{ today }}', '{{ date }}', '{{ week_start }}', '{{ week_end }}', "
        "'{{ week_number }}', '{{ scheduled_for }}', '{{ trigger.type }}', '{{ people.owner }}', '{{ run.id }}', "
        "'{{ playbook.version }}']}}"
    ),
}  # fmt: skip


@pytest.mark.parametrize("text", RIGHT.values(), ids=RIGHT.keys())
def test_what_is_right_has_no_problem(text: str, catalog: Catalog) -> None:
    playbook, problems = check_playbook(text, catalog)
    assert [str(problem) for problem in problems] == []
    assert playbook is not None


def test_the_language_knows_exactly_the_names_that_a_run_has(catalog: Catalog) -> None:
    run = {
        "id": "r", "trigger": "manual", "dry_run": False, "version": 1, "inputs": {}, "timezone": "UTC",
        "as_of": datetime(2026, 11, 24, tzinfo=UTC),
    }  # fmt: skip
    names = built_in(load_playbook(steps(WAIT), catalog), run, {})
    assert {*names, "steps"} == set(BUILT_IN)


def test_the_language_knows_exactly_the_fields_that_a_step_has() -> None:
    at = datetime(2026, 11, 24, tzinfo=UTC)
    entry = Entry("steps/0", "a", "set", "", StepStatus.COMPLETED, at, at, value=1)
    found = seen(entry)
    assert isinstance(found, dict)
    assert set(found) == set(STEP_FIELDS)


def test_a_published_playbook_may_be_called_and_no_other(catalog: Catalog) -> None:
    known = replace(catalog, playbooks=frozenset({"other_one"}))
    assert check_playbook(steps("{id: a, type: playbook, playbook: other_one}"), known)[0]
    _, problems = check_playbook(steps("{id: a, type: playbook, playbook: othr_one}"), known)
    assert [problem.code for problem in problems] == ["unknown_playbook"]
