"""Loads files into a table: all of a load or nothing of it, and every row that was left out is named.

The new rows replace the stored ones with the same key (`merging`). The result goes into new files, which count from the
moment the manifest names them; until then the warehouse is as it was.
"""

# ruff: noqa: S608 names in statements are declared in tables.py or quoted by `name`, texts go through `literal`

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from opsbook.sdk.values import digest
from opsbook.warehouse import engine
from opsbook.warehouse.engine import Connection, name
from opsbook.warehouse.files import DataFile, data_files, digest_of
from opsbook.warehouse.manifest import Held, loading_alone, read_manifest, remove_unnamed, write_manifest
from opsbook.warehouse.merging import Place, count, marks, merge
from opsbook.warehouse.report import SHOWN, BadRow, LoadReport, report_of
from opsbook.warehouse.staging import make_staging, stage
from opsbook.warehouse.tables import UNREAD, Table


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
        work = folder / "work"
        shutil.rmtree(work, ignore_errors=True)  # what a load that was killed left behind
        remove_unnamed(folder, held)
        mark = digest([digest_of(files), dict(request.mapping), request.replace_all])
        mine = held.get(request.table.name)
        if mine and mine.last.get("mark") == mark:  # what is known is known up to now
            held[request.table.name] = replace(mine, loaded_at=now, reach=max(mine.reach, now))
            write_manifest(folder, held)
            return report_of(mine.last["report"], unchanged=True)
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
        ignored: dict[str, None] = {}
        for number, file in enumerate(load.files):
            unused = stage(connection, load.table, file, number, load.request.mapping, load.work)
            ignored.update(dict.fromkeys(unused))
        report = _judge(connection, load, tuple(ignored))
        mine = held.get(load.table.name)
        if report.useless:
            return replace(report, total=mine.rows if mine else 0)
        number = mine.number + 1 if mine else 1
        place = Place(load.folder, load.work, load.table, number)
        change = merge(connection, place, None if load.request.replace_all else mine)
    finally:
        connection.close()
    report = replace(report, total=change.rows)
    held[load.table.name] = Held(
        number,
        change.parts,
        change.rows,
        load.now,
        max(load.now, change.latest or load.now),
        change.latest,
        change.unread,
        change.gone,
        mine.files if mine else (),
        {"mark": load.mark, "report": report.as_json()},
        mine.sources if mine else {},
    )
    write_manifest(load.folder, held)
    return report


def _judge(connection: Connection, load: _Load, ignored: tuple[str, ...]) -> LoadReport:
    """Count what was staged, write the quarantine, and leave only the rows that stand."""
    names = tuple(file.path.name for file in load.files)
    reasons = dict(connection.execute(_REASONS).fetchall())
    first = connection.execute(_FIRST).fetchall()
    found = marks(connection, "FROM staged WHERE _refusal IS NULL")
    unreadable = {name: rows for name, rows in sorted(found.items()) if not name.startswith("-")}
    quarantine = _quarantine(connection, load) if reasons or unreadable else None
    rows = count(connection, "SELECT count(*) FROM staged")
    connection.execute("DELETE FROM staged WHERE _refusal IS NOT NULL")
    sound = count(connection, "SELECT count(*) FROM staged")
    loaded = _keep_last(connection, load.table, sound)
    return LoadReport(
        load.table.name,
        names,
        rows,
        loaded,
        rows - sound,
        sound - loaded,
        0,
        reasons,
        tuple(BadRow(names[number], row, reason) for number, row, reason in first),
        unreadable,
        tuple(sorted(name[1:] for name in found if name.startswith("-"))),
        ignored,
        quarantine,
    )


_REASONS = """
    SELECT _refusal, count(*) FROM staged WHERE _refusal IS NOT NULL GROUP BY ALL ORDER BY count(*) DESC, _refusal
"""
_FIRST = f"SELECT _file, _row, _refusal FROM staged WHERE _refusal IS NOT NULL ORDER BY _file, _row LIMIT {SHOWN}"


def _keep_last(connection: Connection, table: Table, sound: int) -> int:
    """Of the staged rows with the same key keep the last as `standing`; how many stand."""
    key = ", ".join(f"coalesce(CAST({name(one)} AS VARCHAR), '')" for one in table.key)
    distinct = count(connection, f"SELECT count(*) FROM (SELECT DISTINCT {key} FROM staged)")
    if distinct == sound:  # the usual case, and a window over millions of texts costs several times this check
        connection.execute("ALTER TABLE staged RENAME TO standing")
        return sound
    connection.execute(
        f"CREATE TABLE standing AS SELECT * FROM staged "
        f"QUALIFY row_number() OVER (PARTITION BY {key} ORDER BY _file DESC, _row DESC) = 1"
    )
    return distinct


def _quarantine(connection: Connection, load: _Load) -> Path:
    """One JSON object a line: what was left out or could not be read, why, and its cells as they came."""
    folder = load.folder / "quarantine"
    folder.mkdir(exist_ok=True)
    target = folder / f"{load.table.name}-{load.mark[:16]}.jsonl"
    draft = load.work / "quarantine.jsonl"
    found = connection.execute(
        f"SELECT _file, _row, _refusal, {UNREAD}, _cells FROM staged WHERE _cells IS NOT NULL ORDER BY _file, _row"
    )
    with draft.open("w", encoding="utf-8") as opened:
        while some := found.fetchmany(1000):
            for number, row, refusal, unread, texts in some:
                line = {
                    "file": load.files[number].path.name,
                    "row": row,
                    "loaded": refusal is None,
                    "reason": refusal or _illegible(unread),
                    "cells": _cells(load.table, texts),
                }
                opened.write(json.dumps(line, ensure_ascii=False) + "\n")
    draft.replace(target)
    return target


def _illegible(unread: str) -> str:
    return ", ".join(f"{one} cannot be read" for one in unread.split() if not one.startswith("-"))


def _cells(table: Table, texts: Sequence[str | None]) -> dict[str, str]:
    if len(texts) != len(table.columns):
        return {"text": str(texts[0])}
    return {column.name: text[:2000] for column, text in zip(table.columns, texts, strict=True) if text is not None}
