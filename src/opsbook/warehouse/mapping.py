"""Which of a file's columns becomes which of ours: `ours=theirs`, `ours=theirs:transform`, `ours=@constant`.

Transforms are a closed set: `usd` (an amount in dollars, or another main unit, to cents), `not` (turns a flag round)
and `sha256` (the hash of a text in lower case, for phone numbers). `@` alone is the empty constant: nothing, and known
to be nothing. What is not mapped is taken from their column of the same name, whatever its case and underscores.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from opsbook.sdk.errors import InvalidInput
from opsbook.warehouse.tables import TABLES, Column, Kind, Table

TRANSFORMS: Mapping[str, tuple[Kind, ...]] = {
    "usd": (Kind.CENTS,),
    "not": (Kind.FLAG,),
    "sha256": (Kind.TEXT,),
}


@dataclass(frozen=True)
class Source:
    """Where the cells of one of our columns come from: one of `theirs`, or a constant; neither: nowhere."""

    column: Column
    theirs: str | None = None
    transform: str = ""
    constant: str | None = None

    @property
    def absent(self) -> bool:
        return self.theirs is None and self.constant is None


def table_named(name: str) -> Table:
    """One of our tables; raises `InvalidInput` with the nearest."""
    if name in TABLES:
        return TABLES[name]
    near = get_close_matches(name, TABLES, n=1, cutoff=0.5)
    cure = f"Did you mean {near[0]}?" if near else f"There are: {', '.join(TABLES)}."
    raise InvalidInput(f"There is no table {name}.", field="table", cure=cure, code="no_table")


def parse_pairs(pairs: Sequence[str]) -> dict[str, str]:
    """`["ours=theirs", ...]` as a mapping; raises `InvalidInput` for a pair without `=` and for one given twice."""
    found: dict[str, str] = {}
    for pair in pairs:
        ours, equals, theirs = pair.partition("=")
        if not equals or not ours.strip():
            raise InvalidInput(f"{pair!r} is no mapping.", field="map", cure="Write it as ours=theirs.")
        if ours.strip() in found:
            raise InvalidInput(f"{ours.strip()} is mapped twice.", field="map")
        found[ours.strip()] = theirs.strip()
    return found


def sources_for(table: Table, mapping: Mapping[str, str], header: Sequence[str], file: str) -> list[Source]:
    """One source for each column of the table, in its order.

    Raises `InvalidInput`: a column that the table or the file does not have, a transform that does not fit, a required
    column that nothing gives; each names the file's columns or the nearest.
    """
    for ours in mapping:
        if ours not in table.names:
            raise InvalidInput(
                f"{table.name} has no column {ours}.", field=ours, cure=_near(ours, table.names), code="no_column"
            )
    sources = [_source(table, column, mapping.get(column.name), header, file) for column in table.columns]
    for source in sources:
        if source.absent and source.column.required:
            raise _missing(table, source.column, header, file)
    return sources


def _source(table: Table, column: Column, spec: str | None, header: Sequence[str], file: str) -> Source:
    if spec is None:
        same = [name for name in header if _squeezed(name) == _squeezed(column.name)]
        exact = [name for name in same if name == column.name]
        return Source(column, _only(exact or same, column.name, file) if same else None)
    if spec.startswith("@"):
        return Source(column, constant=spec[1:].strip())
    theirs, transform = spec, ""
    if spec not in header and ":" in spec:
        theirs, _, transform = spec.rpartition(":")
    if theirs not in header:
        cure = f"{_near(theirs, header)} Its columns: {', '.join(header[:40])}."
        raise InvalidInput(f"{file} has no column {theirs!r}.", field=column.name, cure=cure, code="no_column")
    _check_transform(table, column, transform)
    return Source(column, _only([name for name in header if name == theirs], theirs, file), transform)


def _check_transform(table: Table, column: Column, transform: str) -> None:
    if not transform:
        return
    where = f"{table.name}.{column.name}"
    if transform not in TRANSFORMS:
        cure = f"There are: {', '.join(TRANSFORMS)}."
        raise InvalidInput(f"There is no transform {transform!r} for {where}.", field=column.name, cure=cure)
    if column.kind not in TRANSFORMS[transform]:
        raise InvalidInput(f"{transform} does not make a {column.kind} such as {where}.", field=column.name)


def _only(names: Sequence[str], wanted: str, file: str) -> str:
    if len(names) > 1:
        cure = f"Map one of them: {', '.join(names)}." if len(set(names)) > 1 else "Rename one in the file."
        raise InvalidInput(f"{file} has {len(names)} columns for {wanted}.", field=wanted, cure=cure)
    return names[0]


def _missing(table: Table, column: Column, header: Sequence[str], file: str) -> InvalidInput:
    nearest = _nearest(column.name, header)
    guess = f" Perhaps --map {column.name}={nearest}." if nearest else ""
    names = f"{', '.join(header[:40])}{' …' if len(header) > 40 else ''}" if header else "none"
    return InvalidInput(
        f"{file} has no column {column.name}, which {table.name} needs: {column.meaning}.",
        field=column.name,
        cure=f"Its columns: {names}.{guess}",
        code="missing_column",
    )


def _nearest(wanted: str, header: Sequence[str]) -> str | None:
    """The column that looks most like it: one that ends like it (`account_id` for `id`), else a similar one."""
    ending = [name for name in header if _squeezed(name).endswith(_squeezed(wanted))]
    near = get_close_matches(_squeezed(wanted), [_squeezed(name) for name in header], n=1, cutoff=0.6)
    return next((name for name in header if name in ending[:1] or _squeezed(name) in near), None)


def _near(name: str, known: Sequence[str]) -> str:
    near = get_close_matches(name, known, n=1, cutoff=0.5)
    return f"Did you mean {near[0]}?" if near else ""


def _squeezed(name: str) -> str:
    return re.sub(r"[\s_\-]", "", name).lower()
