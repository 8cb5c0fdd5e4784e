"""A real SQLite file with the declared tables (`test_migrate` proves the migrations), and rows to put into it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from opsbook.records.store import Store
from opsbook.records.tables import metadata

AT = datetime(2026, 11, 24, 14, tzinfo=UTC)


@pytest.fixture
def store(tmp_path):
    opened = Store(f"sqlite:///{tmp_path}/a.db")
    metadata.create_all(opened.engine)
    yield opened
    opened.close()


@pytest.fixture
def run_row() -> Callable[..., dict[str, Any]]:
    def make(run_id: str = "run_1", **more: Any) -> dict[str, Any]:
        return {
            "id": run_id,
            "playbook_id": "ops_daily",
            "playbook_name": "Daily",
            "version": 1,
            "sha256": "0" * 64,
            "trigger": "manual",
            "actor": "owner",
            "as_of": AT,
            "timezone": "America/New_York",
            "dry_run": False,
            "inputs": {},
            "state": "queued",
            "accepted_at": AT,
            **more,
        }

    return make


@pytest.fixture
def trigger_row() -> Callable[..., dict[str, Any]]:
    def make(run_id: str = "run_1", **more: Any) -> dict[str, Any]:
        return {
            "dedup_key": f"manual:{run_id}",
            "kind": "manual",
            "playbook_id": "ops_daily",
            "run_id": run_id,
            "body_digest": "0" * 64,
            "at": AT,
            **more,
        }

    return make
