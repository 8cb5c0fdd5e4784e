"""Every room says what lives there, and every module says what it is for."""

from __future__ import annotations

import ast
import re

import pytest

from architecture.tree import ROOT, SOURCE, VERBS, files, modules, parsed, short, text
from opsbook.integrations.catalog import ids
from opsbook.steps._found import step_types
from opsbook.tools._found import entries

ROOMS = sorted(path.name for path in SOURCE.iterdir() if (path / "__init__.py").exists())
VAGUE = {"utils", "util", "helpers", "helper", "common", "manager", "managers", "data", "info", "misc", "base_utils"}


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_says_what_lives_there_what_it_leans_on_and_how_to_add_one(room):
    told = " ".join((ast.get_docstring(parsed(SOURCE / room / "__init__.py")) or "").split())
    assert len(told) > 100
    assert "lean on" in told
    assert any(word in told.lower() for word in ("to add", "add a", "a new ", "new one"))


def test_every_module_says_what_it_is_for_in_its_first_line():
    silent = [short(path) for path in modules() if not (ast.get_docstring(parsed(path)) or "").strip()]
    assert silent == []


def test_no_module_has_a_name_that_says_nothing():
    assert [short(path) for path in modules() if path.stem.strip("_") in VAGUE] == []


def test_public_classes_and_functions_of_the_contracts_are_documented():
    bare = [
        f"{short(path)}:{node.name}"
        for path in modules(SOURCE / "sdk")
        for node in parsed(path).body
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and not node.name.startswith("_")
        and not ast.get_docstring(node)
    ]
    assert bare == []


def words_of_tests(*rooms: str) -> str:
    """Everything that is written in the tests of these rooms, and in the stories."""
    folders = [ROOT / "tests" / room for room in (*rooms, "stories")]
    return "\n".join(text(path) for path in files() if any(folder in path.parents for folder in folders))


@pytest.mark.parametrize("step", sorted(step_types()))
def test_every_step_type_is_taken_by_a_test(step):
    assert bool(re.search(rf"""type["']?: ["']?{step}\b""", words_of_tests("runs", "steps", "web", "cli"))), (
        "no test names it"
    )


@pytest.mark.parametrize("tool", sorted(entries()))
def test_every_tool_is_called_by_a_test(tool):
    written = words_of_tests("tools")
    kind = tool[0].upper() + tool[1:]  # by its name through the gateway, or by its class
    assert bool(re.search(rf"\b({tool}|{kind})\b", written)), "no test names it"


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_is_spoken_by_a_test(verb):
    assert bool(re.search(rf"""["']{verb}["']""", words_of_tests("cli"))), "no test names it"


@pytest.mark.parametrize("system", ids())
def test_every_integration_has_its_sample_settings_and_answers(system):
    assert bool(re.search(rf"\b{system}\b", words_of_tests("integrations"))), "no test names it"
