"""Words that have no business in the repository: promises instead of work, this machine, addresses of downloads."""

from __future__ import annotations

import re

import pytest

from architecture.tree import SOURCE, files, short, text

# Each is written in two pieces so that this file does not hold the word it looks for.
UNFINISHED = [
    "TO" + "DO",
    "FIX" + "ME",
    "XX" + "X",
    "HA" + "CK",
    "lorem " + "ipsum",
    "coming " + "soon",
    "not yet " + "implemented",
]
MACHINE = ["/wo" + "rk/", "/ro" + "ot/", "/ho" + "me/", "/opt/py" + "pi", "/Us" + "ers/", "/tm" + "p/"]
REGISTRIES = [
    "pypi" + ".org",
    "pythonhosted" + ".org",
    "registry.npm" + "js",
    "registry.yarn" + "pkg",
    '"resol' + 'ved"',
]
IN_CODE = ["place" + "holder", "du" + "mmy"]


def holding(word: str, among, *, whole: bool = True) -> list[str]:
    pattern = re.compile(
        rf"\b{re.escape(word)}\b" if whole else re.escape(word), re.IGNORECASE if word.islower() else 0
    )
    return [short(path) for path in among if pattern.search(text(path))]


@pytest.mark.parametrize("word", UNFINISHED)
def test_no_file_promises_work_instead_of_holding_it(word):
    assert holding(word, files()) == []


@pytest.mark.parametrize("word", MACHINE)
def test_no_file_names_a_path_of_one_machine(word):
    assert holding(word, files(), whole=False) == []


@pytest.mark.parametrize("word", REGISTRIES)
def test_no_file_records_where_a_package_was_downloaded(word):
    assert holding(word, [path for path in files() if word[0] != '"' or path.suffix == ".json"], whole=False) == []


@pytest.mark.parametrize("word", IN_CODE)
def test_the_products_code_stands_for_itself(word):
    python = [path for path in files() if SOURCE in path.parents and path.suffix == ".py"]
    assert holding(word, python) == []
