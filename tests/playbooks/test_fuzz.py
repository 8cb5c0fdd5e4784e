"""Whatever stands in a text, it is decided quickly and refused in our own words."""

from __future__ import annotations

import json
import time

from hypothesis import given, settings
from hypothesis import strategies as st

from opsbook.playbooks.importers import import_text
from opsbook.playbooks.load import check_playbook, decode, load_playbook
from opsbook.playbooks.model import Playbook, Step
from opsbook.playbooks.suite import texts
from opsbook.playbooks.validate.annotations import keys
from opsbook.runs.catalog import catalog as deployment_catalog
from opsbook.sdk.errors import InvalidDefinition, InvalidInput
from playbooks.bad import MEANINGS, SHAPES, TEXTS, WARNINGS

CATALOG = deployment_catalog()
SEEDS = [*texts().values(), *(bad.text for bad in SHAPES + MEANINGS + WARNINGS), *(bad.text[:300] for bad in TEXTS)]
PIECES = [
    "{{ ", " }}", "{% for x in y %}", "{% if", "&a ", "*a", "!!str ", "<<: ", "---\n", "...\n", "%YAML 1.1\n", "[", "{",
    "]", "}", ": ", "- ", "? ", "| ", ">-\n", "#", "\t", "\n", "\r", "\0", "\ufeff", "\u2028", "é", "😀", "'",
    '"', "\\",
    "true", "null", "1e999", "0x", "999999999999999999999", "steps:", "when: ", "if: ", "with: ", "then: ", "cases: ",
    "on_error: ", "fields: ", "with_: ", "type: condition", "type: foreach", "items: ", "steps.x.output", "unknown",
]  # fmt: skip
ENOUGH = 0.2  # processor seconds


def decided(text: str) -> None:
    best = 9.0
    for _ in range(3):
        began = time.process_time()
        playbook, problems = check_playbook(text, CATALOG, "fuzz.yaml")
        best = min(best, time.process_time() - began)
        if best < ENOUGH:
            break
    assert best < ENOUGH
    if playbook is None:
        assert any(problem.severity == "error" for problem in problems)
    for problem in problems:
        assert problem.place is not None
        assert problem.place.line >= 1
        assert problem.place.column >= 1
        assert problem.sentence
        assert problem.code
    places = [(problem.place.line, problem.place.column) for problem in problems if problem.place]
    assert places == sorted(places)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_are_a_playbook_or_an_invalid_definition(raw: bytes) -> None:
    try:
        text = decode(raw)
    except InvalidDefinition:
        return
    decided(text)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=400))
def test_any_text_is_decided(text: str) -> None:
    decided(text)


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_a_playbook_with_some_damage_is_decided(choose: st.DataObject) -> None:
    text = choose.draw(st.sampled_from(SEEDS))
    for _ in range(choose.draw(st.integers(1, 5))):
        at = choose.draw(st.integers(0, len(text)))
        length = choose.draw(st.integers(0, 30))
        text = text[:at] + choose.draw(st.sampled_from(PIECES)) + text[at + length :]
    decided(text)


LEAVES = st.sampled_from(["a", "{{ x }}", "wait", "1s", "today", "fail"])
KEYS = st.sampled_from(
    [*keys(Playbook), *keys(Step), "if", "then", "else", "do", "cases", "is", "with", "tool", "fields"]
)
TREES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-5, 5), LEAVES),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=5)),
    max_leaves=25,
)


@settings(max_examples=300, deadline=None)
@given(TREES)
def test_any_tree_of_our_own_keys_is_decided(tree: object) -> None:
    decided(json.dumps(tree))
    decided(json.dumps({"id": "a_playbook", "name": "x", "steps": [tree, {"id": "w", "type": "wait", "for": "1s"}]}))


@settings(max_examples=150, deadline=None)
@given(TREES, TREES)
def test_any_document_is_imported_or_refused_in_our_own_words(one: object, other: object) -> None:
    step = {"id": "s", "type": "notify", "condition": other, "config": one, "storeResultAs": other}
    for document in (
        {"cronExpression": one, "id": other, "steps": [step]},
        {"schedule": "cron", "steps": [one, other]},
    ):
        try:
            found = import_text(json.dumps(document), CATALOG)
        except (InvalidDefinition, InvalidInput):
            continue
        assert load_playbook(found.text, CATALOG).enabled is False
