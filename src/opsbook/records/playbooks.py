"""Playbooks and their immutable versions. A version is written once; publishing moves the playbook to it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, case, func, literal, select, update

from opsbook.records.rows import Row, fetch, fetch_one
from opsbook.records.store import Store
from opsbook.records.tables.playbooks import playbook_versions, playbooks

_PLAYBOOK = select(playbooks).where(playbooks.c.id == bindparam("playbook"))
MOST_KEPT = 256  # versions kept in memory


class Playbooks:
    def __init__(self, store: Store) -> None:
        self.store = store
        self._read: dict[tuple[str, int], Row] = {}

    def get(self, playbook_id: str) -> Row | None:
        with self.store.reading() as connection:
            row = connection.execute(_PLAYBOOK, {"playbook": playbook_id}).mappings().first()
            return None if row is None else dict(row)

    def version(self, playbook_id: str, version: int) -> Row | None:
        """One version. It never changes, so this process reads it once."""
        found = self._read.get((playbook_id, version))
        if found is None:
            with self.store.reading() as connection:
                found = self._version(connection, playbook_id, version)
            if found is not None:
                if len(self._read) >= MOST_KEPT:
                    self._read.clear()
                self._read[playbook_id, version] = found
        return found

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

        The same content again changes nothing. With `only_new` a playbook that exists is left as it is (seeding). A
        playbook that somebody switched off stays off unless the document itself changes its `enabled`.
        """
        playbook_id = document["id"]
        wanted = bool(document.get("enabled", True))
        with self.store.transaction() as connection:
            standing = fetch_one(connection, select(playbooks).where(playbooks.c.id == playbook_id))
            current = None if standing is None else self._version(connection, playbook_id, standing["version"])
            if standing is not None and current is not None:
                if only_new or current["sha256"] == sha256:
                    return int(standing["version"]), False
                if bool(current["document"].get("enabled", True)) is wanted:
                    wanted = bool(standing["enabled"])
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
            values = {"name": document["name"], "version": version, "updated_at": now, "enabled": wanted}
            if standing is None:
                fresh = {"id": playbook_id, "created_at": now, "enabled_at": now, **values}
                connection.execute(playbooks.insert(), fresh)
            else:
                if wanted and not standing["enabled"]:
                    values["enabled_at"] = now
                connection.execute(update(playbooks).where(playbooks.c.id == playbook_id).values(**values))
            return version, True

    def enable(self, playbook_id: str, enabled: bool, now: datetime) -> bool:
        """Switch it on or off; False when there is no such playbook. On again changes nothing."""
        values: dict[str, Any] = {"enabled": enabled, "updated_at": now}
        if enabled:
            values["enabled_at"] = case(
                (playbooks.c.enabled.is_(True), playbooks.c.enabled_at), else_=literal(now, playbooks.c.enabled_at.type)
            )
        with self.store.transaction() as connection:
            change = update(playbooks).where(playbooks.c.id == playbook_id).values(**values)
            return connection.execute(change).rowcount == 1

    def _version(self, connection: Connection, playbook_id: str, version: int) -> Row | None:
        query = select(playbook_versions).where(
            playbook_versions.c.playbook_id == playbook_id, playbook_versions.c.version == version
        )
        return fetch_one(connection, query)
