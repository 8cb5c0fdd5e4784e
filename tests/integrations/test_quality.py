"""The scale of quality: every folder lists every rule, and what it says is what is found."""

from __future__ import annotations

from pathlib import Path

import pytest

from integrations.quality import VALIDATORS, disagreement, paged, ways_out
from integrations.samples import NO_HTTP
from opsbook.integrations import quality
from opsbook.integrations.catalog import ids
from opsbook.integrations.quality import RULES, Grade, State
from opsbook.sdk.errors import NeverWorks

GOOD = dict.fromkeys(RULES, "done")
VENDORS_ALONE = {"blackleaf", "alleaves", "aeropay", "cannpay", "hubspot", "mailjet"}


def test_every_rule_has_a_validator_and_every_validator_a_rule():
    assert list(VALIDATORS) == list(RULES)


@pytest.mark.parametrize("key", ids())
def test_every_folder_lists_exactly_the_rules(key):
    assert list(quality.grades(key)) == list(RULES)


@pytest.mark.parametrize("key", ids())
async def test_what_a_folder_says_of_itself_is_what_is_found(key):
    grades = quality.grades(key)
    wrong = {rule: disagreement(grades[rule], await try_(key)) for rule, try_ in VALIDATORS.items()}
    assert {rule: word for rule, word in wrong.items() if word} == {}


@pytest.mark.parametrize("key", ids())
async def test_what_cannot_be_tried_here_is_done_only_where_a_suite_of_its_own_tries_it(key):
    untried = [rule for rule, try_ in VALIDATORS.items() if await try_(key) is None]
    untried.remove("coverage_95")  # test_coverage counts it, over all folders at once
    done = [rule for rule in untried if quality.grades(key)[rule].state is State.DONE]
    suite = Path(__file__).parent / f"test_{key}.py"
    assert done == [] or (key in NO_HTTP and suite.exists())


@pytest.mark.parametrize("key", ids())
def test_no_system_that_follows_pages_or_sends_is_exempt_from_what_is_asked_of_those(key):
    exempt = {rule for rule, grade in quality.grades(key).items() if grade.state is State.EXEMPT}
    assert not (paged(key) and "paging_bounded" in exempt)
    assert not (ways_out(key) and exempt & {"effect_class_declared", "idempotency_declared"})


@pytest.mark.parametrize("key", sorted(VENDORS_ALONE))
def test_a_system_that_only_its_vendor_runs_names_its_contracts_source_and_how_sure_it_is(key):
    found = quality.contract(key)
    assert found is not None
    assert found.source


@pytest.mark.parametrize(
    ("state", "found", "agrees"),
    [
        (State.DONE, True, True),
        (State.DONE, False, False),
        (State.OPEN, True, False),
        (State.OPEN, False, True),
        (State.EXEMPT, True, False),
        (State.EXEMPT, False, True),
        (State.DONE, None, True),
        (State.OPEN, None, True),
    ],
)
def test_a_file_that_says_otherwise_than_what_is_found_disagrees(state, found, agrees):
    assert (disagreement(Grade(state, "because"), found) == "") is agrees


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ([], "lists no rules"),
        ({**GOOD, "beauty": "done"}, "lists an unknown rule, beauty"),
        ({rule: word for rule, word in GOOD.items() if rule != "coverage_95"}, "does not list coverage_95"),
        ({**GOOD, "coverage_95": "todo"}, "with a reason of coverage_95"),
        ({**GOOD, "coverage_95": {"todo": " "}}, "with a reason of coverage_95"),
        ({**GOOD, "coverage_95": {"exempt": None}}, "with a reason of coverage_95"),
        ({**GOOD, "coverage_95": {"later": "why"}}, "with a reason of coverage_95"),
        ({**GOOD, "coverage_95": {"todo": "a", "exempt": "b"}}, "with a reason of coverage_95"),
    ],
)
def test_a_file_that_breaks_the_form_is_refused(rules, said):
    with pytest.raises(NeverWorks) as caught:
        quality.read("smtp", rules)
    assert said in str(caught.value)


def test_a_reason_is_kept_beside_its_state():
    found = quality.read("smtp", {**GOOD, "coverage_95": {"todo": "nobody counted"}})
    assert found["coverage_95"] == Grade(State.OPEN, "nobody counted")
    assert found["docs_headings"] == Grade(State.DONE)


def test_a_system_that_does_not_exist_has_no_grades():
    with pytest.raises(NeverWorks):
        quality.grades("nowhere")
