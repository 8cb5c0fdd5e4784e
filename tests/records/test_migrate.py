"""An empty database brought through every migration is the declared one."""

from __future__ import annotations

from datetime import date

import pytest
from alembic import command, config
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text

from opsbook.records.migrate import MIGRATIONS, migrate
from opsbook.records.probes import Probes
from opsbook.records.snapshots import Snapshots
from opsbook.records.store import Store
from opsbook.records.tables import metadata
from opsbook.sdk.errors import Conflict


@pytest.fixture
def empty(tmp_path):
    opened = Store(f"sqlite:///{tmp_path}/a.db")
    yield opened
    opened.close()


def shape(store: Store) -> dict[str, object]:
    """What the database itself says of our tables: columns with type and nullability, keys, unique rules, indexes."""
    seen = inspect(store.engine)
    return {
        name: (
            [(c["name"], str(c["type"]), c["nullable"]) for c in seen.get_columns(name)],
            seen.get_pk_constraint(name),
            sorted((u["name"], *u["column_names"]) for u in seen.get_unique_constraints(name)),
            sorted((i["name"], *i["column_names"], i["unique"]) for i in seen.get_indexes(name)),
        )
        for name in seen.get_table_names()
        if name != "alembic_version"
    }


def test_every_migration_on_an_empty_database_makes_the_declared_tables(empty, tmp_path):
    declared = Store(f"sqlite:///{tmp_path}/declared.db")
    metadata.create_all(declared.engine)
    try:
        assert migrate(empty)
        assert shape(empty) == shape(declared)
    finally:
        declared.close()


def test_the_migration_tool_itself_finds_nothing_left_to_do(empty):
    migrate(empty)
    with empty.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_a_second_time_there_is_nothing_to_run(empty):
    assert migrate(empty)
    assert not migrate(empty)


def test_tables_of_others_in_the_same_database_are_left_alone(empty):
    with empty.transaction() as connection:
        connection.execute(text("create table workflow_status (workflow_uuid text)"))
        connection.execute(text("insert into workflow_status values ('kept')"))
    migrate(empty)
    with empty.reading() as connection:
        assert connection.execute(text("select workflow_uuid from workflow_status")).scalar() == "kept"


def test_a_store_that_a_newer_release_has_written_is_refused_and_left_as_it_is(empty):
    migrate(empty)
    with empty.transaction() as connection:
        connection.execute(text("update alembic_version set version_num = '9999'"))
    with pytest.raises(Conflict) as refused:
        migrate(empty)
    assert refused.value.code == "newer_store"
    with empty.reading() as connection:
        assert connection.execute(text("select version_num from alembic_version")).scalar() == "9999"


def test_who_had_paid_before_it_was_kept_is_found_in_the_days_that_are_stored(empty):
    settings = config.Config()
    settings.set_main_option("script_location", str(MIGRATIONS))
    settings.attributes["engine"] = empty.engine
    command.upgrade(settings, "0004")
    rows = [("o1", "2026-11-20", 0), ("o1", "2026-11-21", 5), ("o1", "2026-11-23", 5), ("o2", "2026-11-22", 0)]
    with empty.transaction() as connection:
        for organization, day, cents in rows:
            connection.execute(
                text("insert into mrr_snapshots (organization_id, local_date, mrr_cents) values (:org, :day, :cents)"),
                {"org": organization, "day": day, "cents": cents},
            )
    assert migrate(empty)
    days = (date(2026, 11, 20), date(2026, 11, 21), date(2026, 11, 24))
    assert [Snapshots(empty).paid_until(day) for day in days] == [set(), {"o1"}, {"o1"}]


def test_a_state_from_before_thresholds_was_reported_as_it_was_found(empty):
    settings = config.Config()
    settings.set_main_option("script_location", str(MIGRATIONS))
    settings.attributes["engine"] = empty.engine
    command.upgrade(settings, "0001")
    with empty.transaction() as connection:
        for system, status in (("gmail", "offline"), ("hubspot", "unknown")):
            connection.execute(
                text(
                    "insert into integration_states (integration, status, checked_at, consecutive_failures, message)"
                    " values (:system, :status, '2026-11-24T14:00:00.000000Z', 2, '')"
                ),
                {"system": system, "status": status},
            )
    assert migrate(empty)
    states = {row["integration"]: row for row in Probes(empty).states()}
    assert {key: (row["observed"], row["settled"]) for key, row in states.items()} == {
        "gmail": ("offline", "offline"),
        "hubspot": ("unknown", None),
    }
    assert (states["gmail"]["consecutive_failures"], states["gmail"]["maintenance"]) == (2, False)
