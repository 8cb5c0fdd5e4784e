"""The warehouse as the rest of the house sees it: load a file, ask a figure, know what is missing."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from opsbook.sdk.clock import Clock, SystemClock
from opsbook.sdk.errors import NeverWorks
from opsbook.sdk.values import Unknown
from opsbook.warehouse.contracts import Contract
from opsbook.warehouse.definitions import Definitions
from opsbook.warehouse.manifest import Held, forget, reaches, read_manifest, stamp
from opsbook.warehouse.mapping import table_named
from opsbook.warehouse.report import LoadReport
from opsbook.warehouse.sheets import sheet_named
from opsbook.warehouse.terms import digest_of

if TYPE_CHECKING:
    from types import ModuleType

    from opsbook.warehouse.engine import Connection

REVENUE = "mrr"  # the query of what snapshots of revenue are compared with
STALE = timedelta(days=1)  # loads are daily at best where nobody set up more; older than that is worth a warning


class Warehouse:
    """Tables in a folder. Any number of processes may read while one loads; every method may be called from any thread.

    Nothing is opened, and DuckDB is not imported, before the first question.
    """

    def __init__(
        self,
        folder: Path,
        clock: Clock | None = None,
        definitions: Definitions | None = None,
        contracts: Mapping[str, Contract] | None = None,
    ) -> None:
        self.folder = folder.absolute()
        self.clock = clock or SystemClock()
        self.definitions = definitions or Definitions()
        self._terms = self.definitions.terms()
        self._contracts = dict(contracts or {})
        self._lock = threading.Lock()
        self._stamp: tuple[int, int, int] | None = None
        self._held: dict[str, Held] = {}
        self._connection: Connection | None = None

    def load(
        self,
        table: str,
        path: str | Path,
        mapping: Mapping[str, str] | None = None,
        *,
        replace_all: bool = False,
    ) -> LoadReport:
        """Load a file, or the files of a glob, into a table; `mapping` is `{ours: theirs}` as `mapping.py` says.

        Rows replace stored ones with the same key. Safe to repeat. Raises `InvalidInput` when the file, the table or
        the mapping does not fit and `RetryLater` while another load is under way; nothing is changed then.
        """
        found = table_named(table)
        loading = _loading()
        request = loading.Request(found, path, dict(mapping or {}), replace_all)
        report: LoadReport = loading.load(self.folder, request, self.clock.now())
        return report

    def seen(self, table: str, source: str, until: datetime) -> None:
        """Note that a source of a table was read up to a time, and brought nothing that is not loaded.

        From then on the table is as old as the oldest of its sources, until one is given up by `forget`.
        """
        reaches(self.folder, table_named(table).name, source, until)

    def sources(self) -> dict[str, datetime]:
        """The sources that tables are kept up with, and until when each was read."""
        with self._lock:
            self._refresh()
            every = [pair for held in self._held.values() for pair in held.sources.items()]
        return {name: min(until for one, until in every if one == name) for name, _ in sorted(every)}

    def forget(self, source: str) -> tuple[str, ...]:
        """Give up a source that is no longer read; the tables that it filled. Their rows stay."""
        return forget(self.folder, source)

    def rows(self, metric: str, /, **parameters: Any) -> list[dict[str, Any]]:
        """The rows of `metrics/<metric>.sql` with its parameters bound. Times go in aware and come out in UTC.

        Raises `NeverWorks`, code `missing_file`, when a file that the manifest names is gone or damaged.
        """
        return self.ask(_query(metric), parameters)

    def ask(self, query: str, parameters: Mapping[str, Any]) -> list[dict[str, Any]]:
        """The rows of one query of ours; as `rows`."""
        bound = {name: _naive(value) for name, value in parameters.items()}
        engine = _engine()
        found: list[dict[str, Any]]
        try:
            found = engine.select(self._reader(), self._terms, query, bound)
        except engine.MissingFile:  # two loads went by since the view was made, and its file with them
            try:
                found = engine.select(self._reader(afresh=True), self._terms, query, bound)
            except engine.MissingFile as error:
                sentence = "A file of the warehouse is gone or damaged."
                raise NeverWorks(sentence, cure="Load its table again.", code="missing_file") from error
        return found

    def row(self, metric: str, /, **parameters: Any) -> dict[str, Any]:
        """The one row of a metric that has one."""
        found = self.rows(metric, **parameters)
        if len(found) != 1:
            raise NeverWorks(f"The metric {metric} answered {len(found)} rows instead of one.", code="bad_query")
        return found[0]

    def contract(self, metric: str) -> Contract:
        """What a figure of this metric must fulfil to be judged."""
        return self._contracts.get(metric) or sheet_named(metric).contract

    def terms_of(self, metric: str) -> str:
        """The digest of the words that a metric's figures are counted by; `terms.py` says what it tells."""
        sheet = sheet_named(metric)
        return digest_of(_query(REVENUE if sheet.compares else sheet.query), self._terms)

    def held(self, table: str) -> Held | None:
        """What is stored of a table; None for one that was never loaded."""
        with self._lock:
            self._refresh()
            return self._held.get(table_named(table).name)

    def lacks(self, *needs: str, since: datetime | None = None) -> Unknown | None:
        """Why a figure cannot be made of what is stored; None when it can.

        A need is a table or `table.column`. `since` is the start of the figure's window: data that end before it have
        seen nothing of it.
        """
        for need in needs:
            table, _, column = need.partition(".")
            held = self.held(table)
            if held is None:
                return Unknown(f"{table} {_verb(table)} never loaded")
            if column and held.rows and held.unread.get(f"-{column}", 0) == held.rows:
                return Unknown(f"{table} {_verb(table)} loaded without {column}")
            if since is not None and held.known_to <= since:
                return Unknown(f"{table} {_verb(table)} last {held.read} before this period, on {_when(held)}")
        return None

    def warnings(self, *needs: str, until: datetime) -> tuple[str, ...]:
        """What a reader of figures from these tables, up to a time, must know: old data, cells nobody could read."""
        found: dict[str, None] = {}
        for need in needs:
            table, _, column = need.partition(".")
            held = self.held(table)
            if held is None:
                continue
            if until - held.known_to > STALE:
                said = f"{table} {_verb(table)} last {held.read} on {_when(held)}; what came later is missing."
                found[said] = None
            if column and (bad := held.unread.get(column, 0)):
                found[f"{column} of {table} could not be read in {bad} of {held.rows} rows."] = None
        return tuple(found)

    def close(self) -> None:
        """Let go of the connection; the next question opens one."""
        with self._lock:
            self._connection = None
            self._stamp = None

    def _reader(self, *, afresh: bool = False) -> Connection:
        with self._lock:
            self._refresh()
            if self._connection is None or afresh:
                self._connection = _engine().open_reader(self.folder, self._held)
            return self._connection

    def _refresh(self) -> None:
        """Notice a load. Questions under way keep the connection that they began with."""
        now = stamp(self.folder)
        if now != self._stamp or now is None:
            self._held = read_manifest(self.folder)
            self._stamp = now
            self._connection = None


@cache
def _query(metric: str) -> str:
    return files(__package__).joinpath("metrics", f"{metric}.sql").read_text("utf-8")


def _engine() -> Any:
    return _loading().engine


def _loading() -> ModuleType:
    from opsbook.warehouse import loading  # noqa: PLC0415 DuckDB, which only a warehouse in use needs

    return loading


def _verb(table: str) -> str:
    return "were" if table.endswith("s") else "was"


def _when(held: Held) -> str:
    """The time of the last load, or that until which the source that is behind was read."""
    return f"{held.known_to if held.sources else held.loaded_at:%Y-%m-%d %H:%M} UTC"


def _naive(value: Any) -> Any:
    return value.astimezone(UTC).replace(tzinfo=None) if isinstance(value, datetime) else value
