"""Who is alive, and handing the work of the dead to the living. The guarded statements on the engine's own table.

On an embedded store the server that holds the file lock knows that every other executor is dead. On a shared database
that is judged by heartbeats, by the database's own clock.
"""

from __future__ import annotations

from sqlalchemy import text

from opsbook.records.store import Store

REQUEUE = """
update {table} set status = 'ENQUEUED', owner_xid = null, started_at_epoch_ms = null, updated_at = :now_ms,
  queue_name = coalesce(queue_name, case when parent_workflow_id is null then :runs else :branches end)
where status = 'PENDING' and application_name = :application and executor_id <> :mine
returning workflow_uuid
"""

FOREIGN = """
select count(*) from {table} where status in ('PENDING', 'ENQUEUED', 'DELAYED') and application_version <> :version
"""


class Takeover:
    def __init__(self, store: Store) -> None:
        self.store = store
        self.table = "workflow_status" if store.embedded else "dbos.workflow_status"

    def requeue_all_but(self, mine: str, application: str, runs: str, branches: str, now_ms: int) -> list[str]:
        """Put every unfinished workflow of another executor back into its queue. Safe to repeat."""
        with self.store.transaction() as connection:
            found = connection.execute(
                text(REQUEUE.format(table=self.table)),
                {"now_ms": now_ms, "application": application, "mine": mine, "runs": runs, "branches": branches},
            )
            return [row[0] for row in found]

    def of_foreign_version(self, version: str) -> int:
        """Unfinished workflows that this version will never take up."""
        with self.store.reading() as connection:
            return int(connection.execute(text(FOREIGN.format(table=self.table)), {"version": version}).scalar() or 0)
