"""The small statements of every repository, on both databases."""

from __future__ import annotations

import pytest

from opsbook.records.rows import insert_absent
from opsbook.records.store import Store
from opsbook.records.tables import metadata
from opsbook.records.tables.inbox import suppressions
from peers.postgres import postgres, postgres_peer  # noqa: F401 fixtures
from records.conftest import AT

ROW = {"channel": "email", "address": "ada@example.com", "reason": "bounced", "at": AT}


@pytest.mark.peer("postgres")
def test_whether_a_row_was_inserted_is_known_on_postgres(postgres):  # noqa: F811 a fixture
    served = Store(postgres.url)
    metadata.create_all(served.engine)
    try:
        inserted_once(served)
    finally:
        served.close()


def test_whether_a_row_was_inserted_is_known_on_sqlite(store):
    inserted_once(store)


def inserted_once(store: Store) -> None:
    with store.transaction() as connection:
        assert [insert_absent(connection, suppressions, ROW) for _ in range(3)] == [True, False, False]
