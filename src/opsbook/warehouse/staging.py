"""Brings a file's rows into one staged table of the loader: typed cells, what was unread, why a row is refused."""

# ruff: noqa: S608 names in statements are declared in tables.py or quoted by `name`, texts go through `literal`

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from opsbook.sdk.errors import InvalidInput
from opsbook.warehouse import engine
from opsbook.warehouse.engine import Connection, literal, name
from opsbook.warehouse.files import LONGEST_RECORD, DataFile
from opsbook.warehouse.mapping import Source, sources_for
from opsbook.warehouse.mending import mend
from opsbook.warehouse.tables import UNREAD, Kind, Table

READERS: Mapping[Kind, str] = {
    Kind.TEXT: "{0}",
    Kind.WORD: "lower({0})",
    Kind.TIME: "read_time({0})",
    Kind.CENTS: "read_whole({0})",
    Kind.COUNT: "read_whole({0})",
    Kind.NUMBER: "read_number({0})",
    Kind.FLAG: "read_flag({0})",
}
CALLED: Mapping[Kind, str] = {
    Kind.TIME: "a time",
    Kind.CENTS: "a whole number of cents",
    Kind.COUNT: "a whole number",
    Kind.NUMBER: "a number",
    Kind.FLAG: "true or false",
}
NOTHING = "'null', 'none', '\\N', 'nan'"  # words that exports write for nothing; in a text column they stay words


def make_staging(connection: Connection, table: Table) -> None:
    columns = ", ".join(f"{name(column.name)} {column.kind.sql}" for column in table.columns)
    hidden = f"{UNREAD} VARCHAR, _file INTEGER, _row BIGINT, _refusal VARCHAR, _cells VARCHAR[]"
    connection.execute(f"CREATE TABLE staged ({columns}, {hidden})")


def stage(
    connection: Connection, table: Table, file: DataFile, number: int, mapping: Mapping[str, str], work: Path
) -> tuple[str, ...]:
    """Add one file's rows, those without a form as well; the file's columns that nothing uses.

    Raises `InvalidInput` for a file whose columns do not fit or that cannot be read at all.
    """
    header = file.header if file.form != "parquet" else _parquet_header(connection, file)
    sources = sources_for(table, mapping, header, file.path.name)
    used = {source.theirs for source in sources}
    ignored = tuple(column for column in header if column not in used)
    if not header:
        return ignored
    try:
        _insert(connection, table, sources, _relation(file, header), number)
    except engine.EngineError as error:
        if file.form == "parquet":
            raise InvalidInput(f"{file.path.name} is damaged.", field="file", cure="Export it again.") from error
        sound, broken = work / f"sound-{number}.csv", work / f"broken-{number}.csv"
        mend(file, sound, broken)
        _insert(connection, table, sources, _mended_relation(sound, header), number)
        _insert_broken(connection, broken, number)
    return ignored


def _parquet_header(connection: Connection, file: DataFile) -> tuple[str, ...]:
    try:
        found = connection.execute(f"DESCRIBE {engine.stored(file.path)}").fetchall()
    except engine.EngineError as error:
        raise InvalidInput(f"{file.path.name} is damaged.", field="file", cure="Export it again.") from error
    return tuple(str(row[0]) for row in found)


def _insert(connection: Connection, table: Table, sources: Sequence[Source], relation: str, number: int) -> None:
    raws, typed = [], []
    for place, source in enumerate(sources):
        raws.append(f"{_raw(source)} AS raw_{place}")
        typed.append(f"{_typed(source, f'raw_{place}')} AS typed_{place}")
    count = len(sources)
    cells = ", ".join(f"raw_{place}" for place in range(count))
    refusal = " ".join(_refusals(sources))
    illegible = ", ".join(_illegible(source, place) for place, source in enumerate(sources) if not source.absent)
    absent = " ".join(f"-{source.column.name}" for source in sources if source.absent)
    final = ", ".join(f"typed_{place}" for place in range(count))
    connection.execute(
        f"""
        INSERT INTO staged
        WITH raw AS (SELECT _row, {", ".join(raws)} FROM ({relation})),
        typed AS (SELECT *, {", ".join(typed)} FROM raw),
        judged AS (
            SELECT *,
                CASE WHEN contains(concat({cells}), chr(0)) THEN 'the row holds a NUL byte' {refusal} END AS refusal,
                nullif(concat_ws(' ', {illegible}), '') AS illegible
            FROM typed
        )
        SELECT {final}, concat(' ', nullif(concat_ws(' ', illegible, nullif('{absent}', '')), ''), ' '), {number}, _row,
            refusal, CASE WHEN refusal IS NOT NULL OR illegible IS NOT NULL THEN [{cells}] END
        FROM judged
        """
    )


