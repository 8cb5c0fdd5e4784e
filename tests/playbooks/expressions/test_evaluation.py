"""Expressions over names: what reading, missing and refusing look like to whoever wrote them."""

from __future__ import annotations

from typing import Any

import pytest

from opsbook.playbooks.expressions import evaluate, parse, truth
from opsbook.sdk.errors import InvalidDefinition

NAMES: dict[str, Any] = {
    "orders": [{"id": 1, "total": 120, "customer": {"name": "Ada"}}, {"id": 2, "total": 80, "customer": None}],
    "count": 2,
    "account": {"owner": None, "plan": "pro", "seats": [1, 2]},
}


def refusal(source: str, names: dict[str, Any] | None = None) -> InvalidDefinition:
    with pytest.raises(InvalidDefinition) as caught:
        evaluate(source, NAMES if names is None else names)
    return caught.value


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("orders.filter(o => o.total > 100).map(o => o.id)", [1]),
        ("orders.reduce((sum, o) => sum + o.total, 0)", 200),
        ("account.owner?.email ?? 'nobody'", "nobody"),
        ("account.missing ?? 'none'", "none"),
        ("account.missing.deeper ?? 'none'", "none"),
        ("missing?.field", None),
        ("missing ?? 1", 1),
        ("missing.field[0].more ?? 1", 1),
        ("account?.missing", None),
        ("account.missing?.deeper.still", None),
        ("account.owner?.email.trim()", None),
        ("(account?.owner)?.x", None),
        ("orders.find(o => o.id === 9)", None),
        ("orders.find(o => o.id === 9)?.total", None),
        ("orders?.[5]", None),
        ("orders[5]?.id ?? 0", 0),
        ("orders.at(-1).id", 2),
        ("account.seats[count - 1]", 2),
        ("account['plan'][0]", "p"),
        ("Object.entries({b: 1, '2': 2})", [["2", 2], ["b", 1]]),
        ("[3, 20, 100].sort()", [100, 20, 3]),
        ("[3, 20, 100].sort((a, b) => a - b)", [3, 20, 100]),
        ("-0", 0),
        ("1e21 + ''.length", 1e21),
        ("'😀'.length", 2),
        ("'\\ud83d' + '\\ude00' === '😀'", True),
        ("['\\ud83d', '\\ude00'].join('')", "😀"),
        ("'\\ude00\\ud83d'.repeat(2).length", 4),
        ("'a' == 'a' && 1 != 2", True),
        ("2 * 3 + 4 * 5 === 26 ? 'yes' : 'no'", "yes"),
    ],
)
def test_an_expression_has_the_value_that_it_reads_as(source: str, expected: Any) -> None:
    assert evaluate(source, NAMES) == expected


@pytest.mark.parametrize(
    ("source", "code", "sentence", "cure"),
    [
        ("ordrs.length", "unknown_name", "There is no ordrs here.", "Did you mean orders?"),
        ("account.pln", "missing", "There is no pln here.", "Did you mean plan?"),
        ("orders.lenght", "missing", "There is no lenght", "Did you mean length?"),
        ("orders[1].customer.name", "missing", "Null has no fields.", "Use ?."),
        ("(account?.owner).email", "missing", "Null has no fields.", "Use ?."),
        ("account?.missing.deeper", "missing", "Null has no fields.", "Use ?."),
        ("orders[7]", "missing", "nothing at this index", "Use ?."),
        ("orders[-1]", "missing", "nothing at this index", "Use ?."),
        ("orders['x']", "expression", "does not fit", "whole numbers"),
        ("orders.fliter(o => true)", "unknown_method", "no method fliter", "Did you mean filter?"),
        ("account.toString()", "unknown_method", "no method toString on an object", "Object.keys"),
        ("count.trim()", "unknown_method", "no method trim on a number", "toFixed"),
        ("count + 'x'", "misfit", "`+` between a number and a text", "String(x)"),
        ("count > '1'", "misfit", "compares a number with a text", "Compare"),
        ("count / 0", "misfit", "divides by zero", "Guard it"),
        ("count % 0", "misfit", "divides by zero", "Guard it"),
        ("!count", "misfit", "must stand a boolean, not a number", "Compare it"),
        ("count && true", "misfit", "must stand a boolean", "Compare it"),
        ("count ? 1 : 2", "misfit", "asks a boolean, not a number", "Compare it"),
        ("orders.filter(o => o.total)", "misfit", "must stand a boolean", "Compare it"),
        ("orders === orders", "misfit", "cannot be compared as a whole", "Compare a field"),
        ("orders.includes(account)", "misfit", "includes: it takes a text, a number", ""),
        ("orders.map(1)", "misfit", "map: it takes a function", ""),
        ("orders.map((a, b, c) => 1)", "misfit", "up to 2 parameters", ""),
        ("orders.slice('1')", "misfit", "slice: it takes a whole number, not a text", ""),
        ("orders.slice(1, 2, 3)", "misfit", "slice: it is given 3 arguments", "integer? integer?"),
        ("[].reduce((a, b) => a)", "misfit", "empty list has no first value", "reduce("),
        ("[1, null].sort()", "misfit", "cannot place null", "Filter it out"),
        ("[2, 1].sort((a, b) => a < b)", "misfit", "gives a boolean, not a number", "(a, b) =>"),
        ("[[1]].join()", "misfit", "a list has no text of its own", "Pick a field"),
        ("Number('12 apples')", "misfit", "not a number", ""),
        ("1e308 * 10", "misfit", "too large", ""),
        ("1e999", "expression", "too large", ""),
        ("count = 3", "expression", "no assignment", "Write =="),
        ("count > ", "expression", "ends too early", ""),
        ("(count", "expression", "Here should be `)`", ""),
        ("'open", "expression", "not closed", ""),
        ("undefined", "expression", "not in the language", "Write null."),
        ("Math.flor(1)", "unknown_method", "no method Math.flor", "Did you mean floor?"),
        ("x => x", "expression", "only be an argument", ""),
        ("count ?? 1 || 2", "expression", "does not mix", "brackets"),
    ],
)
def test_a_refusal_says_what_is_wrong_and_how_to_mend_it(source: str, code: str, sentence: str, cure: str) -> None:
    error = refusal(source)
    assert error.code == code
    assert sentence in error.sentence
    assert cure in error.cure


