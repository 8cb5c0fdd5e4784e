"""The tools that models asked for by themselves: each is counted before it is called."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, func, insert, select

from opsbook.records.model_requests import SAME, Exceeded, Limit
from opsbook.records.rows import Row, fetch
from opsbook.records.store import Store
from opsbook.records.tables.models import model_tool_calls as calls
from opsbook.records.tables.playbooks import playbooks

_AT = (calls.c.run_id == bindparam("of_run"), calls.c.path == bindparam("at"))
_COUNT = select(func.count()).select_from(calls).where(*_AT)  # built once: that costs more than running it


class ModelToolCalls:
    def __init__(self, store: Store) -> None:
        self.store = store

    async def reserve(self, row: Row, limits: Sequence[Limit]) -> Exceeded | None:
        """Count a call before it is made, unless a limit would be broken; then nothing is counted.

        `row` holds every column. A call that then fails, or whose process dies, stays counted.
        """

        def write(connection: Connection) -> Exceeded | None:
            connection.execute(select(playbooks.c.id).where(playbooks.c.id == row["playbook_id"]).with_for_update())
            for limit in limits:
                same = (calls.c[name] == row[name] for name in SAME[limit.scope])
                used = int(connection.execute(select(func.count()).select_from(calls).where(*same)).scalar_one())
                if used + 1 > limit.most:
                    return Exceeded(limit, used, 1)
            connection.execute(insert(calls), row)
            return None

        return await self.store.shared(write)

    def count(self, run_id: str, path: str) -> int:
        """How many calls were asked for at one place of a run."""
        with self.store.reading() as connection:
            return int(connection.execute(_COUNT, {"of_run": run_id, "at": path}).scalar_one())

    def of_run(self, run_id: str) -> list[Row]:
        """The calls of a run in the order in which they were asked for."""
        with self.store.reading() as connection:
            return fetch(connection, select(calls).where(calls.c.run_id == run_id).order_by(calls.c.asked_at))