def _insert_broken(connection: Connection, broken: Path, number: int) -> None:
    read = _read_csv(literal(str(broken)), ("row", "reason", "text"), ",")
    connection.execute(
        f"INSERT INTO staged BY NAME SELECT {number} AS _file, CAST(c0 AS BIGINT) AS _row, c1 AS _refusal, "
        f"[c2] AS _cells FROM {read}"
    )


def _raw(source: Source) -> str:
    if source.absent:
        return "CAST(NULL AS VARCHAR)"
    if source.theirs is None:
        return f"nullif({literal(source.constant or '')}, '')"
    text = f"nullif(trim({name(source.theirs)}, e' \\t\\r\\n'), '')"
    if source.column.kind in (Kind.TEXT, Kind.WORD):
        return text
    return f"CASE WHEN lower({text}) NOT IN ({NOTHING}) THEN {text} END"


def _typed(source: Source, raw: str) -> str:
    match source.transform:
        case "usd":
            return f"read_money({raw})"
        case "not":
            return f"NOT read_flag({raw})"
        case "sha256":
            return f"sha256(lower({raw}))"
    return READERS[source.column.kind].format(raw)


def _refusals(sources: Sequence[Source]) -> list[str]:
    found = []
    for place, source in enumerate(sources):
        column, raw, typed = source.column, f"raw_{place}", f"typed_{place}"
        if column.required:
            found.append(f"WHEN {raw} IS NULL THEN '{column.name} is empty'")
            found.append(f"WHEN {typed} IS NULL THEN '{column.name} is not {_called(source)}'")
        if column.least is not None:
            found.append(f"WHEN {typed} < {column.least} THEN '{column.name} is below {column.least}'")
    return found


def _called(source: Source) -> str:
    return "an amount of money" if source.transform == "usd" else CALLED.get(source.column.kind, "a text")


def _illegible(source: Source, place: int) -> str:
    """The column's name where its cell says something that cannot be read."""
    return f"CASE WHEN raw_{place} IS NOT NULL AND typed_{place} IS NULL THEN '{source.column.name}' END"


def _relation(file: DataFile, header: Sequence[str]) -> str:
    path = literal(str(file.path))
    if file.form == "parquet":
        chosen = ", ".join(f"CAST({name(one)} AS VARCHAR) AS {name(one)}" for one in header)
        return f"SELECT {chosen}, file_row_number + 1 AS _row FROM read_parquet({path}, file_row_number = true)"
    if file.form == "jsonl":
        keys = ", ".join(f"{literal(one)}: 'VARCHAR'" for one in header)
        return (
            f"SELECT *, row_number() OVER () AS _row FROM read_json({path}, format = 'newline_delimited', "
            f"columns = {{{keys}}}, maximum_object_size = {LONGEST_RECORD})"
        )
    return f"SELECT {_renamed(header)}, 1 + row_number() OVER () AS _row FROM {_read_csv(path, header, file.delimiter)}"


def _mended_relation(path: Path, header: Sequence[str]) -> str:
    read = _read_csv(literal(str(path)), ("row", *header), ",")
    return f"SELECT {_renamed(header, first=1)}, CAST(c0 AS BIGINT) AS _row FROM {read}"


def _read_csv(path: str, header: Sequence[str], delimiter: str) -> str:
    """A reader that guesses nothing. Columns go by their place: a header may hold any text, and one text twice."""
    columns = ", ".join(f"'c{place}': 'VARCHAR'" for place in range(len(header)))
    return (
        f"read_csv({path}, auto_detect = false, header = true, columns = {{{columns}}}, delim = {literal(delimiter)}, "
        f"quote = '\"', escape = '\"', strict_mode = true, max_line_size = {LONGEST_RECORD})"
    )


def _renamed(header: Sequence[str], first: int = 0) -> str:
    seen: set[str] = set()
    found = []
    for place, one in enumerate(header):
        if one.lower() not in seen:  # a name that comes twice is refused where it is used
            found.append(f"c{place + first} AS {name(one)}")
        seen.add(one.lower())
    return ", ".join(found)
