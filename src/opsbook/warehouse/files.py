"""The files of a load: which they are, what they hold, and what their columns are called."""

from __future__ import annotations

import csv
import glob
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from opsbook.sdk.errors import InvalidInput

LONGEST_RECORD = 131_072  # bytes of one row; a longer one is a quote that never closes, or no table
HEAD = 65_536
SUFFIXES = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".parquet": "parquet",
}
MARKS = {
    b"PAR1": "Parquet",
    b"PK\x03\x04": "a zip archive or a spreadsheet",
    b"\x1f\x8b": "packed with gzip",
    b"\xff\xfe": "UTF-16",
    b"\xfe\xff": "UTF-16",
}
BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class DataFile:
    """One file: `form` is csv, jsonl or parquet; `header` its columns in order (of Parquet: not read yet)."""

    path: Path
    form: str
    header: tuple[str, ...] = ()
    delimiter: str = ","


def data_files(path: str | Path) -> list[DataFile]:
    """The files that a path or a glob names, by name. Raises `InvalidInput` when there is none or one is unreadable."""
    try:
        whole = Path(path).is_file()
        found = [Path(path)] if whole else sorted(Path(one) for one in glob.glob(str(path), recursive=True))
        files = [one for one in found if one.is_file()]
    except (OSError, ValueError) as error:  # a name that no file can have
        raise InvalidInput("The file's name cannot be looked up.", field="file", cure="Give a shorter path.") from error
    if not files:
        raise InvalidInput(f"There is no file {path}.", field="file", cure="Give a file, or a pattern such as *.csv.")
    return [_data_file(one) for one in files]


def digest_of(files: Sequence[DataFile]) -> str:
    """SHA-256 over the contents, in order."""
    total = hashlib.sha256()
    for one in files:
        with one.path.open("rb") as opened:
            total.update(hashlib.file_digest(opened, "sha256").digest())
    return total.hexdigest()


def _data_file(path: Path) -> DataFile:
    form = SUFFIXES.get(path.suffix.lower())
    if form is None:
        cure = "It takes .csv, .tsv, .txt, .jsonl, .ndjson, .json (one object a line) and .parquet."
        raise InvalidInput(f"{path.name} is of no kind that can be loaded.", field="file", cure=cure)
    try:
        with path.open("rb") as opened:
            head = opened.read(HEAD)
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror}.", field="file") from error
    mark = next((what for mark, what in MARKS.items() if head.startswith(mark)), None)
    if form == "parquet":
        if mark != "Parquet":
            raise InvalidInput(f"{path.name} is not Parquet, whatever its name says.", field="file")
        return DataFile(path, form)
    if mark or b"\0" in head.split(b"\n", 1)[0]:
        cure = "Save it as UTF-8 text." if mark in ("UTF-16", None) else "Unpack or export it first."
        raise InvalidInput(f"{path.name} is {mark or 'binary, not text'}.", field="file", cure=cure)
    return _csv_file(path) if form == "csv" else DataFile(path, form, _keys(path))


def _csv_file(path: Path) -> DataFile:
    with path.open("rb") as opened:
        line = opened.readline(LONGEST_RECORD).removeprefix(BOM)
    text = _text(line, path).rstrip("\r\n")
    if not text.strip():
        raise InvalidInput(
            f"{path.name} is empty or begins with an empty line.", field="file", cure="Give it a header."
        )
    if "\r" in text or len(line) >= LONGEST_RECORD:
        cure = "Save it with line ends of Unix or Windows."
        raise InvalidInput(f"{path.name} has no line break after its header.", field="file", cure=cure)
    delimiter = max(",;\t|", key=text.count)
    try:
        names = next(csv.reader([text], delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise InvalidInput(f"The header of {path.name} is broken: {error}.", field="file") from error
    return DataFile(path, "csv", tuple(name.strip() for name in names), delimiter)


def _keys(path: Path) -> tuple[str, ...]:
    """The keys of the first thousand objects, in the order in which they come up."""
    keys: dict[str, None] = {}
    objects = 0
    with path.open("rb") as opened:
        for _ in range(1000):
            line = opened.readline(LONGEST_RECORD).removeprefix(BOM)
            try:
                value = json.loads(line)
            except (ValueError, RecursionError):
                continue
            if isinstance(value, dict):
                objects += 1
                keys.update(dict.fromkeys(value))
    if not objects and path.stat().st_size:
        cure = "Write one JSON object a line."
        raise InvalidInput(f"No line at the beginning of {path.name} is a JSON object.", field="file", cure=cure)
    return tuple(keys)


def _text(line: bytes, path: Path) -> str:
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError as error:
        sentence = f"The header of {path.name} is not UTF-8 (byte {error.start + 1})."
        raise InvalidInput(sentence, field="file", cure="Save it as UTF-8.") from error
