"""Loading: columns found, cells read, rows kept, replaced or refused, and nothing by halves."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from opsbook.sdk.clock import SteppedClock
from opsbook.sdk.errors import InvalidInput, NeverWorks, RetryLater
from opsbook.warehouse import Warehouse
from opsbook.warehouse.activity import gmv
from opsbook.warehouse.engine import open_loader, open_reader
from opsbook.warehouse.manifest import loading_alone
from warehouse.companies import AS_OF, put
from warehouse.stored import stored

START = AS_OF - timedelta(days=1)
HEADER = "id,organization_id,ordered_at,total_cents\n"


def write(folder: Path, name: str, text: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def order(number: int, cents: int = 100, at: datetime = START) -> dict[str, object]:
    return {"id": str(number), "organization_id": "o", "ordered_at": at, "total_cents": cents}


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2026-03-01", datetime(2026, 3, 1)),
        ("2026-03-01 10:11:12", datetime(2026, 3, 1, 10, 11, 12)),
        ("2026-03-01T10:11", datetime(2026, 3, 1, 10, 11)),
        ("2026-03-01T10:11:12.345678Z", datetime(2026, 3, 1, 10, 11, 12, 345678)),
        ("2026-03-01T10:11:12+02:00", datetime(2026, 3, 1, 8, 11, 12)),
        ("2026-03-01 10:11:12-0530", datetime(2026, 3, 1, 15, 41, 12)),
        ("2026-03-01T10:11:12+00", datetime(2026, 3, 1, 10, 11, 12)),
        ("20260301", datetime(2026, 3, 1)),
        ("1772359872", datetime(2026, 3, 1, 10, 11, 12)),
        ("1772359872.5", datetime(2026, 3, 1, 10, 11, 12, 500000)),
        ("1772359872345", datetime(2026, 3, 1, 10, 11, 12, 345000)),
        ("1772359872345678", datetime(2026, 3, 1, 10, 11, 12, 345678)),
    ],
)
def test_a_time_may_be_written_in_many_ways(warehouse: Warehouse, tmp_path: Path, text: str, time: datetime) -> None:
    warehouse.load("orders", write(tmp_path, "o.csv", f"{HEADER}1,o, {text} ,5\n"))
    assert stored(warehouse, "orders")[0][3] == time


@pytest.mark.parametrize("text", ["2026-02-30", "03/01/2026", "46082", "999", "soon", "0001-01-01", "2026-03-01T25:00"])
def test_what_is_no_time_refuses_the_row_and_says_which(warehouse: Warehouse, tmp_path: Path, text: str) -> None:
    report = warehouse.load("orders", write(tmp_path, "o.csv", f"{HEADER}1,o,2026-03-01,5\n2,o,{text},5\n"))
    assert (report.loaded, report.rejected) == (1, 1)
    assert [(one.row, one.reason) for one in report.first] == [(3, "ordered_at is not a time")]


@pytest.mark.parametrize(
    ("amount", "cents"),
    [("12.34", 1234), ("$1,234.5", 123450), ("-0.015", -2), ("0", 0), ("7", 700), ("12.345", 1235), (".5", None)],
)
def test_dollars_become_cents_exactly(warehouse: Warehouse, tmp_path: Path, amount: str, cents: int | None) -> None:
    path = write(tmp_path, "o.csv", f'id,organization_id,ordered_at,amount\n1,o,2026-03-01,"{amount}"\n')
    report = warehouse.load("orders", path, {"total_cents": "amount:usd"})
    if cents is None:
        assert report.reasons == {"total_cents is not an amount of money": 1}
    else:
        assert stored(warehouse, "orders")[0][4] == cents


def test_columns_of_the_same_name_are_found_whatever_their_case(warehouse: Warehouse, tmp_path: Path) -> None:
    row = {"ID": 1, "organizationId": "o", "Ordered At": "2026-03-01", "totalCents": 5, "Mode": "LIVE", "spare": 1}
    report = warehouse.load("orders", write(tmp_path, "o.jsonl", json.dumps(row)))
    assert (report.loaded, report.ignored) == (1, ("spare",))
    assert stored(warehouse, "orders")[0][7] == "live"


def test_constants_and_transforms_fill_columns(warehouse: Warehouse, tmp_path: Path) -> None:
    path = write(tmp_path, "u.csv", "id,created_at,consent\n1,2026-01-01,yes\n")
    mapping = {"is_test": "consent:not", "role": "@Brand_Admin", "email_unsubscribed_at": "@"}
    warehouse.load("users", path, mapping)
    assert warehouse.lacks("users.email_unsubscribed_at") is None
    assert str(warehouse.lacks("users.last_login_at")).count("loaded without last_login_at") == 1
    held = stored(warehouse, "users")[0]
    assert (held[4], held[12]) == ("brand_admin", False)


@pytest.mark.parametrize(
    ("mapping", "says"),
    [
        ({"idd": "id"}, "orders has no column idd"),
        ({"id": "idd"}, "no column 'idd'"),
        ({"id": "id:usd"}, "usd does not make"),
        ({"total_cents": "total_cents:euro"}, "no transform 'euro'"),
    ],
)
def test_a_mapping_that_does_not_fit_is_refused(
    warehouse: Warehouse, tmp_path: Path, mapping: dict[str, str], says: str
) -> None:
    with pytest.raises(InvalidInput, match=says):
        warehouse.load("orders", write(tmp_path, "o.csv", f"{HEADER}1,o,2026-03-01,5\n"), mapping)
    assert warehouse.held("orders") is None


def test_a_missing_required_column_names_itself_the_files_columns_and_the_nearest(
    warehouse: Warehouse, tmp_path: Path
) -> None:
    path = write(tmp_path, "o.csv", "order_id,organization_id,ordered_on,total_cents\n1,o,2026-03-01,5\n")
    with pytest.raises(InvalidInput) as caught:
        warehouse.load("orders", path)
    assert caught.value.field == "id"
    assert "order_id, organization_id, ordered_on, total_cents" in caught.value.cure
    assert "--map id=order_id" in caught.value.cure
    with pytest.raises(InvalidInput, match="--map ordered_at=ordered_on"):
        warehouse.load("orders", path, {"id": "order_id"})


def test_a_table_or_a_file_that_is_not_there_is_named(warehouse: Warehouse, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="Did you mean orders"):
        warehouse.load("order", tmp_path / "o.csv")
    with pytest.raises(InvalidInput, match="There is no file"):
        warehouse.load("orders", tmp_path / "o.csv")
    with pytest.raises(InvalidInput, match="of no kind"):
        warehouse.load("orders", write(tmp_path, "o.xlsx", "x"))


def test_the_same_rows_again_replace_themselves_and_the_same_file_does_nothing(
    warehouse: Warehouse, tmp_path: Path
) -> None:
    put(warehouse, tmp_path, "orders", [order(1), order(2)])
    assert put(warehouse, tmp_path, "orders", [order(1), order(2)]).unchanged
    path = write(tmp_path, "more.csv", f"{HEADER}2,o,{START.isoformat()},900\n3,o,{START.isoformat()},1\n")
    report = warehouse.load("orders", path)
    assert (report.rows, report.loaded, report.total, report.unchanged) == (2, 2, 3, False)
    assert gmv(warehouse, START, AS_OF)["value"] == 100 + 900 + 1


def test_of_two_rows_with_one_key_in_one_load_the_later_stands(warehouse: Warehouse, tmp_path: Path) -> None:
    report = put(warehouse, tmp_path, "orders", [order(1, 5), order(1, 7), order(2, 1)])
    assert (report.rows, report.loaded, report.duplicates) == (3, 2, 1)
    assert gmv(warehouse, START, AS_OF)["value"] == 8


def test_a_glob_loads_every_file_that_it_names(warehouse: Warehouse, tmp_path: Path) -> None:
    for number in (1, 2):
        write(tmp_path, f"part-{number}.csv", f"{HEADER}{number},o,{START.isoformat()},10\nx,,,\n")
    report = warehouse.load("orders", str(tmp_path / "part-*.csv"))
    assert (report.loaded, report.files) == (2, ("part-1.csv", "part-2.csv"))
    assert [(one.file, one.row) for one in report.first] == [("part-1.csv", 3), ("part-2.csv", 3)]


def test_parquet_brings_its_own_types(warehouse: Warehouse, tmp_path: Path) -> None:
    path = tmp_path / "o.parquet"
    duckdb.sql(
        "COPY (SELECT 7 AS id, 'o' AS organization_id, TIMESTAMP '2026-11-24 01:02:03.5' AS ordered_at, "
        f"19.99::DOUBLE AS paid, true AS spare) TO '{path}' (FORMAT parquet)"
    )
    assert warehouse.load("orders", path, {"total_cents": "paid:usd"}).loaded == 1
    assert stored(warehouse, "orders")[0][:5] == ("7", "o", None, datetime(2026, 11, 24, 1, 2, 3, 500000), 1999)


def test_an_unreadable_cell_that_may_be_empty_keeps_its_row_and_is_told(warehouse: Warehouse, tmp_path: Path) -> None:
    path = write(tmp_path, "u.csv", "id,created_at,last_login_at\n1,2026-01-01,yesterday\n2,2026-01-01,\n")
    report = warehouse.load("users", path)
    assert (report.loaded, report.rejected, dict(report.unreadable)) == (2, 0, {"last_login_at": 1})
    assert report.quarantine is not None
    (line,) = [json.loads(one) for one in report.quarantine.read_text().splitlines()]
    assert (line["row"], line["loaded"], line["reason"]) == (2, True, "last_login_at cannot be read")
    assert line["cells"]["last_login_at"] == "yesterday"
    assert warehouse.warnings("users.last_login_at", until=AS_OF) == (
        "last_login_at of users could not be read in 1 of 2 rows.",
    )


def test_when_nothing_can_be_loaded_the_table_stays_as_it_was(warehouse: Warehouse, tmp_path: Path) -> None:
    put(warehouse, tmp_path, "orders", [order(1)])
    report = warehouse.load("orders", write(tmp_path, "bad.csv", f"{HEADER}2,o,never,1\n"))
    assert (report.useless, report.loaded, report.total) == (True, 0, 1)
    assert gmv(warehouse, START, AS_OF)["value"] == 100


def test_a_file_with_a_header_alone_is_a_known_nothing(warehouse: Warehouse, tmp_path: Path) -> None:
    report = warehouse.load("orders", write(tmp_path, "o.csv", HEADER))
    assert (report.rows, report.useless) == (0, False)
    assert gmv(warehouse, START, AS_OF)["value"] == 0


def test_two_loads_at_once_do_not_mix(warehouse: Warehouse, tmp_path: Path) -> None:
    with loading_alone(warehouse.folder), pytest.raises(RetryLater) as caught:
        put(warehouse, tmp_path, "orders", [order(1)])
    assert caught.value.code == "busy"
    assert put(warehouse, tmp_path, "orders", [order(1)]).loaded == 1


def test_a_load_that_was_killed_leaves_the_state_before_it(warehouse: Warehouse, tmp_path: Path) -> None:
    put(warehouse, tmp_path, "orders", [order(1)])
    (warehouse.folder / "work").mkdir()
    (warehouse.folder / "work" / "draft.parquet").write_text("half")
    (warehouse.folder / "orders-2.parquet").write_text("written, and never named")
    assert gmv(Warehouse(warehouse.folder), START, AS_OF)["value"] == 100
    put(warehouse, tmp_path, "orders", [order(2, 7)])
    assert gmv(warehouse, START, AS_OF)["value"] == 7
    assert not (warehouse.folder / "work").exists()


def test_a_reader_in_another_process_sees_each_load_and_never_a_half_one(warehouse: Warehouse, tmp_path: Path) -> None:
    put(warehouse, tmp_path, "orders", [order(1)])
    program = (
        "import sys; from pathlib import Path; from datetime import *\n"
        "from opsbook.warehouse import Warehouse; from opsbook.warehouse.activity import gmv\n"
        f"w = Warehouse(Path({str(warehouse.folder)!r})); end = datetime.fromisoformat({AS_OF.isoformat()!r})\n"
        "for line in sys.stdin: print(gmv(w, end - timedelta(days=1), end)['value'], flush=True)\n"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdin=-1, stdout=-1, text=True) as reader:
        assert reader.stdin is not None
        assert reader.stdout is not None
        for cents in (100, 250, 31, 7):
            put(warehouse, tmp_path, "orders", [order(1, cents)])
            print("?", file=reader.stdin, flush=True)
            assert int(reader.stdout.readline()) == cents
        reader.stdin.close()


def test_a_reader_whose_file_two_loads_have_replaced_finds_the_new_one(
    warehouse: Warehouse, tmp_path: Path, clock: SteppedClock
) -> None:
    reader = Warehouse(warehouse.folder, clock)
    put(warehouse, tmp_path, "orders", [order(1, 1)])
    assert gmv(reader, START, AS_OF)["value"] == 1
    for cents in (2, 3, 4):
        put(warehouse, tmp_path, "orders", [order(1, cents)])
    assert gmv(reader, START, AS_OF)["value"] == 4
    assert len(list(warehouse.folder.glob("orders-*.parquet"))) == 2


def test_a_broken_manifest_is_told_and_not_taken_for_an_empty_warehouse(warehouse: Warehouse, tmp_path: Path) -> None:
    put(warehouse, tmp_path, "orders", [order(1)])
    (warehouse.folder / "manifest.json").write_text('{"version": 2, "tables": {"orders": {}}}')
    with pytest.raises(NeverWorks) as caught:
        Warehouse(warehouse.folder).held("orders")
    assert caught.value.code == "bad_manifest"


def test_declaring_tools_or_a_warehouse_loads_neither_duckdb_nor_sqlalchemy() -> None:
    program = (
        "import sys; from opsbook.tools._found import entries; entries()\n"
        "from pathlib import Path; from opsbook.warehouse import Warehouse; Warehouse(Path('nowhere'))\n"
        "print([name for name in ('duckdb', 'sqlalchemy') if name in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True).stdout == "[]\n"


def test_the_time_of_a_load_is_the_clocks(warehouse: Warehouse, tmp_path: Path, clock: SteppedClock) -> None:
    clock.at = datetime(2027, 1, 1, tzinfo=UTC)
    put(warehouse, tmp_path, "orders", [order(1)])
    held = warehouse.held("orders")
    assert held is not None
    assert held.loaded_at == held.reach == clock.at


def test_a_statement_that_takes_long_draws_no_bar_into_what_is_printed(warehouse):
    for connection in (open_loader(warehouse.folder), open_reader(warehouse.folder, {})):
        asked = connection.cursor().execute("SELECT current_setting('enable_progress_bar')")
        assert asked.fetchall() == [(False,)]
