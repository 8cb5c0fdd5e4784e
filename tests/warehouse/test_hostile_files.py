"""Files that are broken, or mean harm: the sound rows are loaded, the others named, and nothing else happens."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from opsbook.sdk.errors import InvalidInput
from opsbook.warehouse import LoadReport, Warehouse

HEADER = b"id,organization_id,ordered_at,total_cents\n"
GOOD = b"1,o,2026-03-01,5\n"
LAST = b"9,o,2026-03-01,5\n"


def load(warehouse: Warehouse, folder: Path, content: bytes, name: str = "o.csv") -> LoadReport:
    path = folder / name
    path.write_bytes(content)
    return warehouse.load("orders", path)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (b"2,o\x00,2026-03-01,5\n", "the row holds a NUL byte"),
        (b'2,"o,2026-03-01,5\n', "a quote opens here and never closes"),
        (b'2,"o"x,2026-03-01,5\n', "a quote is out of place"),
        (b"2,o,2026-03-01\n", "the row has 3 fields and the header 4"),
        (b"2,o,2026-03-01,5,6\n", "the row has 5 fields and the header 4"),
        (b"2,caf\xe9,2026-03-01,5\n", "the row is not UTF-8"),
        (b"2," + b"x" * 10_000_000 + b",2026-03-01,5\n", "the row is too long"),
        (b"2,,2026-03-01,5\n", "organization_id is empty"),
        (b"2,o,2026-03-01,5.5\n", "total_cents is not a whole number of cents"),
        (b"2,o,2026-03-01,99999999999999999999\n", "total_cents is not a whole number of cents"),
    ],
)
def test_one_bad_row_costs_that_row_alone(warehouse: Warehouse, tmp_path: Path, row: bytes, reason: str) -> None:
    report = load(warehouse, tmp_path, HEADER + GOOD + row + LAST)
    assert (report.rows, report.loaded, report.rejected) == (3, 2, 1)
    assert [(one.row, one.reason) for one in report.first] == [(3, reason)]
    assert report.quarantine is not None
    lines = [json.loads(line) for line in report.quarantine.read_text("utf-8").splitlines()]
    assert [(line["row"], line["loaded"], line["reason"]) for line in lines] == [(3, False, reason)]
    assert report.quarantine.stat().st_size < 10_000


@pytest.mark.parametrize(
    ("content", "name", "says"),
    [
        (b"", "o.csv", "begins with an empty line"),
        (b"\n" + HEADER, "o.csv", "begins with an empty line"),
        (b"\x00\x01\x02" * 100, "o.csv", "binary"),
        ("id,organization_id\n".encode("utf-16"), "o.csv", "UTF-16"),
        (b"PK\x03\x04" + b"x" * 50, "o.csv", "zip archive"),
        (b"\x1f\x8b" + b"x" * 50, "o.jsonl", "gzip"),
        (b"id,organiz\xe9\n", "o.csv", "not UTF-8"),
        (b"id,organization_id\r1,2\r", "o.csv", "no line break"),
        (b'id,"organization_id\n', "o.csv", "header of o.csv is broken"),
        (b"not parquet at all", "o.parquet", "not Parquet"),
        (b"PAR1" + b"x" * 100 + b"PAR1", "o.parquet", "damaged"),
        (b"[1, 2]\nnothing\n", "o.jsonl", "is a JSON object"),
        (b"id,id,organization_id,ordered_at,total_cents\n", "o.csv", "2 columns for id"),
    ],
)
def test_a_file_that_is_no_table_is_refused_whole(
    warehouse: Warehouse, tmp_path: Path, content: bytes, name: str, says: str
) -> None:
    with pytest.raises(InvalidInput, match=says):
        load(warehouse, tmp_path, content, name)
    assert warehouse.held("orders") is None
    assert not (warehouse.folder / "work").exists()


def test_random_bytes_are_refused_or_quarantined_and_never_break(warehouse: Warehouse, tmp_path: Path) -> None:
    chance = random.Random(5)
    for size in (10, 1000, 200_000):
        with pytest.raises(InvalidInput):
            load(warehouse, tmp_path, chance.randbytes(size))
        report = load(warehouse, tmp_path, HEADER + GOOD + chance.randbytes(size).replace(b"\n", b"x") + b"\n" + LAST)
        assert 1 <= report.loaded <= 2
        assert report.rejected >= 1


def test_quoted_fields_may_hold_delimiters_quotes_and_line_breaks(warehouse: Warehouse, tmp_path: Path) -> None:
    broken = b'2,"o\n'
    report = load(warehouse, tmp_path, HEADER + b'1,"a ""quoted"",\r\nname",2026-03-01,5\n' + LAST + broken)
    assert (report.loaded, report.rejected) == (2, 1)
    row = warehouse.row("order_history", organizations=['a "quoted",\r\nname'], as_of=warehouse.clock.now(), most=1)
    assert row["orders"] == 1


def test_bad_lines_of_json_are_named_by_their_row(warehouse: Warehouse, tmp_path: Path) -> None:
    good = b'{"id": "%d", "organization_id": "o", "ordered_at": 1772359872000, "total_cents": 5}\n'
    deep = b"[" * 100_000 + b"\n"
    report = load(warehouse, tmp_path, good % 1 + b"{broken\n" + deep + b"[1]\n" + good % 2, "o.jsonl")
    assert (report.loaded, report.rejected) == (2, 3)
    assert [one.row for one in report.first] == [2, 3, 4]


def test_texts_that_look_like_statements_are_texts(warehouse: Warehouse, tmp_path: Path) -> None:
    name = "o'); DROP TABLE staged; --"
    header = f'id,"{name}",ordered_at,total_cents\n1,{name.replace(",", "")},2026-03-01,5\n'
    path = tmp_path / "it's.csv"
    path.write_text(header)
    assert warehouse.load("orders", path, {"organization_id": name}).loaded == 1
    assert warehouse.load("orders", path, {"organization_id": f"@{name}"}).loaded == 1


def test_semicolons_tabs_and_a_byte_order_mark_are_understood(warehouse: Warehouse, tmp_path: Path) -> None:
    for delimiter in (b";", b"\t", b"|"):
        content = b"\xef\xbb\xbf" + (HEADER + GOOD).replace(b",", delimiter).replace(b"\n", b"\r\n")
        assert load(warehouse, tmp_path, content).loaded == 1


@pytest.mark.parametrize("name", ["x" * 400 + ".csv", "o\0.csv", "x" * 5000])
def test_a_name_that_no_file_can_have_is_refused(warehouse: Warehouse, name: str) -> None:
    with pytest.raises(InvalidInput):
        warehouse.load("orders", name)
