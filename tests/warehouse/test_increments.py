"""Loads after the first: they cost by what they bring, and the table is as if its final rows had come at once."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from opsbook.sdk.clock import SteppedClock
from opsbook.sdk.errors import NeverWorks
from opsbook.warehouse import LoadReport, Warehouse
from opsbook.warehouse.engine import open_reader
from opsbook.warehouse.manifest import Held, Part, read_manifest
from opsbook.warehouse.merging import GROWTH, MOST_GONE, kept
from opsbook.warehouse.tables import TABLES
from warehouse.companies import AS_OF, GARBAGE
from warehouse.stored import stored

Row = dict[str, Any]
FIRST = 120  # rows of the first load, so that later ones are small against it


def order(key: int, salt: int) -> Row:
    at = AS_OF + timedelta(days=salt % 7 - 3)  # some lie after the load: they are how far the data reach
    return {"id": f"o{key}", "organization_id": "o", "ordered_at": at, "total_cents": salt, "status": salt % 3 or None}


def user(key: int, salt: int) -> Row:
    login = (GARBAGE, AS_OF, None)[salt % 3]
    row = {"id": f"u{key}", "created_at": AS_OF - timedelta(days=salt % 5), "last_login_at": login}
    return row if salt % 4 else {**row, "approved_at": GARBAGE}


def campaign(key: int, salt: int) -> Row:
    return {"id": f"c{key}", "organization_id": f"org{salt}", "sent_at": (GARBAGE, AS_OF)[salt % 2]}


def request(key: int, salt: int) -> Row:
    at = AS_OF - timedelta(hours=key // 2)
    return {"at": at, "service": ("api", None)[key % 2], "requests": salt, "server_errors": 0}


MAKERS = {"orders": order, "users": user, "campaigns": campaign, "requests": request}


@dataclass(frozen=True)
class Step:
    """One load: rows by key and salt, some of them twice; `fresh` replaces the whole table."""

    pairs: tuple[tuple[int, int], ...]
    fresh: bool = False


def steps(seed: int) -> list[Step]:
    """A large load, then small ones: new keys, known keys, both; the same again; rarely everything anew."""
    chance = Random(seed)
    found = [Step(tuple((key, chance.randrange(100)) for key in range(FIRST)))]
    for _ in range(chance.randint(1, 7)):
        if chance.random() < 0.1:
            found.append(found[-1])
            continue
        low = chance.choice((0, FIRST - 3, FIRST))
        pairs = [(low + chance.randrange(9), chance.randrange(100)) for _ in range(chance.choice((0, 1, 3, 20)))]
        found.append(Step(tuple(pairs), fresh=chance.random() < 0.1))
    return found


def load(warehouse: Warehouse, folder: Path, table: str, rows: Sequence[Row], *, fresh: bool = False) -> LoadReport:
    path = folder / f"{table}.jsonl"
    columns = dict.fromkeys(key for key in MAKERS[table](0, 0))
    empty = ",".join(columns) + "\n"
    if not rows:
        path = path.with_suffix(".csv")
    text = "".join(json.dumps({**columns, **row}, default=datetime.isoformat) + "\n" for row in rows)
    path.write_text(text or empty, "utf-8")
    return warehouse.load(table, path, replace_all=fresh)


def facts(held: Held | None) -> tuple[Any, ...]:
    assert held is not None
    return held.rows, held.latest, held.reach, dict(held.unread)


@settings(max_examples=12, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32), table=st.sampled_from(sorted(MAKERS)))
def test_any_sequence_of_loads_equals_one_load_of_the_final_rows(seed: int, table: str) -> None:
    clock = SteppedClock(AS_OF)
    standing: dict[int, Row] = {}
    with tempfile.TemporaryDirectory() as made:
        grown, whole = Warehouse(Path(made) / "grown", clock), Warehouse(Path(made) / "whole", clock)
        for step in steps(seed):
            rows = [MAKERS[table](*pair) for pair in step.pairs]
            report = load(grown, Path(made), table, rows, fresh=step.fresh)
            standing = {} if step.fresh else standing
            standing |= dict(zip((key for key, _ in step.pairs), rows, strict=True))
            assert report.total == len(standing)
        final = list(standing.values())
        Random(seed).shuffle(final)
        load(whole, Path(made), table, final, fresh=True)
        assert stored(grown, table) == stored(whole, table)
        assert facts(grown.held(table)) == facts(whole.held(table))
        check_layout(grown, table)


def check_layout(warehouse: Warehouse, table: str) -> None:
    """Few parts, little that is gone, and no file that nothing names."""
    held = warehouse.held(table)
    assert held is not None
    after = 0
    for part in reversed(held.parts):
        assert after == 0 or part.standing > GROWTH * after
        after += part.standing
    assert sum(part.gone for part in held.parts) <= MOST_GONE * sum(part.rows for part in held.parts)
    assert {file.name for file in warehouse.folder.glob("*.parquet")} == {*held.files, *held.before}


def test_a_small_load_leaves_the_large_file_as_it_is(warehouse: Warehouse, tmp_path: Path) -> None:
    load(warehouse, tmp_path, "orders", [order(key, 1) for key in range(1000)])
    large = warehouse.folder / "orders-1.parquet"
    before = large.stat()
    for number in range(4):
        load(warehouse, tmp_path, "orders", [order(key, 2 + number) for key in range(10 * number, 10 * number + 12)])
    after = large.stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    held = warehouse.held("orders")
    assert held is not None
    assert [(part.number, part.rows, part.gone) for part in held.parts] == [(1, 1000, 42), (4, 32, 2), (5, 12, 0)]
    assert sum(row[4] for row in stored(warehouse, "orders")) == 958 + 10 * (2 + 3 + 4) + 12 * 5


def test_when_the_row_with_the_latest_time_is_replaced_the_data_reach_less_far(
    warehouse: Warehouse, tmp_path: Path
) -> None:
    rows = [order(key, key % 3) for key in range(100)]  # up to a day before the load
    load(warehouse, tmp_path, "orders", [*rows, order(100, 6)])
    held = warehouse.held("orders")
    assert held is not None
    assert held.latest == held.reach == AS_OF + timedelta(days=3)
    load(warehouse, tmp_path, "orders", [order(100, 0)])
    held = warehouse.held("orders")
    assert held is not None
    assert (held.latest, held.reach) == (AS_OF - timedelta(days=1), AS_OF)


def test_when_much_of_a_table_has_changed_it_is_written_anew() -> None:
    base = Part(1, "a", 1000, 50)
    assert kept([base, Part(2, "b", 200)], 10) == 2
    assert kept([base, Part(2, "b", 20)], 10) == 1
    assert kept([Part(1, "a", 1000, 51)], 10) == 0
    assert kept([base], 475) == 0


def test_a_reader_that_began_before_a_load_finishes_on_the_rows_that_it_began_with(
    warehouse: Warehouse, tmp_path: Path
) -> None:
    load(warehouse, tmp_path, "orders", [order(key, 1) for key in range(100)])
    load(warehouse, tmp_path, "orders", [order(0, 2)])
    early = open_reader(warehouse.folder, read_manifest(warehouse.folder))
    load(warehouse, tmp_path, "orders", [order(key, 5) for key in range(50)])
    assert early.execute("SELECT sum(total_cents), count(*) FROM orders").fetchall() == [(101, 100)]


def test_a_folder_of_an_earlier_layout_is_refused_with_a_cure(warehouse: Warehouse, tmp_path: Path) -> None:
    load(warehouse, tmp_path, "orders", [order(1, 1)])
    page = warehouse.folder / "manifest.json"
    page.write_text(json.dumps({**json.loads(page.read_text()), "version": 1}))
    with pytest.raises(NeverWorks, match="another version") as caught:
        Warehouse(warehouse.folder).held("orders")
    assert "load its tables again" in caught.value.cure


CHILD = """
import os, signal, sys
from pathlib import Path
from opsbook.warehouse import Warehouse

