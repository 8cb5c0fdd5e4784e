"""How a run begins: a request is checked, written down under its dedup key, and handed to the engine.

Nothing accepted ever lives in memory only: when `accept` answers, the run is on disk.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from opsbook.playbooks.inputs import checked_inputs
from opsbook.playbooks.model import Playbook
from opsbook.records.rows import Row
from opsbook.runs.engine import SegmentId
from opsbook.runs.services import Records
from opsbook.sdk.clock import Clock, Ids
from opsbook.sdk.errors import Conflict, NotAllowed, NotFound
from opsbook.sdk.values import JsonObject, digest


@dataclass(frozen=True)
class Request:
    """What is asked for. `dedup_key` names the occasion: the same key is the same run for ever.

    `as_of` is the scheduled time, where there is one; otherwise the run is as of now. `trigger` is `manual`,
    `schedule`, `cron`, `api`, `playbook`, `event` or `retry`. `fingerprint` is what else must be equal under the same
    key. `event` is the event that starts it: `id`, `name`, `received_at` and `body`, which expressions read as `event`.
    """

    playbook_id: str
    trigger: str = "manual"
    actor: str = "cli"
    inputs: JsonObject = field(default_factory=dict)
    dedup_key: str | None = None
    as_of: datetime | None = None
    dry_run: bool = False
    parent_run_id: str | None = None
    fingerprint: str | None = None
    event: JsonObject | None = None


@dataclass(frozen=True)
class Accepted:
    """The run that stands for the request; `fresh` is False when an earlier request with its key made it."""

    run: Row
    fresh: bool


class Acceptance:
    def __init__(self, records: Records, clock: Clock, ids: Ids) -> None:
        self.records = records
        self.clock = clock
        self.ids = ids

    async def accept(self, request: Request) -> Accepted:
        """Write the run down. Safe to repeat with a dedup key.

        Raises:
            NotFound: no such playbook.
            NotAllowed: it is disabled; dry runs are allowed.
            InvalidInput: an input is missing, unknown or of another type.
            Conflict: the dedup key was used with other inputs.
        """
        row = self._run_row(request)
        body = digest([request.playbook_id, request.inputs, request.dry_run, request.fingerprint])
        trigger = {
            "dedup_key": request.dedup_key or f"run:{row['id']}",
            "kind": request.trigger,
            "playbook_id": request.playbook_id,
            "run_id": row["id"],
            "body_digest": body,
            "at": row["accepted_at"],
        }
        entry = self.records.segments.first_entry(str(SegmentId(row["id"], 1)), row["id"], row["accepted_at"])
        run, fresh = await self.records.runs.accept(row, trigger, [entry])
        if not fresh and run.get("body_digest") not in (None, body):
            raise Conflict(
                "This key was used for another request.",
                cure="Use a new key for a new request.",
                code="idempotency_conflict",
            )
        return Accepted(run, fresh)

    def _run_row(self, request: Request) -> Row:
        standing = self.records.playbooks.get(request.playbook_id)
        if standing is None:
            raise NotFound(f"There is no playbook {request.playbook_id}.", cure="`opsbook list` shows those there are.")
        if not standing["enabled"] and not request.dry_run:
            raise NotAllowed(f"{request.playbook_id} is disabled.", cure="Enable it first.", code="disabled")
        version = self.records.playbooks.version(request.playbook_id, standing["version"])
        assert version is not None
        document = version["document"]
        now = self.clock.now()
        return {
            "id": self.ids.new("run"),
            "playbook_id": request.playbook_id,
            "playbook_name": standing["name"],
            "version": standing["version"],
            "sha256": version["sha256"],
            "trigger": request.trigger,
            "actor": request.actor,
            "as_of": request.as_of or now,
            "timezone": _zone_of(document),
            "dry_run": request.dry_run,
            "inputs": checked_inputs(document.get("inputs", {}), request.inputs),
            "state": "queued",
            "verdict": None,
            "accepted_at": now,
            "started_at": None,
            "parent_run_id": request.parent_run_id,
            "event": request.event,
            "steps_executed": 0,
            "stop_requested": False,
            "segment": 1,
            "attempt": 1,
            "earlier": None,
            "active_ms": 0.0,
        }


def _zone_of(document: Mapping[str, Any]) -> str:
    schedules = [trigger["schedule"] for trigger in document.get("triggers", ()) if "schedule" in trigger]
    return str(schedules[0]["timezone"]) if schedules else "UTC"


def pinned(playbook: Playbook) -> tuple[JsonObject, str]:
    """The document as it is stored, and its digest."""
    document = playbook.document()
    return document, digest(document)
