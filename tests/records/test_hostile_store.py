"""A store that somebody else has written into: told in words, and left as it was."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from opsbook.records.migrate import migrate
from opsbook.records.playbooks import Playbooks
from opsbook.records.store import Store
from opsbook.records.unreachable import in_words
from opsbook.sdk.errors import PersonNeeded

AT = datetime(2026, 11, 24, tzinfo=UTC)


def tables(file: Path) -> list[str]:
    with sqlite3.connect(file) as connection:
        found = [row[0] for row in connection.execute("select name from sqlite_master where type = 'table'")]
    connection.close()
    return found


def test_a_migration_that_cannot_go_on_leaves_nothing_behind(tmp_path):
    file = tmp_path / "a.db"
    other = sqlite3.connect(file)
    other.execute("create table workflow_notes (x integer)")
    other.execute("create table playbooks (x integer)")
    other.close()
    store = Store(f"sqlite:///{file}")
    with pytest.raises(PersonNeeded) as refused, in_words():
        migrate(store)
    store.close()
    assert refused.value.code == "store_foreign"
    assert sorted(tables(file)) == ["playbooks", "workflow_notes"]


@pytest.mark.parametrize("harm", ["drop table playbooks", "alter table playbooks rename column enabled to enabledx"])
def test_tables_that_are_not_ours_any_more_are_told_as_such(store, harm):
    with store.transaction() as connection:
        connection.execute(text(harm))
    with pytest.raises(PersonNeeded, match="not those that opsbook made") as refused, in_words():
        Playbooks(store).all()
    assert refused.value.code == "store_foreign"


def test_a_stored_value_that_is_no_json_is_damage_and_not_a_fault_of_the_program(store):
    Playbooks(store).publish({"id": "a_b", "name": "A"}, "0" * 64, "id: a_b\n", "owner", AT)
    with store.transaction() as connection:
        connection.execute(text("update playbook_versions set document = '{nonsense'"))
    with pytest.raises(PersonNeeded, match="is not JSON") as refused:
        Playbooks(store).all()
    assert refused.value.code == "store_damaged"
