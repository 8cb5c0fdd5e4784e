"""Whatever is evaluated ends soon and stays small: bombs made by hand, and any program that a generator finds."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsbook.playbooks.expressions import evaluate, fill, parse, parse_template
from opsbook.playbooks.expressions.budget import STEPS, Budget
from opsbook.playbooks.expressions.evaluation import DEEPEST_VALUE
from opsbook.sdk.errors import InvalidDefinition
from playbooks.expressions import bombs
from playbooks.expressions.generator import Generator
from playbooks.expressions.stirring import stirred

LIMITS = {"too_much_work", "too_much_memory", "too_much_output", "too_deep", "too_long"}


def code(source: str, names: dict[str, Any] | None = None, *, template: bool = False) -> str:
    """The code of the refusal."""
    with pytest.raises(InvalidDefinition) as refusal:
        (fill if template else evaluate)(source, names or bombs.names())
    return refusal.value.code


@pytest.mark.parametrize("source", bombs.PROGRAMS, ids=lambda source: source[:50].encode("ascii", "replace").decode())
def test_a_bomb_takes_little_time(source: str) -> None:
    assert bombs.time_of(source) < bombs.MOST_MS


@pytest.mark.parametrize("text", bombs.TEMPLATES, ids=lambda text: text[:50].encode("ascii", "replace").decode())
def test_a_bomb_in_a_text_takes_little_time(text: str) -> None:
    assert bombs.time_of(text, template=True) < bombs.MOST_MS


def test_greedy_bombs_take_little_memory() -> None:
    assert [source for source in bombs.GREEDY if bombs.memory_of(source) >= bombs.MOST_BYTES] == []


@pytest.mark.slow
def test_no_bomb_takes_much_memory() -> None:
    assert [source for source in bombs.PROGRAMS if bombs.memory_of(source) >= bombs.MOST_BYTES] == []
    assert [text for text in bombs.TEMPLATES if bombs.memory_of(text, template=True) >= bombs.MOST_BYTES] == []


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("nums.every(x => nums.every(y => y >= 0))", "too_much_work"),
        ("'x'.repeat(1e9)", "too_much_memory"),
        ("nums.reduce((a, x) => a + a, 'ab')", "too_much_memory"),
        ("'é'.repeat(1100000)", "too_much_memory"),
        ("nums.reduce((a, x) => a.concat(a), [1])", "too_much_memory"),
        ("nums.map(x => long)", "too_much_output"),
        ("nums.reduce((a, x) => [a], 0)", "too_deep"),
        ("[" * 41 + "]" * 41, "too_deep"),
        ("1+" * 101 + "1", "too_deep"),
        ("'" + "a" * 4095 + "'", "too_long"),
        ("1" + " " * 4096, "too_long"),
    ],
)
def test_a_refusal_says_which_limit_was_met(source: str, expected: str) -> None:
    assert code(source) == expected


def test_a_text_is_refused_beyond_its_size_its_tags_and_its_output() -> None:
    assert code("{{ 1 }}" + "x" * 65_536, template=True) == "too_long"
    assert code("{{ 1 }}" * 1_001, template=True) == "too_long"
    assert code("{% if true %}" * 9 + "{% endif %}" * 9, template=True) == "too_deep"
    assert code("{{ long }}{{ long }}", template=True) == "too_much_output"


def test_what_is_within_the_limits_is_evaluated() -> None:
    assert evaluate("[" * 39 + "1" + "]" * 39 + ".length", {}) == 1
    assert evaluate(" || ".join(["n === 1"] * 60), {"n": 2}) is False
    assert evaluate("'" + "a" * 4000 + "'.length", {}) == 4000
    assert evaluate("s + s", {"s": "x" * 500_000}) == "x" * 1_000_000
    assert fill("{{ 1 }}" * 1_000, {}) == "1" * 1_000
    assert len(str(fill("x" * 65_000 + "{{ 1 }}", {}))) == 65_001


def test_a_condition_over_ten_thousand_items_is_far_from_the_limits() -> None:
    rows = [{"status": "online", "latency_ms": i, "name": f"s{i}"} for i in range(10_000)]
    source = 'rows.filter(r => r.status === "online" && r.latency_ms > 500 && r.name !== "").length'
    assert evaluate(source, {"rows": rows}) == 9_499


def test_a_name_alone_may_hold_more_than_an_expression_may_make() -> None:
    large = {"rows": ["x" * 1_000] * 5_000}
    assert evaluate("rows", large) == large["rows"]
    assert code("rows.slice(0)", large) == "too_much_output"


def test_every_evaluation_has_a_budget_of_its_own() -> None:
    names = {"nums": list(range(10_000))}
    assert {evaluate("nums.every(n => n >= 0)", names) for _ in range(40)} == {True}


def test_all_expressions_of_one_text_share_a_budget() -> None:
    names = {"nums": list(range(10_000))}
    assert code("{{ nums.every(n => n >= 0) }}" * 40, names, template=True) == "too_much_work"


def test_a_charge_beyond_the_budget_is_refused_before_the_work() -> None:
    budget = Budget()
    with pytest.raises(InvalidDefinition, match="steps"):
        budget.spend(STEPS + 1)


def test_the_deepest_program_runs_where_much_of_the_stack_is_taken() -> None:
    def below(levels: int) -> Any:
        if levels:
            return below(levels - 1)
        nest = "[1].map(a => (" * 17 + "[[[[1]]]]" + "))" * 17
        chain = "1+" * 55 + "1"
        return evaluate(f"{nest}.length", {}), evaluate("(" * 39 + chain + ")" * 39, {})

    assert below(sys.getrecursionlimit() // 3)[1] == 56


def test_values_leave_up_to_the_depth_that_is_written_down() -> None:
    names = {"nums": list(range(DEEPEST_VALUE))}
    assert evaluate("nums.reduce((a, x) => [a], 0)", names)
    assert code("nums.concat([1, 2]).reduce((a, x) => [a], 0)", names) == "too_deep"


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 10**9))
def test_any_generated_program_over_a_large_context_ends_in_time(seed: int) -> None:
    assert bombs.time_of(Generator(seed).case()[0]) < bombs.MOST_MS


@pytest.mark.slow
@settings(max_examples=200, deadline=None)
@given(st.integers(0, 10**9))
def test_any_generated_program_over_a_large_context_stays_small(seed: int) -> None:
    assert bombs.memory_of(Generator(seed).case()[0]) < bombs.MOST_BYTES


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(source: str) -> None:
    for read in (parse, parse_template):
        try:
            read(source)
        except InvalidDefinition:
            continue


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 10**9))
def test_any_stirred_program_gives_a_value_or_a_refusal_with_a_place(seed: int) -> None:
    for source, names in stirred(seed, 1):
        refusal = refused(source, names)
        assert refusal is None or refusal.code in LIMITS or refusal.problems[0].place


def refused(source: str, names: dict[str, Any]) -> InvalidDefinition | None:
    try:
        evaluate(source, names)
    except InvalidDefinition as refusal:
        return refusal
    return None
