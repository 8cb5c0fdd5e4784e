"""The language means what V8 means: the same expressions on both sides, generated from a seed."""

from __future__ import annotations

import random
import struct
import sys
import unicodedata
from collections.abc import Iterator
from typing import Any

import pytest

from opsbook.playbooks.expressions import evaluate
from opsbook.playbooks.expressions.calls import METHODS
from opsbook.playbooks.expressions.functions import FUNCTIONS
from playbooks.expressions.differential import Tally, compared, same
from playbooks.expressions.generator import Generator
from playbooks.expressions.stirring import stirred
from playbooks.expressions.v8 import Case, answers

STRICTER = 0.06  # the share of meaningful programs that we may refuse


def generated(seed: int, count: int) -> Iterator[Case]:
    generator = Generator(seed)
    return (generator.case() for _ in range(count))


def agreed(tally: Tally, *, stricter: float = STRICTER) -> None:
    told = [f"{source}\n  ours {ours!r:.200}\n  V8   {theirs!r:.200}" for source, _, ours, theirs in tally.examples]
    if told:
        pytest.fail(f"{tally.differences} of {tally.cases} differ:\n" + "\n".join(told))
    assert tally.stricter_share <= stricter, tally.reasons
    assert tally.same > 0


def test_generated_programs_give_what_v8_gives() -> None:
    tally = compared(generated(20_261_125, 3_000))
    agreed(tally)
    assert tally.same > 2_500


def test_stirred_programs_that_are_accepted_give_what_v8_gives() -> None:
    agreed(compared(stirred(20_261_125, 2_000)))


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_hundred_thousand_generated_programs_give_what_v8_gives() -> None:
    agreed(compared(generated(1, 100_000)))


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_hundred_thousand_stirred_programs_give_what_v8_gives() -> None:
    agreed(compared(stirred(2, 100_000)))


def test_the_generator_knows_every_method() -> None:
    text = "\n".join(source for source, _ in generated(3, 4_000))
    methods = {name for table in METHODS.values() for name in table}
    functions = {f"{space}.{name}".lstrip(".") for space, table in FUNCTIONS.items() for name in table}
    assert not {name for name in methods if f".{name}(" not in text}
    assert not {name for name in functions if f"{name}(" not in text}


def test_the_comparison_sees_a_difference() -> None:
    pairs: list[tuple[Any, Any]] = [(1, "1"), (True, 1), (None, False), ([1], [1, 2]), ({"a": 1}, {"b": 1}), ("a", "b")]
    assert not any(same(ours, theirs) for ours, theirs in pairs)
    assert same({"a": [1, 2.0, "é"], "b": None}, {"b": None, "a": [1.0, 2, "é"]})


def test_every_character_changes_case_and_is_trimmed_as_in_v8() -> None:
    characters = [chr(code) for code in range(sys.maxunicode + 1) if not 0xD800 <= code < 0xE000]
    known = [char for char in characters if unicodedata.category(char) not in ("Cn", "Co")]
    blocks = [known[at : at + 4_000] for at in range(0, len(known), 4_000)]
    for source in ("cs.map(c => c.toUpperCase())", "cs.map(c => c.toLowerCase())", "cs.map(c => (c + 'x' + c).trim())"):
        cases: list[Case] = [(source, {"cs": block}) for block in blocks]
        for (_, names), theirs in zip(cases, answers(cases), strict=True):
            ours = evaluate(source, names)
            assert isinstance(ours, list)
            pairs = zip(names["cs"], ours, theirs, strict=True)
            assert [char for char, our, their in pairs if our != their and not is_newer(their)] == []


def is_newer(text: str) -> bool:
    """Whether it holds a character that this Python's Unicode does not know yet."""
    return any(unicodedata.category(char) == "Cn" for char in text)


def test_any_double_turns_into_the_text_of_v8() -> None:
    chance = random.Random(5)
    doubles = [struct.unpack("<d", chance.randbytes(8))[0] for _ in range(20_000)]
    doubles += [chance.uniform(-1, 1) * 10 ** chance.randint(-10, 25) for _ in range(10_000)]
    doubles += [sign * 10.0**power for power in range(-30, 31) for sign in (1, -1)]
    finite = [number for number in doubles if number - number == 0]
    blocks = [finite[at : at + 1_000] for at in range(0, len(finite), 1_000)]
    sources = (
        "ns.map(n => String(n))",
        "ns.map(n => n.toFixed(2))",
        "ns.map(n => n.toFixed(12))",
        "ns.map(n => Math.round(n))",
    )
    agreed(compared((source, {"ns": block}) for block in blocks for source in sources), stricter=0)


def test_a_comparison_with_a_process_that_answers_less_fails() -> None:
    assert answers([("1 + 1", {}), ("x.y", {"x": None})]) == [2, {"$threw": "TypeError"}]