points, left = (os.fsync, os.replace, os.unlink, os.rmdir), int(sys.argv[3])

def watch(frame, event, called):
    global left
    if event == "c_call" and called in points:
        left -= 1
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)

sys.setprofile(watch)
Warehouse(Path(sys.argv[1])).load("orders", sys.argv[2])
"""


def test_a_load_killed_before_any_write_that_counts_leaves_the_state_before_it_or_after_it(tmp_path: Path) -> None:
    """Before each fsync, rename and removal in turn, until a load gets through."""
    first, later = [order(key, 1) for key in range(100)], [order(key, 7) for key in range(98, 103)]
    home, changed = tmp_path / "home", tmp_path / "changed.jsonl"
    warehouse = Warehouse(home)
    load(warehouse, tmp_path, "orders", first)
    load(warehouse, tmp_path, "orders", [order(0, 3)])
    before = stored(warehouse, "orders")
    changed.write_text("".join(json.dumps(row, default=datetime.isoformat) + "\n" for row in later), "utf-8")
    shutil.copytree(home, tmp_path / "whole")
    Warehouse(tmp_path / "whole").load("orders", changed)
    after = stored(Warehouse(tmp_path / "whole"), "orders")
    seen: list[bool] = []
    code = -signal.SIGKILL
    while code == -signal.SIGKILL:
        folder = tmp_path / f"killed-{len(seen)}"
        shutil.copytree(home, folder)
        command = [sys.executable, "-c", CHILD, str(folder), str(changed), str(len(seen) + 1)]
        code = subprocess.run(command, check=False).returncode
        found = stored(Warehouse(folder), "orders")
        assert found in (before, after)
        seen.append(found == after)
        Warehouse(folder).load("orders", changed)
        assert stored(Warehouse(folder), "orders") == after
        assert not (folder / "work").exists()
        check_layout(Warehouse(folder), "orders")
    assert code == 0
    assert seen == sorted(seen), "once a load counts, it counts"
    assert len(seen) > 8


def test_every_table_can_be_loaded_in_parts(warehouse: Warehouse, tmp_path: Path) -> None:
    for table in TABLES.values():
        for number in range(2):
            path = tmp_path / f"{table.name}-{number}.jsonl"
            rows = [example(table.name, key) for key in range(20 * number, 20 + number)]
            path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
            warehouse.load(table.name, path)
        held = warehouse.held(table.name)
        assert held is not None
        assert [part.rows for part in held.parts] == [20, 1], table.name
        assert len(stored(warehouse, table.name)) == 21


def example(table: str, key: int) -> Row:
    """A row with the columns that every row has."""
    kinds = {"time": 1_700_000_000 + key, "cents": 1, "count": 1, "number": 1, "text": f"t{key}", "word": f"w{key}"}
    return {column.name: kinds[column.kind] for column in TABLES[table].columns if column.required}
