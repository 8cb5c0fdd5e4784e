"""Bringing a database to the declared schema. A database at the newest revision costs one query."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import inspect, text

from opsbook.records.store import Store
from opsbook.sdk.errors import Conflict

MIGRATIONS = Path(__file__).parent / "migrations"


def migrate(store: Store) -> bool:
    """Run what is missing; True when something ran. Safe to repeat.

    Raises `Conflict` (code `newer_store`) for a database that a newer release has written.
    """
    known = sorted(path.name.split("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))
    standing = _revision(store)
    if standing == known[-1]:
        return False
    if standing is not None and standing not in known:
        raise Conflict(
            f"This store is at revision {standing}, which this release does not know.",
            cure="Start the release that wrote it, or restore a backup from before it.",
            code="newer_store",
        )
    from alembic import command, config  # noqa: PLC0415 loads a template engine, and is needed on the first start only

    settings = config.Config()
    settings.set_main_option("script_location", str(MIGRATIONS))
    settings.attributes["engine"] = store.engine
    command.upgrade(settings, "head")
    return True


def _revision(store: Store) -> str | None:
    if not inspect(store.engine).has_table("alembic_version"):
        return None
    with store.reading() as connection:
        found: str | None = connection.execute(text("select version_num from alembic_version")).scalar()
        return found
