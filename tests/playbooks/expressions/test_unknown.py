"""What could not be measured stays so: three-valued logic, and nothing certain that rests on a guess."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsbook.playbooks.expressions import evaluate, fill, fill_tree, truth
from opsbook.sdk.errors import InvalidDefinition
from opsbook.sdk.values import Unknown, measured, unknown_in

UNSURE = {"value": None, "status": "unknown", "reason": "the probe timed out"}
NAMES: dict[str, Any] = {
    "u": UNSURE,
    "no": False,
    "yes": True,
    "n": 3,
    "xs": [1, UNSURE, 3],
    "o": {"total": UNSURE, "n": 1},
}
LOST = Unknown("the probe timed out")


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("no && u", False),
        ("u && no", False),
        ("yes && u", LOST),
        ("u && yes", LOST),
        ("yes || u", True),
        ("u || yes", True),
        ("no || u", LOST),
        ("u || no", LOST),
        ("u && u", LOST),
        ("!u", LOST),
        ("u ? 1 : 2", LOST),
        ("u === 1", LOST),
        ("u !== null", LOST),
        ("u == u", LOST),
        ("u > 1", LOST),
        ("1 <= u", LOST),
        ("u + 1", LOST),
        ("'a' + u", LOST),
        ("-u", LOST),
        ("u ?? 0", LOST),
        ("o.total ?? 0", LOST),
        ("u.value", LOST),
        ("u.value ?? 0", LOST),
        ("u.a.b.c", LOST),
        ("u?.a", LOST),
        ("u[0]", LOST),
        ("xs[u]", LOST),
        ("u.length > 0", LOST),
        ("u.some(x => x)", LOST),
        ("u.trim().length", LOST),
        ("Math.max(1, u)", LOST),
        ("Object.keys(u)", LOST),
        ("Array.isArray(u)", LOST),
        ("String(u)", LOST),
        ("xs.length", 3),
        ("xs.slice(0, 1)", [1]),
        ("xs.some(x => x === 3)", True),
        ("xs.some(x => x === 4)", LOST),
        ("xs.every(x => x < 3)", False),
        ("xs.every(x => x < 4)", LOST),
        ("xs.filter(x => x > 1)", LOST),
        ("xs.find(x => x === 1)", 1),
        ("xs.find(x => x === 3)", LOST),
        ("xs.findIndex(x => x === 3)", LOST),
        ("xs.includes(1)", True),
        ("xs.includes(4)", LOST),
        ("xs.includes(u)", LOST),
        ("xs.indexOf(1)", 0),
        ("xs.indexOf(3)", LOST),
        ("xs.join()", LOST),
        ("xs.sort()", LOST),
        ("xs.sort((a, b) => a - b)", LOST),
        ("xs.flat()", LOST),
        ("xs.flatMap(x => x)", LOST),
        ("xs.concat(u)", LOST),
        ("xs.reduce((a, x) => a + x, 0)", LOST),
        ("xs.reverse().length", 3),
        ("xs.map(x => x + 1)[0]", 2),
        ("xs.map(x => x + 1)[1]", LOST),
        ("xs.map(x => x + 1).length", 3),
        ("unknown && no", False),
        ("[unknown, 1].length", 2),
    ],
)
def test_the_answer_is_certain_only_where_no_measurement_could_change_it(source: str, expected: Any) -> None:
    assert evaluate(source, NAMES) == expected


def test_the_first_reason_is_kept() -> None:
    names = {"a": {"value": None, "status": "unknown", "reason": "first"}, "b": {**UNSURE, "reason": "second"}}
    assert evaluate("a > 1 || b > 1", names) == Unknown("first")
    assert evaluate("a + b", names) == Unknown("first")


def test_a_figure_can_be_asked_whether_it_was_measured() -> None:
    assert evaluate("u.status === 'unknown'", NAMES) is True
    assert evaluate("u.reason", NAMES) == "the probe timed out"
    assert evaluate("(u + 1).reason + (u > 1).status", NAMES) == "the probe timed outunknown"
    assert evaluate("f.status === 'ok' && f.value > 1", {"f": measured(2)}) is True
    assert (
        evaluate("f.status", {"f": {"value": None, "status": "not_instrumented", "reason": ""}}) == "not_instrumented"
    )


def test_an_object_with_a_status_of_unknown_and_no_null_value_is_an_ordinary_one() -> None:
    names = {"xs": [{"id": "gmail", "status": "unknown"}, {"id": "drive", "status": "offline"}]}
    assert evaluate("xs.filter(s => s.status === 'unknown').map(s => s.id)", names) == ["gmail"]


def test_a_condition_is_a_boolean_or_unknown() -> None:
    assert truth("u > 1", NAMES) == LOST
    assert truth("n > 1", NAMES) is True
    for source in ("n", "xs", "null", "'true'", "o", "xs.length"):
        with pytest.raises(InvalidDefinition) as refusal:
            truth(source, NAMES)
        assert refusal.value.code == "not_a_condition"


def test_unknowns_inside_a_value_leave_as_objects() -> None:
    assert evaluate("[u, {a: unknown}]", NAMES) == [
        UNSURE,
        {"a": {"value": None, "status": "unknown", "reason": "its expression says unknown for this case"}},
    ]
    assert fill_tree({"a": "{{ u }}", "b": ["{{ n }}"]}, NAMES) == {"a": UNSURE, "b": [3]}


def test_a_text_reads_unknown_and_why() -> None:
    assert (
        fill("total: {{ u }}, {{ o.total }}", NAMES)
        == "total: unknown (the probe timed out), unknown (the probe timed out)"
    )
    assert fill("{{ u }}", NAMES) == LOST
    assert fill("{{ u | money }}", NAMES) == "unknown (the probe timed out)"
    assert fill("{% if u > 1 %}a{% else %}b{% endif %}", NAMES) == "unknown (the probe timed out)"
    assert fill("{% for x in u %}a{% endfor %}", NAMES) == "unknown (the probe timed out)"
    assert fill('{{ u | default("not measured") }}', NAMES) == "not measured"


numbers = st.integers(-3, 3)
texts = st.sampled_from(["", "a", "b", "ab", "10"])
scalars = st.one_of(numbers, texts, st.booleans(), st.none())
replacements = st.one_of(scalars, st.lists(numbers, max_size=3), st.fixed_dictionaries({"k": numbers, "t": texts}))
NUMBER = [
    "u",
    "n",
    "1",
    "xs[0]",
    "xs[1]",
    "xs.length",
    "o.k",
    "u.length",
    "u.k",
    "xs.indexOf(2)",
    "xs.findIndex(x => {b})",
]
NUMBER += [
    "({n} + {n})",
    "({n} * {n})",
    "({n} - {n})",
    "-{n}",
    "Math.max({n}, {n})",
    "({b} ? {n} : {n})",
    "({n} ?? {n})",
]
NUMBER += [
    "xs.reduce((p, q) => p + q, 0)",
    "xs.filter(x => {b}).length",
    "xs.map(x => {n}).length",
    "[{n}, {n}].length",
]
NUMBER += [
    "xs.find(x => {b})",
    "xs.sort((p, q) => p - q)[0]",
    "xs.concat(u).length",
    "[u, {n}].flat().length",
    "xs.at(1)",
]
BOOLEAN = [
    "yes",
    "no",
    "u",
    "({n} > {n})",
    "({n} === {n})",
    "({n} !== {n})",
    "({n} <= {n})",
    "({b} && {b})",
    "({b} || {b})",
]
BOOLEAN += [
    "!{b}",
    "xs.some(x => {b})",
    "xs.every(x => {b})",
    "xs.includes({n})",
    "({b} ? {b} : {b})",
    "xs.some(x => x > {n})",
]
BOOLEAN += ["xs.every(x => x === {n})", "Array.isArray(u)", "(u === null)", "(o.u === {n})", "[u].some(x => x === {n})"]
BOOLEAN += [
    "xs.filter(x => {b}).some(x => {b})",
    "('a' + u === 'ab')",
    "u.includes('a')",
    "(u ?? yes)",
    "(o.u?.k === {n})",
]


def program(chance: random.Random, kind: str, depth: int = 3) -> str:
    """Source over `u`, in which the value of `u` may or may not matter."""
    choices = BOOLEAN if kind == "b" else NUMBER
    source = chance.choice([choice for choice in choices if depth or "{" not in choice])
    while (at := source.find("{")) >= 0:
        source = source[:at] + program(chance, source[at + 1], depth - 1) + source[at + 3 :]
    return source


def over(source: str, value: Any) -> Any:
    names = {"u": value, "xs": [2, value, 1], "o": {"u": value, "k": 1}, "n": 2, "yes": True, "no": False}
    try:
        return evaluate(source, names)
    except InvalidDefinition:
        return InvalidDefinition


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 10**9), st.lists(replacements, min_size=5, max_size=5))
def test_a_certain_answer_stays_whatever_value_replaces_the_unknown(seed: int, values: list[Any]) -> None:
    chance = random.Random(seed)
    for source in [program(chance, kind) for kind in "bn" * 20]:
        certain = over(source, UNSURE)
        if certain is InvalidDefinition or unknown_in(certain) is not None:
            continue
        for value in values:
            answer = over(source, value)
            assert answer is InvalidDefinition or answer == certain, (source, value)


def test_that_property_is_asked_of_many_certain_answers() -> None:
    chance = random.Random(1)
    answers = [over(program(chance, "b"), UNSURE) for _ in range(1_000)]
    assert sum(isinstance(answer, bool) for answer in answers) > 100
    assert sum(isinstance(answer, Unknown) for answer in answers) > 200
