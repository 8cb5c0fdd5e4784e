"""Reads a text file whose form is broken somewhere: what can be read is written to a sound file, the rest is named.

The fast reader gives up at the first broken row. This one is slower and goes on after it: an unclosed quote costs the
row that it opens in and not the rest of the file, and memory stays bounded by the longest row allowed.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from opsbook.warehouse.files import BOM, LONGEST_RECORD, DataFile

MOST_LINES = 1000  # lines that one quoted row may span
MOST_UNCLOSED = 100  # after so many unclosed quotes, nobody looks for the end of the next one


@dataclass(frozen=True)
class Broken:
    """A row that has no form: its number (the header is row 1), why, and how it begins."""

    row: int
    reason: str
    text: str


def mend(file: DataFile, sound: Path, broken: Path) -> None:
    """Write the rows of a CSV or JSONL file that have a form to `sound`, as a CSV that begins with the row's number.

    The others go to `broken`: a CSV of number, reason and how the row begins.
    """
    with (
        file.path.open("rb") as opened,
        sound.open("w", encoding="utf-8", newline="") as kept,
        broken.open("w", encoding="utf-8", newline="") as refused,
    ):
        writer = csv.writer(kept, lineterminator="\n", quoting=csv.QUOTE_ALL)
        refusals = csv.writer(refused, lineterminator="\n", quoting=csv.QUOTE_ALL)
        writer.writerow(["row", *file.header])
        refusals.writerow(["row", "reason", "text"])

        def refuse(one: Broken) -> None:
            refusals.writerow([one.row, one.reason, one.text])

        rows = _csv_rows(opened, file, refuse) if file.form == "csv" else _json_rows(opened, file, refuse)
        for row, cells in rows:
            writer.writerow([row, *cells])


def _csv_rows(opened: IO[bytes], file: DataFile, refuse: Callable[[Broken], None]) -> Iterator[tuple[int, list[str]]]:
    next(_records(opened, file.delimiter))
    width = len(file.header)
    for row, (record, fault) in enumerate(_records(opened, file.delimiter), start=2):
        text = record.decode("utf-8", "replace")
        reason: str = fault
        cells: list[str] = []
        if not reason:
            reason, cells = _cells(record, file.delimiter, width)
        if reason:
            refuse(Broken(row, reason, text[:500]))
        else:
            yield row, cells


def _cells(record: bytes, delimiter: str, width: int) -> tuple[str, list[str]]:
    try:
        cells = next(csv.reader([record.decode("utf-8")], delimiter=delimiter, strict=True))
    except UnicodeDecodeError:
        return "the row is not UTF-8", []
    except csv.Error:
        return "a quote is out of place", []
    if len(cells) != width:
        return f"the row has {len(cells)} fields and the header {width}", []
    return "", cells


def _records(opened: IO[bytes], delimiter: str) -> Iterator[tuple[bytes, str]]:
    """Each record and what is wrong with its extent; blank lines are none. After an unclosed quote: the next line."""
    mark, unclosed = delimiter.encode(), 0
    while line := opened.readline(LONGEST_RECORD + 1):
        if len(line) > LONGEST_RECORD:
            _skip_line(opened)
            yield line[:1000], "the row is too long"
        elif b'"' in line and _ends_open(line, mark, inside=False):
            resume = opened.tell()
            whole = _closed(opened, line, mark) if unclosed < MOST_UNCLOSED else None
            if whole is None:
                unclosed += 1
                opened.seek(resume)
                yield line, "a quote opens here and never closes"
            else:
                yield whole, ""
        elif line.strip(b"\r\n").removeprefix(BOM):
            yield line, ""


def _closed(opened: IO[bytes], line: bytes, mark: bytes) -> bytes | None:
    """The record whose first line ends inside a quote, up to the line that closes it; None when none does."""
    whole = [line]
    size = len(line)
    for _ in range(MOST_LINES):
        more = opened.readline(LONGEST_RECORD)
        whole.append(more)
        size += len(more)
        if not more or size > LONGEST_RECORD:
            return None
        if b'"' in more and not _ends_open(more, mark, inside=True):
            return b"".join(whole)
    return None


def _ends_open(line: bytes, mark: bytes, *, inside: bool) -> bool:
    """Whether a line ends inside a quoted field. A quote opens a field only as its first character."""
    place = 0
    while place < len(line):
        if not inside:
            inside = line[place : place + 1] == b'"'
            place += 1 if inside else 0
        if inside:
            place = _closing_quote(line, place)
            if place < 0:
                return True
            inside = False
        following = line.find(mark, place)
        if following < 0:
            return False
        place = following + 1
    return inside


def _closing_quote(line: bytes, place: int) -> int:
    """The place after the quote that closes a field; two quotes are one that belongs to it. -1: none."""
    while (place := line.find(b'"', place)) >= 0:
        if line[place + 1 : place + 2] != b'"':
            return place + 1
        place += 2
    return -1


def _json_rows(opened: IO[bytes], file: DataFile, refuse: Callable[[Broken], None]) -> Iterator[tuple[int, list[str]]]:
    row = 0
    while line := opened.readline(LONGEST_RECORD + 1):
        if not line.strip():
            continue
        row += 1
        if len(line) > LONGEST_RECORD:
            _skip_line(opened)
            refuse(Broken(row, "the row is too long", line[:500].decode("utf-8", "replace")))
            continue
        try:
            value = json.loads(line.removeprefix(BOM))
        except (ValueError, RecursionError):
            value = None
        if isinstance(value, dict):
            yield row, [_cell(value.get(key)) for key in file.header]
        else:
            refuse(Broken(row, "the row is not a JSON object", line[:500].decode("utf-8", "replace")))


def _cell(value: Any) -> str:
    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(value)
    return text.encode("utf-8", "replace").decode("utf-8")


def _skip_line(opened: IO[bytes]) -> None:
    while (more := opened.readline(LONGEST_RECORD)) and not more.endswith(b"\n"):
        pass
