"""Every room says what lives there, and every module says what it is for."""

from __future__ import annotations

import ast

import pytest

from architecture.tree import SOURCE, modules, parsed, short

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
