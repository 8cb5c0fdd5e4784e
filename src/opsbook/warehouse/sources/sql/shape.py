"""The columns of a query, against the table of ours that they fill and against those of the last time. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from opsbook.sdk.errors import InvalidInput
from opsbook.warehouse.mapping import Source, sources_for, table_named
from opsbook.warehouse.sources.sql.declared import Query, nearest


@dataclass(frozen=True)
class Shape:
    """`columns` are the query's, by name with their types; `used` those that a column of ours is made of."""

    columns: Mapping[str, str]
    sources: Sequence[Source]
    used: tuple[str, ...]


def shape_of(query: Query, columns: Sequence[tuple[str, str]], used_before: Sequence[str]) -> Shape:
    """Raises `InvalidInput`: a column twice, no cursor or key, one that has gone, none for one that our table needs."""
    names = [name for name, _ in columns]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        cure = "Give each a name of its own with AS."
        raise InvalidInput(f"{query.place} has two columns {twice}.", field=query.place, cure=cure)
    for role, wanted in (("cursor", query.settings.cursor), ("key", query.settings.key)):
        if wanted is not None and wanted not in names:
            sentence = f"{query.place} has no column {wanted}, which is to be its {role}."
            cure = nearest(wanted, names)
            raise InvalidInput(sentence, field=f"{query.place}.{role}", cure=cure, code="no_column")
    gone = [name for name in used_before if name not in names]
    if gone:
        raise InvalidInput(
            f"{query.place} has lost the column {gone[0]}, which rows of {query.settings.table} were made of. "
            "Nothing was changed.",
            field=query.place,
            cure="Bring it back in the query, or map what was made of it to another column, or to @ for nothing.",
            code="lost_column",
        )
    sources = sources_for(table_named(query.settings.table), query.settings.mapping, names, query.place)
    used = dict.fromkeys(source.theirs for source in sources if source.theirs is not None)
    return Shape(dict(columns), sources, tuple(used))
