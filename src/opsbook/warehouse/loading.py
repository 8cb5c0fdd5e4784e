"""Loads files into a table: all of a load or nothing of it, and every row that was left out is named.

The new rows replace the stored ones with the same key. The result goes into a new Parquet file, which counts from the
moment the manifest names it; until then the warehouse is as it was.
"""

# ruff: noqa: S608 names in statements are declared in tables.py or quoted by `name`, texts go through `literal`

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from opsbook.sdk.values import digest
from opsbook.warehouse import engine
from opsbook.warehouse.engine import Connection, literal, name
from opsbook.warehouse.files import DataFile, data_files, digest_of
from opsbook.warehouse.manifest import Held, loading_alone, read_manifest, write_manifest
from opsbook.warehouse.report import SHOWN, BadRow, LoadReport, report_of
from opsbook.warehouse.staging import Staged, make_staging, stage
from opsbook.warehouse.tables import UNREAD, Kind, Table


@dataclass(frozen=True)
class Request:
    """What to load. `replace_all` drops the rows that the table had before."""

    table: Table
    path: str | Path
    mapping: Mapping[str, str]
    replace_all: bool = False


def load(folder: Path, request: Request, now: datetime) -> LoadReport:
    """Carry a load out. Safe to repeat: the same content under the same mapping, loaded last, is left alone.

    Raises `InvalidInput` for a file or a mapping that does not fit, `RetryLater` while another load is under way.
    Nothing is changed then.
    """
    files = data_files(request.path)
    with loading_alone(folder):
        held = read_manifest(folder)
        mark = digest([digest_of(files), dict(request.mapping), request.replace_all])
        mine = held.get(request.table.name)
        if mine and mine.last.get("mark") == mark:
            return report_of(mine.last["report"], unchanged=True)
        work = folder / "work"
        shutil.rmtree(work, ignore_errors=True)  # what a load that was killed left behind
        work.mkdir()
        try:
            return _load(_Load(folder, work, request, files, mark, now), held)
        finally:
            shutil.rmtree(work, ignore_errors=True)


@dataclass(frozen=True)
class _Load:
    folder: Path
    work: Path
    request: Request
    files: Sequence[DataFile]
    mark: str
    now: datetime

    @property
    def table(self) -> Table:
        return self.request.table


def _load(load: _Load, held: dict[str, Held]) -> LoadReport:
    connection = engine.open_loader(load.folder)
    try:
        make_staging(connection, load.table)
        staged = [
            stage(connection, load.table, file, number, load.request.mapping, load.work)
            for number, file in enumerate(load.files)
        ]
        report = _judge(connection, load, staged)
        mine = held.get(load.table.name)
        if report.useless:
            return replace(report, total=mine.rows if mine else 0)
        draft = _merge(connection, load, mine)
        facts = _facts(connection, load.table, draft)
    finally:
        connection.close()
    report = replace(report, total=facts["rows"])
    number = mine.number + 1 if mine else 1
    file = f"{load.table.name}-{number}.parquet"
    draft.replace(load.folder / file)
    held[load.table.name] = Held(
        number,
        file,
        facts["rows"],
        load.now,
        max(load.now, facts["latest"] or load.now),
        facts["unread"],
        mine.file if mine else None,
        {"mark": load.mark, "report": report.as_json()},
    )
    write_manifest(load.folder, held)
    return report


def _judge(connection: Connection, load: _Load, staged: Sequence[Staged]) -> LoadReport:
    """Count what was staged, write the quarantine, and leave only the rows that stand."""
    names = [file.path.name for file in load.files]
    broken = [(number, one) for number, part in enumerate(staged) for one in part.broken]
    bad = _refused(connection)
    reasons: dict[str, int] = {}
    for reason in [one.reason for _, one in broken] + [reason for _, _, reason, _ in bad]:
        reasons[reason] = reasons.get(reason, 0) + 1
    lines = sorted(
        [(number, one.row, one.reason, [one.text]) for number, one in broken] + bad, key=lambda line: line[:2]
    )
    unreadable = _unreadable(connection)
    quarantine = _quarantine(connection, load, lines) if lines or unreadable else None
    rows = _count(connection, "SELECT count(*) FROM staged") + len(broken)
    connection.execute("DELETE FROM staged WHERE _refusal IS NOT NULL")
    sound = _count(connection, "SELECT count(*) FROM staged")
    key = ", ".join(f"coalesce(CAST({name(one)} AS VARCHAR), '')" for one in load.table.key)
    connection.execute(
        f"CREATE TABLE standing AS SELECT * FROM staged "
        f"QUALIFY row_number() OVER (PARTITION BY {key} ORDER BY _file DESC, _row DESC) = 1"
    )
    loaded = _count(connection, "SELECT count(*) FROM standing")
    return LoadReport(
        load.table.name,
        tuple(names),
        rows,
        loaded,
        len(lines),
        sound - loaded,
        0,
        dict(sorted(reasons.items(), key=lambda item: -item[1])),
        tuple(BadRow(names[number], row, reason) for number, row, reason, _ in lines[:SHOWN]),
        unreadable,
        _absent(connection),
        tuple(dict.fromkeys(column for part in staged for column in part.ignored)),
        quarantine,
    )


