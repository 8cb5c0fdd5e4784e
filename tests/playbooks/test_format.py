"""The canonical form: comments kept, meaning kept, formatting twice changes nothing."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsbook.playbooks.catalog import Catalog
from opsbook.playbooks.format import format_playbook
from opsbook.playbooks.load import check_playbook, load_playbook
from opsbook.playbooks.suite import texts
from opsbook.playbooks.text.nodes import data
from opsbook.playbooks.text.reader import read
from opsbook.runs.catalog import catalog as deployment_catalog
from opsbook.sdk.errors import InvalidDefinition
from playbooks.bad import HEAD, WAIT, steps

CATALOG = deployment_catalog()
MESSY = """\
# About the file.
# Two lines of it.

# about the name
name: "A: playbook"   # behind the name
id: a_playbook
# above the steps
steps: # behind steps
# above the first step
- type: set   # behind type
  id: one
  # above values
  values: {a: 1, # first
    b: [1,
    # above two
    2], c: 0.10}
  # closes step one

- # after the dash
  id: two
  type: wait
  for: 120s  # two minutes
  timeout: "PT1H"
  # closes step two
# closes the steps
policy: {timeout: 5400s}
description: |   # behind the bar
  line one
    line two

  line three
# the end
"""
TIDY = """\
# About the file.
# Two lines of it.

id: a_playbook

# about the name
name: "A: playbook"  # behind the name
description: |  # behind the bar
  line one
    line two

  line three
policy: {timeout: 90m}
# above the steps
steps:  # behind steps
  # above the first step
  - id: one
    type: set  # behind type
    # above values
    values:
      a: 1  # first
      b:
        - 1
        # above two
        - 2
      c: 0.1
    # closes step one

  # after the dash
  - id: two
    type: wait
    for: 2m  # two minutes
    timeout: 1h
    # closes step two
  # closes the steps
