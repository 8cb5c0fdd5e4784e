"""What a step may ask of others, each as one frozen request: an agent's work, a message to people, a thread."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from opsbook.sdk.effects import Button
from opsbook.sdk.values import Json, JsonObject


@dataclass(frozen=True)
class ToolRequest:
    """One tool call of an assignment; `name` is what its answer is called when there are several."""

    tool: str
    args: JsonObject = field(default_factory=dict)
    name: str | None = None


@dataclass(frozen=True)
class Wanted:
    """One typed field of what an agent is to answer.

    `type` is string, number, boolean, array or object; `enum` closes a string to a few words; `unit` says what a number
    counts in (count, cents, ratio, ms, seconds). `formula` computes the field from what the tools found: no model is
    asked for it then. `otherwise` is the expression that stands in where no model's answer is used.
    """

    type: str
    description: str = ""
    enum: tuple[str, ...] = ()
    unit: str | None = None
    items: Wanted | None = None
    max_items: int = 20
    properties: Mapping[str, Wanted] = field(default_factory=dict)
    formula: str | None = None
    otherwise: str | None = None


@dataclass(frozen=True)
class Assignment:
    """Work delegated to an agent: the tools to ask, in this order, and what to make of their answers.

    The first tool's value is the assignment's value when there is one tool; with several it is an object by name.
    No tools: the agent's own `answers_with` is asked with `args`.

    `output` are fields that stand beside the answers in the value: a tool that has a name stands under it then, one
    without must answer with an object. `max_tool_calls` bounds what a model may ask of the agent's tools by itself.
    `template` is the task as its author wrote it, so that what was filled in can be told apart; empty: all of it is.
    """

    agent: str
    task: str
    tools: tuple[ToolRequest, ...] = ()
    args: JsonObject = field(default_factory=dict)
    model_tier: str | None = None
    output: Mapping[str, Wanted] = field(default_factory=dict)
    max_tool_calls: int | None = None
    template: str = ""


@dataclass(frozen=True)
class Writing:
    """A report to write from the run's evidence: `kind` names its sections unless `sections` does.

    `inputs` limits the evidence to these saved names; empty: all that the run has found. `footnote` is a line of ours
    under the report.
    """

    agent: str
    kind: str
    title: str = ""
    sections: tuple[str, ...] = ()
    template: str | None = None
    inputs: tuple[str, ...] = ()
    model_tier: str | None = None
    footnote: str = ""


@dataclass(frozen=True)
class Message:
    """A message to people. `to` holds addresses or names of the settings' people; `body` is Markdown.

    `dedup_key` names what the message is about: the same key is not sent again to the same recipient while it is
    less than `quiet_hours` old (an alert's reminder has its own key). `about` names what the message belongs to where
    that is more than the key: an alert's opening, reminders and end are about one alert, and make one thread.
    `linked` is the body with links on its facts, for what shows links; the body itself is for everything else.
    """

    channels: tuple[str, ...]
    to: tuple[str, ...]
    subject: str
    body: str
    severity: str = "normal"
    dedup_key: str | None = None
    source: Mapping[str, Json] = field(default_factory=dict)
    about: str | None = None
    buttons: tuple[Button, ...] = ()
    linked: str | None = None


@dataclass(frozen=True)
class Attachment:
    """Something kept with a thread: a report, a campaign draft. `kind` is an artifact type, `content` its data."""

    kind: str
    title: str
    content: Json


@dataclass(frozen=True)
class ThreadDraft:
    """A thread to open, or to append to when an open one has the same `dedup_key`."""

    thread_type: str
    title: str
    body: str
    agent: str
    agents: tuple[str, ...] = ()
    assign_to: tuple[str, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    dedup_key: str | None = None
    campaign_id: str | None = None


@dataclass(frozen=True)
class Question:
    """A decision that a run waits for. `to` and `escalate_to` hold persons and roles of the settings.

    `of` is what is decided about, frozen when it is asked; a campaign's value means the campaign itself. `form`
    declares typed answers as a playbook declares inputs. `on_deadline` is `expire`, `remind` or `escalate`.
    """

    title: str
    message: str
    to: tuple[str, ...]
    of: Json = None
    quorum: int = 1
    length: timedelta = timedelta(days=2)
    on_deadline: str = "expire"
    escalate_to: tuple[str, ...] = ()
    form: Mapping[str, JsonObject] = field(default_factory=dict)