def test_a_refusal_points_to_the_place() -> None:
    error = refusal("orders.length > 0\n  && acount.plan === 'pro'")
    place = error.problems[0].place
    assert place is not None
    assert (place.line, place.column) == (2, 6)
    assert error.sentence.splitlines()[1:] == ["      && acount.plan === 'pro'", "         ^"]


def test_a_refusal_holds_nothing_that_steers_a_terminal() -> None:
    for source in ("account['\\x1b[31m']", "'\x1b[31m", "account['a\\nb']", "\x1b]0;x\x07", "'\ud83d' + 1", "x\u202e"):
        error = refusal(source)
        assert all(line.isprintable() for line in error.sentence.splitlines())
        assert len(error.sentence.splitlines()) == 3
        assert error.cure.isprintable()


def test_a_long_line_is_shown_around_the_place() -> None:
    lines = refusal("true && " * 20 + "acount.plan === 'pro'" + " && true" * 20).sentence.splitlines()
    assert lines[1][lines[2].index("^") :].startswith("acount")
    assert max(map(len, lines)) < 120


def test_a_name_of_the_context_is_hidden_by_a_parameter_of_the_same_name() -> None:
    assert evaluate("orders.map(count => count.id).concat(count)", NAMES) == [1, 2, 2]


def test_functions_in_functions_see_all_parameters() -> None:
    assert evaluate("[1, 2].map(a => [10, 20].map((b, i) => a * b + i))", {}) == [[10, 21], [20, 41]]


def test_evaluating_changes_nothing_and_repeats() -> None:
    names = {"xs": [3, 1, 2]}
    assert [evaluate("xs.sort().concat(xs.reverse())", names) for _ in range(2)] == [[1, 2, 3, 2, 1, 3]] * 2
    assert names == {"xs": [3, 1, 2]}


def test_numbers_too_large_for_a_double_are_refused_and_large_ones_pass() -> None:
    assert evaluate("x", {"x": 2**80 + 1}) == 2**80 + 1
    assert evaluate("x === x + 1", {"x": 2**60}) is True
    assert "too large" in refusal("x + 1", {"x": 10**400}).sentence
    assert "too large" in refusal("x > 1", {"x": float("inf")}).sentence
    assert "too large" in refusal("Math.round(x)", {"x": float("nan")}).sentence


def test_parsing_names_what_is_read() -> None:
    parsed = parse(
        "steps.x.output.length > 0 && (m ?? n).k && p?.q.r === y['z'].w[0] && xs.map(x => x.a + other).some(b => b)"
    )
    assert parsed.names == {"steps", "m", "n", "p", "y", "xs", "other"}
    assert parsed.paths == {
        ("steps", "x", "output"),
        ("m",),
        ("n",),
        ("p", "q", "r"),
        ("y", "z", "w"),
        ("xs",),
        ("other",),
    }
    assert parsed.strict_names == {"steps", "n", "y", "xs", "other"}
    assert parse("integration_status.some(s => s.status === limit)").paths == {("integration_status",), ("limit",)}


def test_a_truth_is_one_of_three() -> None:
    assert truth("count > 1", NAMES) is True
    assert truth("count > 2", NAMES) is False
    with pytest.raises(InvalidDefinition, match="A condition gives true or false, not a list"):
        truth("orders", NAMES)
