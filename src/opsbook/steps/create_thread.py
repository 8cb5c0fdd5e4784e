"""`create_thread`: open an inbox thread, or append to the open one about the same thing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from opsbook.playbooks.fields import AgentName, Expression, StepFields, Text
from opsbook.sdk.step import Boundary, Done, StepContext, StepType
from opsbook.sdk.work import Attachment, ThreadDraft

ARTIFACTS = {"growth_review": "growth_report", "incident": "incident_report", "campaign": "outreach_draft"}


class Attach(StepFields):
    """Something to keep with the thread: a title and an expression for its content."""

    title: Text
    value: Expression
    kind: str | None = None


class Fields(StepFields):
    """`assign_to` holds addresses or names of the settings' people: an unknown one fails the step."""

    thread_type: Literal["growth_review", "incident", "campaign", "general"]
    title: Text
    body: Text = ""
    assign_to: tuple[str, ...] = ()
    agents: tuple[AgentName, ...] = ()
    attach: tuple[Attach, ...] = ()
    dedup_key: Text | None = None
    campaign: Expression | None = Field(default=None, description="names the campaign that the thread decides about")


class CreateThread(StepType[Fields]):
    grammar = Fields

    @classmethod
    def boundary(cls, fields: Fields, effects: Mapping[str, str]) -> Boundary:
        return Boundary.EFFECT

    async def run(self, fields: Fields, context: StepContext) -> Done:
        attachments = tuple(
            Attachment(
                item.kind or ARTIFACTS.get(fields.thread_type, "report"),
                context.words(item.title),
                context.fill("{{ " + item.value + " }}"),
            )
            for item in fields.attach
        )
        campaign = None if fields.campaign is None else context.evaluate(fields.campaign)
        draft = ThreadDraft(
            fields.thread_type,
            context.words(fields.title),
            context.words(fields.body),
            context.agent or "leo",
            fields.agents,
            fields.assign_to,
            attachments,
            None if fields.dedup_key is None else context.key(fields.dedup_key),
            campaign if isinstance(campaign, str) else None,
        )
        opened = await context.open_thread(draft)
        return Done(opened, details={"facts": list(context.told(fields.title, fields.body))})


STEP = CreateThread()
