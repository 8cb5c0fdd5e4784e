"""Every query says what it answers, and does what it says: its parameters and the tables that it reads."""

from __future__ import annotations

import re
from importlib.resources import files

import duckdb
import pytest

from opsbook.sdk.errors import NeverWorks, NotFound
from opsbook.warehouse.engine import open_reader
from opsbook.warehouse.headers import BASIC, read_header, without_header
from opsbook.warehouse.sheets import FIELDS, SNAPSHOTS, sheet_named, sheets
from opsbook.warehouse.tables import TABLES

FOLDER = files("opsbook.warehouse")
QUERIES = {
    f"{folder}/{file.name}": file.read_text("utf-8")
    for folder in ("metrics", "behind")
    for file in FOLDER.joinpath(folder).iterdir()
    if file.name.endswith(".sql")
}
WORD = re.compile(r"[a-z_]+")


def fields(name: str) -> tuple[str, ...]:
    return FIELDS if name.startswith("behind/") else BASIC


@pytest.fixture(scope="module")
def reads(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """What each shared term names, in the end: tables."""
    connection = open_reader(tmp_path_factory.mktemp("empty"), {})
    texts = dict(connection.execute("SELECT view_name, sql FROM duckdb_views() WHERE NOT internal").fetchall())
    macros = "SELECT function_name, macro_definition FROM duckdb_functions() WHERE macro_definition IS NOT NULL"
    texts.update(connection.execute(f"{macros} AND NOT internal").fetchall())
    connection.close()
    return {name: words(text) for name, text in texts.items() if name not in TABLES}


def words(text: str) -> set[str]:
    """The names in a statement that a table may have; not those of columns behind a point."""
    return set(WORD.findall(re.sub(r"--.*|'[^']*'|\.\w+|\$\w+", " ", text)))


def tables_of(query: str, reads: dict[str, set[str]]) -> set[str]:
    from_or_join = set(re.findall(r"(?:FROM|JOIN)\s+([a-z_]+)", re.sub(r"--.*", "", query)))
    seen, left = set[str](), from_or_join
    while left:
        one = left.pop()
        if one not in seen:
            seen.add(one)
            left |= {name for name in reads.get(one, ()) if name in reads or name in TABLES}
    return seen & set(TABLES)


@pytest.mark.parametrize("name", sorted(QUERIES))
def test_a_query_declares_exactly_the_parameters_that_it_takes(name: str) -> None:
    header = read_header(QUERIES[name], name, fields(name))
    assert set(header.parameters) == set(re.findall(r"\$(\w+)", without_header(QUERIES[name])))


@pytest.mark.parametrize("name", sorted(QUERIES))
def test_a_query_declares_every_table_that_it_reads(name: str, reads: dict[str, set[str]]) -> None:
    header = read_header(QUERIES[name], name, fields(name))
    declared = set(header.tables) - {SNAPSHOTS}
    assert declared <= set(TABLES)
    direct = set(re.findall(r"(?:FROM|JOIN)\s+([a-z_]+)", without_header(QUERIES[name]))) & set(TABLES)
    assert direct <= declared
    assert declared <= tables_of(without_header(QUERIES[name]), reads)


@pytest.mark.parametrize("name", sorted(sheets()))
def test_a_metric_needs_nothing_that_it_does_not_read_and_names_a_query_that_is_there(name: str) -> None:
    sheet = sheets()[name]
    assert {need.partition(".")[0] for need in (*sheet.needs, *sheet.reads)} <= set(sheet.tables)
    for column in (*sheet.needs, *sheet.reads):
        table, _, cell = column.partition(".")
        assert not cell or cell in TABLES[table].names
    assert sheet.query == SNAPSHOTS or f"metrics/{sheet.query}.sql" in QUERIES
    assert sheet.why or sheet.contract == type(sheet.contract)()


@pytest.mark.parametrize(
    ("header", "why"),
    [
        ("SELECT 1", "no title"),
        (
            "-- A title.\n-- Definition: one. Unit: rows. Parameters: none.\nSELECT 1",
            "must be Definition, Unit, Source",
        ),
        ("-- A title.\n-- Colour: red.\nSELECT 1", "a field Colour"),
        ("-- A title.\n-- Definition: one.\n-- Unit: .\n-- Source: a. Parameters: none.\nSELECT 1", "says nothing"),
    ],
)
def test_a_header_that_is_not_as_it_must_be_is_refused_with_the_file(header: str, why: str) -> None:
    with pytest.raises(NeverWorks, match=why) as caught:
        read_header(header, "metrics/odd.sql")
    assert "metrics/odd.sql" in str(caught.value)


def test_an_unknown_metric_is_answered_with_the_nearest() -> None:
    with pytest.raises(NotFound) as caught:
        sheet_named("signup_conversoin")
    assert caught.value.cure == "Did you mean signup_conversion?"


def test_no_query_is_more_than_one_statement() -> None:
    assert {len(duckdb.extract_statements(without_header(text))) for text in QUERIES.values()} == {1}
