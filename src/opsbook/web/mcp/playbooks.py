"""Playbooks: those that the caller sees, and one of them in full."""

from __future__ import annotations

import asyncio
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from opsbook.playbooks.model import Playbook
from opsbook.records.rows import Row
from opsbook.sdk.errors import NotFound
from opsbook.web.bodies import known_id
from opsbook.web.mcp.asked import Asked


class Takes(BaseModel):
    """Arguments: unknown ones are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Nothing(Takes):
    """No arguments."""


class OnePlaybook(Takes):
    playbook_id: str = Field(description="its id, from list_playbooks")


class PlaybookBrief(BaseModel):
    id: str
    name: str
    description: str
    enabled: bool = Field(description="whether it can run; a dry run works in any case")
    version: int
    agent: str | None
    triggers: list[dict[str, Any]]
    inputs: dict[str, Any] = Field(description="each input with its type, whether it is required, and its default")


class PlaybookList(BaseModel):
    items: list[PlaybookBrief]


class StepBrief(BaseModel):
    path: str
    id: str
    type: str
    when: str | None


class PlaybookTold(PlaybookBrief):
    steps: list[StepBrief]
    success: list[dict[str, Any]] = Field(description="the criteria that a run is judged by")
    alerts: list[dict[str, Any]]
    text: str = Field(description="the document as it was published")


async def listed(asked: Asked, _: Nothing) -> PlaybookList:
    rows = await asyncio.to_thread(seen_by, asked)
    return PlaybookList(items=[PlaybookBrief(**_brief(row)) for row in rows])


async def described(asked: Asked, wanted: OnePlaybook) -> PlaybookTold:
    row = await asyncio.to_thread(one_of, asked, wanted.playbook_id)
    playbook = await asyncio.to_thread(asked.house.standing.get, row["id"], enabled_only=False)
    return PlaybookTold(
        **_brief(row),
        steps=_steps(playbook),
        success=row["document"].get("success", []),
        alerts=row["document"].get("alerts", []),
        text=row["text"],
    )


def seen_by(asked: Asked) -> list[Row]:
    """The playbooks that the caller sees, by id."""
    return [row for row in asked.app.records.playbooks.all() if asked.caller.sees(row["id"])]


def one_of(asked: Asked, playbook_id: str) -> Row:
    """One playbook with its `document` and `text`. Raises `NotFound`, also for one that the caller does not see."""
    asked.caller.need_playbook(known_id(playbook_id, "playbook"))
    playbooks = asked.app.records.playbooks
    row = playbooks.get(playbook_id)
    version = playbooks.version(playbook_id, row["version"]) if row else None
    if row is None or version is None:
        raise NotFound(f"There is no playbook {playbook_id}.", cure="list_playbooks shows those there are.")
    return {**version, **row}


def _brief(row: Row) -> dict[str, Any]:
    document = row["document"]
    return {
        "id": row["id"],
        "name": row["name"],
        "description": document.get("description", ""),
        "enabled": row["enabled"],
        "version": row["version"],
        "agent": document.get("agent"),
        "triggers": document.get("triggers", []),
        "inputs": document.get("inputs", {}),
    }


def _steps(playbook: Playbook) -> list[StepBrief]:
    return [StepBrief(path=path, id=step.id, type=step.type, when=step.when) for path, step in playbook.every_step()]
