"""What is told of a run to whoever traces: the run itself, its segments and its branches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from opsbook.records.rows import Row
from opsbook.runs.engine import BranchId, SegmentId
from opsbook.sdk.tracing import Attributes, Tracer

DONE_BADLY = frozenset({"failed", "timed_out"})


@contextmanager
def part_of(tracer: Tracer, row: Row, part: SegmentId | BranchId) -> Iterator[None]:
    """Around one execution of a segment or a branch."""
    name = f"segment {part.number}" if isinstance(part, SegmentId) else f"branch {part.key}"
    with tracer.inside(row["id"], row["attempt"]), tracer.span(name, _about(row)):
        yield


def tell_over(tracer: Tracer, row: Row, changes: Mapping[str, Any]) -> None:
    """The run is over; `changes` is what its row was given last."""
    error = changes.get("error") or {}
    state = str(changes["state"])
    about: Attributes = {
        **_about(row),
        "gen_ai.operation.name": "invoke_workflow",
        "gen_ai.workflow.name": row["playbook_id"],
        "opsbook.run.state": state,
        "opsbook.run.verdict": changes.get("verdict"),
        "error.type": str(error.get("class") or state) if state in DONE_BADLY else None,
    }
    began = changes.get("started_at") or row["started_at"] or row["accepted_at"]
    name = f"invoke_workflow {row['playbook_id']}"
    tracer.over(row["id"], row["attempt"], name, began, changes["ended_at"], about)


def _about(row: Row) -> Attributes:
    return {
        "gen_ai.conversation.id": row["id"],
        "opsbook.run.id": row["id"],
        "opsbook.playbook.id": row["playbook_id"],
        "opsbook.playbook.version": row["version"],
        "opsbook.run.trigger": row["trigger"],
        "opsbook.run.dry_run": bool(row["dry_run"]),
    }
