"""Pages of runs, newest first: what lists in the web and on the command line show."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select

from opsbook.records.rows import Row, fetch
from opsbook.records.store import Store
from opsbook.records.tables.runs import runs

FILTERS = ("playbook_id", "state", "verdict", "trigger", "parent_run_id")


class RunPages:
    def __init__(self, store: Store) -> None:
        self.store = store

    def page(self, where: Mapping[str, str], limit: int, before: str | None = None) -> list[Row]:
        """At most `limit` runs that are equal to `where` (columns of `FILTERS`), accepted before the run `before`.

        Run ids sort by the time of acceptance, so a page's last id is where the next page begins; runs that are
        accepted meanwhile shift nothing.
        """
        query = select(runs).order_by(runs.c.id.desc()).limit(limit)
        for name, value in where.items():
            if name not in FILTERS:
                raise ValueError(f"runs are not filtered by {name}")
            query = query.where(runs.c[name] == value)
        if before is not None:
            query = query.where(runs.c.id < before)
        with self.store.reading() as connection:
            return fetch(connection, query)
