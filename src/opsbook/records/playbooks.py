"""Playbooks and their immutable versions. A version is written once; publishing moves the playbook to it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update

from opsbook.records.rows import Row, fetch, fetch_one
from opsbook.records.store import Store
from opsbook.records.tables.playbooks import playbook_versions, playbooks


class Playbooks:
    def __init__(self, store: Store) -> None:
        self.store = store

    def get(self, playbook_id: str) -> Row | None:
        with self.store.reading() as connection:
            return fetch_one(connection, select(playbooks).where(playbooks.c.id == playbook_id))

    def version(self, playbook_id: str, version: int) -> Row | None:
        query = select(playbook_versions).where(
            playbook_versions.c.playbook_id == playbook_id, playbook_versions.c.version == version
        )
        with self.store.reading() as connection:
            return fetch_one(connection, query)

    def versions(self, playbook_id: str) -> list[Row]:
        """Newest first."""
        query = select(playbook_versions).where(playbook_versions.c.playbook_id == playbook_id)
        with self.store.reading() as connection:
            return fetch(connection, query.order_by(playbook_versions.c.version.desc()))

    def all(self) -> list[Row]:
        """By id, each with its published version's `document` and `text`."""
        query = (
            select(playbooks, playbook_versions.c.document, playbook_versions.c.sha256, playbook_versions.c.text)
            .join(
                playbook_versions,
                (playbook_versions.c.playbook_id == playbooks.c.id)
                & (playbook_versions.c.version == playbooks.c.version),
            )
            .order_by(playbooks.c.id)
        )
        with self.store.reading() as connection:
            return fetch(connection, query)

    def publish(
        self, document: Mapping[str, Any], sha256: str, text: str, author: str, now: datetime, *, only_new: bool = False
    ) -> tuple[int, bool]:
        """Make this document the playbook's published version. Answers (version, changed).

        The same content again changes nothing. With `only_new` a playbook that exists is left as it is (seeding).
        """
        playbook_id = document["id"]
        with self.store.transaction() as connection:
            standing = fetch_one(connection, select(playbooks).where(playbooks.c.id == playbook_id))
            if standing is not None:
                current = self._sha_of(connection, playbook_id, standing["version"])
                if only_new or current == sha256:
                    return int(standing["version"]), False
            latest = connection.execute(
                select(func.max(playbook_versions.c.version)).where(playbook_versions.c.playbook_id == playbook_id)
            ).scalar()
            version = int(latest or 0) + 1
            connection.execute(
                playbook_versions.insert(),
                {
                    "playbook_id": playbook_id,
                    "version": version,
                    "sha256": sha256,
                    "document": dict(document),
                    "text": text,
                    "author": author,
                    "created_at": now,
                },
            )
            values = {"name": document["name"], "version": version, "updated_at": now}
            values["enabled"] = bool(document.get("enabled", True))
            if standing is None:
                connection.execute(playbooks.insert(), {"id": playbook_id, "created_at": now, **values})
            else:
                connection.execute(update(playbooks).where(playbooks.c.id == playbook_id).values(**values))
            return version, True

    def enable(self, playbook_id: str, enabled: bool, now: datetime) -> bool:
        with self.store.transaction() as connection:
            change = update(playbooks).where(playbooks.c.id == playbook_id).values(enabled=enabled, updated_at=now)
            return connection.execute(change).rowcount == 1

    def _sha_of(self, connection: Any, playbook_id: str, version: int) -> str | None:
        query = select(playbook_versions.c.sha256).where(
            playbook_versions.c.playbook_id == playbook_id, playbook_versions.c.version == version
        )
        found: str | None = connection.execute(query).scalar()
        return found
