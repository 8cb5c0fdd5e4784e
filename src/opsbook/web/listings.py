"""Rows that are put together from several rooms, for the API and for the command line."""

from __future__ import annotations

from typing import Any

from opsbook.app import App
from opsbook.sdk.integration import Status


def systems(app: App) -> list[dict[str, Any]]:
    """Every integration by id with its last observation: what was never looked at is unknown, never online."""
    seen = {row["integration"]: row for row in app.probes.states()}
    return [_system(app, name, seen.get(name)) for name in sorted(app.integrations)]


def _system(app: App, name: str, last: dict[str, Any] | None) -> dict[str, Any]:
    system = app.integrations[name]
    known = {"id": name, "name": system.name, "kind": system.kind, "configured": system.configured}
    if not system.configured:
        return {**known, "status": Status.NOT_CONFIGURED.value}
    if last is None:
        return {**known, "status": Status.UNKNOWN.value, "reason": "it was never probed"}
    return {**known, **{key: value for key, value in last.items() if key not in ("integration", "settled")}}
