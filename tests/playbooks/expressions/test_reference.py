"""The reference page knows every method, function and pipe, and the limits that hold."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from opsbook.playbooks.expressions import budget, evaluation, fill, lexer, parse, parser, templates, truth
from opsbook.playbooks.expressions.calls import METHODS
from opsbook.playbooks.expressions.functions import FUNCTIONS
from opsbook.playbooks.expressions.pipes import PIPES
from opsbook.sdk.errors import InvalidDefinition

PAGE = (Path(__file__).parents[3] / "docs" / "reference" / "expressions.md").read_text("utf-8")


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind, table in METHODS.items() for name in table])
def test_every_method_stands_in_the_page_with_its_type(kind: str, name: str) -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith(f"| {kind} |")]
    assert any(f"`{name}(" in row for row in rows)


@pytest.mark.parametrize(
    "name", [f"{space}.{name}".lstrip(".") for space, table in FUNCTIONS.items() for name in table]
)
def test_every_function_stands_in_the_page(name: str) -> None:
    assert f"`{name}`" in PAGE or f"`{name}(" in PAGE


@pytest.mark.parametrize("name", PIPES)
def test_every_pipe_stands_in_the_page(name: str) -> None:
    assert re.search(rf"^\| `{name}[`(]", PAGE, re.MULTILINE)


def test_the_page_names_no_method_that_does_not_exist() -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith(("| list |", "| text |", "| number |"))]
    named = {name for row in rows for name in re.findall(r"`(\w+)\(", row)}
    assert named <= {name for table in METHODS.values() for name in table}


def test_the_limits_in_the_page_are_those_of_the_code() -> None:
    figures = [
        f"{lexer.LONGEST:,} bytes",
        f"{parser.DEEPEST} levels",
        f"{parser.TALLEST} links",
        f"{budget.STEPS:,} steps",
    ]
    figures += [
        f"{templates.LONGEST // 1024} KB",
        f"{templates.MOST_TAGS:,} tags",
        f"in {templates.DEEPEST_BLOCK} levels",
    ]
    figures += [f"{budget.BYTES >> 20} MB of values", f"{budget.OUTPUT >> 20} MB, {evaluation.DEEPEST_VALUE} levels"]
    assert [figure for figure in figures if figure not in PAGE] == []


def test_every_example_in_the_page_can_be_read() -> None:
    script, text = re.search(r"```js\n(.*?)```", PAGE, re.DOTALL), re.search(r"```\n(\{% for.*?)```", PAGE, re.DOTALL)
    assert script is not None
    assert text is not None
    for line in script[1].splitlines():
        assert parse(line).names
    names = {
        "integration_status": [{"name": "Mail", "status": "online", "latency_ms": 700}],
        "offline": [],
        "degraded": True,
    }
    assert fill(text[1], names) == "- Mail: online, slow\nWatch it.\n"


def test_the_conditions_of_the_earlier_system_run_as_written() -> None:
    down = {"integration_status": [{"status": "online"}, {"status": "offline"}], "inactive_customers": []}
    assert truth("inactive_customers.length > 0", down) is False
    assert truth('integration_status.some(s => s.status === "offline")', down) is True
    assert truth("!any_offline", {"any_offline": True}) is False


def test_a_misspelt_method_is_refused_before_anything_runs() -> None:
    with pytest.raises(InvalidDefinition, match=r"no method sume.*\n.*\n.*\^") as refusal:
        parse("integration_status.sume(s => s.ok)")
    assert refusal.value.cure == "Did you mean some?"
