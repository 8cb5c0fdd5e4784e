"""A store of documents that belongs to somebody else: what is read of it page by page, and written by path."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from opsbook.sdk.errors import NeverWorks
from opsbook.sdk.values import Json

Moment = datetime | str | float  # a bound has the type that the store's values have: values of other types do not match


@dataclass(frozen=True)
class Document:
    """One document: its path below the store's root, its fields in plain JSON (times as RFC 3339 text).

    `changed_at` and `created_at` are when the store itself changed and made it, whatever its fields say.
    """

    path: str
    fields: Mapping[str, Json]
    changed_at: datetime
    created_at: datetime

    @property
    def id(self) -> str:
        return self.path.rpartition("/")[2]


@dataclass(frozen=True)
class Question:
    """Documents of one collection, in an order that never skips: by `order_by`, then by path; by path alone without.

    `nested` asks every collection of that name, wherever it lies. `fields` are the top-level fields that are needed.
    `among` keeps documents whose field is one of the values. `above` and `below` bound `order_by` (above: exclusive
    bound of the past; below: exclusive); only values of the bound's own type match, and documents without the field
    never do. `after` is the place behind which the page begins, as the page before told it.
    """

    collection: str
    limit: int
    nested: bool = False
    fields: tuple[str, ...] = ()
    order_by: str | None = None
    above: Moment | None = None
    below: Moment | None = None
    among: tuple[str, tuple[str, ...]] | None = None
    after: Json = None


@dataclass(frozen=True)
class Page:
    """Documents in order. `after` leads on behind the last one, None at the end; `read_at` is the store's own time."""

    documents: Sequence[Document]
    after: Json
    read_at: datetime


class DocumentRefused(NeverWorks):
    """The store does not take this very document: it is too large, too deep, or holds what has no form there."""

    code = "document_refused"


class DocumentStore(Protocol):
    """Reading may be repeated; writing a document again with the same content changes nothing.

    Every method raises `RetryLater` for what passes, `PersonNeeded` for credentials and missing indexes, `NeverWorks`
    for the rest.
    """

    @property
    def place(self) -> str:
        """Which store it is, for people and to tell one from another."""

    async def page(self, question: Question) -> Page: ...

    async def present(self, paths: Sequence[str]) -> frozenset[str]:
        """Those of the paths at which a document lies."""

    async def put(self, path: str, fields: Mapping[str, object]) -> None:
        """Make the document at the path be exactly this; datetimes become times of the store.

        Raises `DocumentRefused` for a document that the store will not take however often it is tried.
        """