# the end
"""


def test_a_messy_text_becomes_tidy_and_keeps_every_comment(catalog: Catalog) -> None:
    assert format_playbook(MESSY, catalog) == TIDY
    assert format_playbook(TIDY, catalog) == TIDY


def test_the_meaning_stays_the_same(catalog: Catalog) -> None:
    assert load_playbook(MESSY, catalog).sha256 == load_playbook(TIDY, catalog).sha256


def test_the_suite_is_in_canonical_form(catalog: Catalog) -> None:
    for name, text in texts().items():
        assert format_playbook(text, catalog) == text, name


def test_json_becomes_yaml(catalog: Catalog) -> None:
    document = {
        "steps": [{"with": {"period": "last_24_hours"}, "tool": "crmGetStats", "type": "tool_call", "id": "a"}],
        "name": "x",
        "id": "a_playbook",
        "triggers": [{"schedule": {"cron": "* * * * *", "timezone": "UTC"}}],
    }
    assert format_playbook(json.dumps(document), catalog) == (
        "id: a_playbook\nname: x\ntriggers:\n"
        '  - schedule: {cron: "* * * * *", timezone: UTC}\n'
        "steps:\n  - id: a\n    type: tool_call\n    tool: crmGetStats\n    with: {period: last_24_hours}\n"
    )


@pytest.mark.parametrize(
    "value",
    [
        "yes", "on", "012", "1_000", "2026-01-31", "12:30", "~", "null", "true", "1.5", "", " lead", "trail ", "a: b",
        "a #b", "#a", "- a", "-", "?", "[a]", "{a}", "a, b", "*a", "&a", "!a", "|", ">", "%a", "@a", "`a", "'", '"',
        "it's", 'say "x"', "back\\slash", "tab\t", "a\nb", "a\nb\n", "a\n\n\n", "\n", "\na", " a\nb", "a\n b", "é",
        "😀",
        "a\r\nb", "a:", ":a", "::", "a  b", "x" * 300, "word " * 60 + "end", "{{ today }}", "\u2028", "\u00a0",
        "---", "...", "--- a", "=", "<<", ".inf", "0x1F", "1e3", "-1", "+1", "a\tb\nc", "x\n\ty", "a \nb", "a\n# b\n",
    ],
)  # fmt: skip
def test_any_text_is_written_so_that_it_is_read_again(value: str, catalog: Catalog) -> None:
    document = {"id": "a_playbook", "name": "x", "steps": [{"id": "a", "type": "wait", "for": "1s"}]}
    document |= {"labels": {"text": value, "list": [value, "b"], "deep": {"er": {"key": value}}, value[:60] or "e": 1}}
    formatted = format_playbook(json.dumps(document), catalog)
    root, problems = read(formatted)
    assert not problems
    assert root is not None
    assert data(root)["labels"] == document["labels"]
    assert format_playbook(formatted, catalog) == formatted


def test_a_folded_text_keeps_the_lines_of_its_author(catalog: Catalog) -> None:
    text = HEAD + "steps:\n  - id: a\n    type: condition\n    if: >-\n      today === date &&\n      1 < 2\n"
    assert format_playbook(text, catalog) == text


def test_a_long_text_is_folded_and_an_object_that_does_not_fit_takes_lines(catalog: Catalog) -> None:
    labels = ", ".join(f"label_{number}: value_{number}" for number in range(12))
    text = f"{HEAD}description: {'many words ' * 20}\nlabels: {{{labels}}}\nsteps:\n  - {WAIT}\n"
    formatted = format_playbook(text, catalog)
    assert max(len(line) for line in formatted.splitlines()) <= 120
    assert "description: >-\n" in formatted
    assert "labels:\n  label_0: value_0\n" in formatted


def test_what_has_no_shape_is_refused_and_what_has_no_meaning_is_formatted(catalog: Catalog) -> None:
    with pytest.raises(InvalidDefinition) as caught:
        format_playbook(HEAD + "stepz: []\n", catalog, "a.yaml")
    assert {problem.code for problem in caught.value.problems} == {"missing_key", "unknown_key"}
    with pytest.raises(InvalidDefinition):
        format_playbook("a: &x b\n", catalog)
    assert "tool: not_there" in format_playbook(steps("{type: tool_call, id: a, tool: not_there}"), catalog)


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**53), 2**53),
    st.floats(allow_nan=False, allow_infinity=False, min_value=-1e300, max_value=1e300),
    st.text(max_size=40),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.text(min_size=1, max_size=12), inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(max_examples=80, deadline=None)
@given(st.dictionaries(st.text(min_size=1, max_size=10), VALUES, max_size=4), st.booleans())
def test_formatting_keeps_the_meaning_and_is_stable(labels: dict[str, object], escaped: bool) -> None:
    document = {"labels": labels, "steps": [{"for": "90s", "type": "wait", "id": "a"}], "name": "x", "id": "a_playbook"}
    text = json.dumps(document, ensure_ascii=escaped)
    playbook, _ = check_playbook(text, CATALOG)
    if playbook is None:  # control characters and halves of characters are refused by the loader
        return
    formatted = format_playbook(text, CATALOG)
    assert load_playbook(formatted, CATALOG).sha256 == playbook.sha256
    assert format_playbook(formatted, CATALOG) == formatted


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_comments_survive_wherever_they_stand(choose: st.DataObject) -> None:
    name = choose.draw(st.sampled_from(sorted(texts())))
    lines = texts()[name].splitlines()
    number = choose.draw(st.integers(1, 6))
    for mark in range(number):
        at = choose.draw(st.integers(0, len(lines) - 1))
        if choose.draw(st.booleans()):
            lines.insert(at, " " * choose.draw(st.integers(0, 8)) + f"# mark {mark} #")
        else:
            lines[at] += f"  # mark {mark} #"
    text = "\n".join(lines) + "\n"
    root, problems = read(text)
    playbook, _ = check_playbook(text, CATALOG)
    if problems or root is None or playbook is None:
        return
    formatted = format_playbook(text, CATALOG)
    assert load_playbook(formatted, CATALOG).sha256 == playbook.sha256
    assert sorted(_marks(formatted)) == sorted(_marks(text))
    assert format_playbook(formatted, CATALOG) == formatted


def _marks(text: str) -> list[str]:
    return [part.split(" #")[0] for part in text.split("# mark ")[1:]]
