"""Bringing a database to the declared schema. A database at the newest revision costs one query."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import inspect, text

from opsbook.records.store import Store

MIGRATIONS = Path(__file__).parent / "migrations"
NEWEST = "0001"


def migrate(store: Store) -> bool:
    """Run what is missing; True when something ran. Safe to repeat; a newer database than this code is refused."""
    if _revision(store) == NEWEST:
        return False
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["engine"] = store.engine
    command.upgrade(config, "head")
    return True


def _revision(store: Store) -> str | None:
    if not inspect(store.engine).has_table("alembic_version"):
        return None
    with store.reading() as connection:
        found: str | None = connection.execute(text("select version_num from alembic_version")).scalar()
        return found
