"""Lists that come page by page: what a caller asks for, how OpenAPI says it, and the page that goes back."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from opsbook.sdk.errors import InvalidInput
from opsbook.web.answers import items
from opsbook.web.bodies import ID, query_number, query_value
from opsbook.web.described import described, query

LIMIT = 50
MOST = 200


@dataclass(frozen=True)
class Asked:
    """One page: rows that have these values, `limit` of them at most, those after the row `cursor`."""

    where: Mapping[str, str]
    limit: int
    cursor: str | None

    @property
    def one_more(self) -> int:
        """How many rows to read: one beyond the page tells that there is another page."""
        return self.limit + 1

    def answer(self, rows: Sequence[Mapping[str, Any]], shown: Callable[[Mapping[str, Any]], Any]) -> Response:
        """The page of `one_more` rows; `next_cursor` is the id of its last row, null on the last page."""
        page = rows[: self.limit]
        return items([shown(row) for row in page], next_cursor=page[-1]["id"] if len(rows) > self.limit else None)


def paged(noun: str, filters: Sequence[str]) -> dict[str, Any]:
    """The `openapi_extra` of a list that `asked_for` reads."""
    return described(
        *(query(name, f"only {noun}s with this {name}") for name in filters),
        query("limit", f"how many at most: {LIMIT}, up to {MOST}", "integer"),
        query("cursor", "the last page's `next_cursor`"),
    )


def asked_for(request: Request, noun: str, filters: Sequence[str]) -> Asked:
    """What the query asks for; ids of these rows begin with the noun. Raises `InvalidInput` for what is malformed."""
    where = {name: value for name in filters if (value := query_value(request, name)) is not None}
    for name, value in where.items():
        if not ID.fullmatch(value):
            raise InvalidInput(f"{name} is malformed.", field=name)
    cursor = query_value(request, "cursor")
    if cursor is not None and not re.fullmatch(rf"{noun}_[0-9a-f]{{1,64}}", cursor):
        raise InvalidInput("The cursor is malformed.", field="cursor", cure="Use the last page's next_cursor.")
    return Asked(where, max(1, int(query_number(request, "limit", LIMIT, MOST))), cursor)
