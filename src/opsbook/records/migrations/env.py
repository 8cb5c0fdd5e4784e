"""Alembic's entry. The engine's own tables live in the same database and are left alone."""

from alembic import context

from opsbook.records.tables import metadata


def ours(_object: object, name: str | None, kind: str, _reflected: bool, _compare_to: object) -> bool:
    return kind != "table" or name in metadata.tables


with context.config.attributes["engine"].begin() as connection:
    if connection.dialect.name == "sqlite":  # its driver begins nothing for a change of tables: half of them could stay
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    context.configure(connection=connection, target_metadata=metadata, include_object=ours, render_as_batch=True)
    with context.begin_transaction():
        context.run_migrations()