def _refused(connection: Connection) -> list[tuple[int, int, str, list[str]]]:
    found = connection.execute("SELECT _file, _row, _refusal, _cells FROM staged WHERE _refusal IS NOT NULL").fetchall()
    return [(int(file), int(row), str(reason), cells) for file, row, reason, cells in found]


def _unreadable(connection: Connection) -> dict[str, int]:
    """By column, the cells of rows without a fault that say something nobody can read."""
    marks = _marks(connection, "FROM staged WHERE _refusal IS NULL")
    return {name: count for name, count in sorted(marks.items()) if not name.startswith("-")}


def _marks(connection: Connection, rows: str) -> dict[str, int]:
    """How many rows carry each mark of `unread`."""
    found: dict[str, int] = {}
    for marks, count in connection.execute(f"SELECT {UNREAD}, count(*) {rows} GROUP BY ALL").fetchall():
        for one in marks.split():
            found[one] = found.get(one, 0) + int(count)
    return found


def _absent(connection: Connection) -> tuple[str, ...]:
    return tuple(sorted(name[1:] for name in _marks(connection, "FROM staged") if name.startswith("-")))


def _quarantine(connection: Connection, load: _Load, lines: Sequence[tuple[int, int, str, list[str]]]) -> Path:
    """One JSON object a line: what was left out, why, and its cells as they came."""
    folder = load.folder / "quarantine"
    folder.mkdir(exist_ok=True)
    target = folder / f"{load.table.name}-{load.mark[:16]}.jsonl"
    draft = load.work / "quarantine.jsonl"
    cells = connection.execute(
        f"SELECT _file, _row, {UNREAD}, _cells FROM staged WHERE _refusal IS NULL AND _cells IS NOT NULL "
        "ORDER BY _file, _row"
    )
    names = [file.path.name for file in load.files]
    with draft.open("w", encoding="utf-8") as opened:
        for number, row, reason, texts in lines:
            line = {"file": names[number], "row": row, "loaded": False, "reason": reason}
            opened.write(json.dumps({**line, "cells": _cells(load.table, texts)}, ensure_ascii=False) + "\n")
        while some := cells.fetchmany(1000):
            for number, row, unread, texts in some:
                reason = ", ".join(f"{one} cannot be read" for one in unread.split() if not one.startswith("-"))
                line = {"file": names[number], "row": row, "loaded": True, "reason": reason}
                opened.write(json.dumps({**line, "cells": _cells(load.table, texts)}, ensure_ascii=False) + "\n")
    draft.replace(target)
    return target


def _cells(table: Table, texts: Sequence[str | None]) -> dict[str, str]:
    if len(texts) != len(table.columns):
        return {"text": str(texts[0])}
    return {column.name: text[:2000] for column, text in zip(table.columns, texts, strict=True) if text is not None}


def _merge(connection: Connection, load: _Load, mine: Held | None) -> Path:
    """Write the stored rows that stand, then the new ones, to a draft beside the stored file."""
    columns = ", ".join(name(one) for one in (*load.table.names, UNREAD))
    query = f"SELECT {columns} FROM standing"
    if mine and not load.request.replace_all:
        same = " AND ".join(f"old.{name(one)} IS NOT DISTINCT FROM new.{name(one)}" for one in load.table.key)
        old = engine.stored(load.folder / mine.file)
        query = (
            f"SELECT {columns} FROM ({old}) AS old "
            f"WHERE NOT EXISTS (SELECT 1 FROM standing AS new WHERE {same}) UNION ALL {query}"
        )
    draft = load.work / "draft.parquet"
    connection.execute(f"COPY ({query}) TO {literal(str(draft))} (FORMAT parquet)")
    with draft.open("rb") as opened:
        os.fsync(opened.fileno())
    return draft


def _facts(connection: Connection, table: Table, draft: Path) -> dict[str, Any]:
    times = [column.name for column in table.columns if column.kind is Kind.TIME and column.name != "resets_at"]
    latest = f"greatest({', '.join(f'max({name(one)})' for one in times)})" if times else "NULL"
    rows, when = connection.execute(f"SELECT count(*), {latest} FROM ({engine.stored(draft)})").fetchall()[0]
    unread = _marks(connection, f"FROM ({engine.stored(draft)})")
    return {"rows": rows, "latest": when.replace(tzinfo=UTC) if when else None, "unread": unread}


def _count(connection: Connection, query: str) -> int:
    return int(connection.execute(query).fetchall()[0][0])
