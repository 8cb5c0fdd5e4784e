"""A file fits on two screens and a function on one: the budgets of the house."""

from __future__ import annotations

from statistics import median, quantiles

from architecture.tree import files, functions, lines, modules, short, text

MEDIAN_FILE, LARGE_FILE, LARGEST_FILE = 120, 350, 500
LARGE_FUNCTION, LARGEST_FUNCTION = 35, 60

# A migration is one function that makes every table of its release: splitting it would hide the order.
ONE_STORY = "records/migrations/versions/"
# Files between 350 and 500 lines, each with its reason.
LARGE_FOR_A_REASON: dict[str, str] = {}
# Not code but lists of cases, one a line.
CORPORA = {"tests/playbooks/expressions/escapes.py"}


def length(path):
    return text(path).count("\n")


def code():
    return [path for path in modules() if ONE_STORY not in short(path)]


def test_half_of_the_products_files_have_at_most_120_lines():
    assert median(length(path) for path in code()) <= MEDIAN_FILE


def test_no_file_of_the_product_has_more_than_350_lines_without_a_reason():
    large = {short(path): length(path) for path in code() if length(path) > LARGE_FILE}
    assert {name: size for name, size in large.items() if name not in LARGE_FOR_A_REASON} == {}


def test_no_python_file_anywhere_has_more_than_500_lines():
    python = [path for path in files() if path.suffix == ".py" and ONE_STORY not in short(path)]
    large = {short(path): length(path) for path in python if length(path) > LARGEST_FILE}
    assert {name: size for name, size in large.items() if name not in CORPORA} == {}


def test_every_reason_for_a_large_file_belongs_to_a_large_file():
    assert [
        name for name in LARGE_FOR_A_REASON if name not in {short(p) for p in code() if length(p) > LARGE_FILE}
    ] == []


def test_no_function_of_the_product_has_more_than_60_lines():
    large = {f"{short(path)}:{f.name}": lines(f) for path in code() for f in functions(path)}
    assert {name: size for name, size in large.items() if size > LARGEST_FUNCTION} == {}


def test_nine_of_ten_functions_have_at_most_35_lines():
    sizes = [lines(function) for path in code() for function in functions(path)]
    assert quantiles(sizes, n=10)[-1] <= LARGE_FUNCTION
