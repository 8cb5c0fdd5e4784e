"""What a step type is: a grammar (its own keys) and a behaviour, in one file named after it.

A step type receives a context and *returns* what came of it; it writes no record, chooses no next step and never
sees the engine. The four things a step can come to are the four classes at the top.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, Generic, Protocol, TypeVar
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from opsbook.sdk.clock import Clock
from opsbook.sdk.tool import ToolResult
from opsbook.sdk.values import Json, JsonObject, Unknown, plain
from opsbook.sdk.work import Assignment, Message, Question, ThreadDraft, Writing


@dataclass(frozen=True)
class Done:
    """The step came to a value. `figures`, `warnings` and `details` are kept beside it in the record.

    `deliveries` has one row for each recipient: `{channel, recipient, state, key, provider_id?, error?}`.
    `sets` gives names to further values (a condition's flag).
    """

    value: Json = None
    figures: Mapping[str, Json] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    details: JsonObject = field(default_factory=dict)
    deliveries: tuple[JsonObject, ...] = ()
    cost: JsonObject = field(default_factory=dict)
    sets: Mapping[str, Json] = field(default_factory=dict)

    @classmethod
    def found(cls, result: ToolResult) -> Done:
        """A tool's result as a step's."""
        details = result.as_json()
        details.pop("value"), details.pop("figures"), details.pop("warnings")
        return cls(plain(result.value), dict(result.figures), result.warnings, details)


@dataclass(frozen=True)
class Take:
    """Go on in the named block of this step (`then`, `else`, `cases/0`); None: in none of them.

    `value` is what the step itself is worth (a condition's answer, which may be unknown).
    """

    block: str | None
    value: Json = None
    sets: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True)
class Branch:
    """One of several blocks that run beside each other: a key that is stable over repeats, and names for its steps."""

    key: str
    block: str
    names: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True)
class Spread:
    """Run these branches, at most `at_once` together; the step is worth their values, in this order.

    `keyed` makes the worth an object by branch key instead of a list. `fail_fast` stops starting new branches after
    the first failure.
    """

    branches: tuple[Branch, ...]
    at_once: int
    keyed: bool = False
    fail_fast: bool = True


@dataclass(frozen=True)
class Park:
    """Nothing to do until something happens: the run lets go of its worker and goes on when the wait ends.

    `kind` is `timer` (ends at `until`), `run` (ends with the run named by `subject`) or `approval` (ends with that);
    `until` bounds them all.
    """

    kind: str
    until: datetime
    subject: str | None = None


Outcome = Done | Take | Spread | Park


class Boundary(StrEnum):
    """What must be committed around a step."""

    NONE = "none"  # reads and pure steps: may be repeated after a crash
    MODEL = "model"  # asks a model: repeated only if its answer was not recorded
    EFFECT = "effect"  # acts outside: everything before it is frozen first


@dataclass(frozen=True)
class Allowance:
    """What a run's playbook may use of models; None: no limit of its own. Money in US dollars, tokens in and out."""

    usd_per_run: float | None = None
    usd_per_month: float | None = None
    tokens_per_run: int | None = None
    tokens_per_month: int | None = None
    requests_per_run: int | None = None
    requests_per_month: int | None = None
    tool_calls_per_run: int | None = None
    tool_calls_per_month: int | None = None
    fail_when_used_up: bool = False  # otherwise the deterministic renderer writes on


@dataclass(frozen=True)
class RunFacts:
    """What a step may know of its run. `as_of` is the scheduled time, in UTC."""

    run_id: str
    playbook_id: str
    playbook_name: str
    as_of: datetime
    timezone: ZoneInfo
    dry_run: bool
    trigger: str
    allowance: Allowance = Allowance()


class StepContext(Protocol):
    """What a step may do. Every method may be called again after a crash; effects are guarded by their keys."""

    @property
    def run(self) -> RunFacts: ...

    @property
    def step_id(self) -> str: ...

    @property
    def path(self) -> str:
        """The step's place in the run, unique in it and the same at every repeat."""

    @property
    def agent(self) -> str | None:
        """The agent in whose name the step works: its own, else the playbook's."""

    @property
    def clock(self) -> Clock: ...

    def evaluate(self, expression: str) -> Json | Unknown:
        """The value of an expression over the run's names. Raises `InvalidDefinition` with a caret."""

    def truth(self, expression: str) -> bool | Unknown:
        """Like `evaluate`, for a condition: anything but a boolean or an unknown is an error."""

    def fill(self, value: Json) -> Json:
        """The value with every `{{ }}` in its texts filled in; a text that is one whole `{{ }}` keeps its type."""

    def words(self, text: str) -> str:
        """The text with every `{{ }}` filled in, always as people read it: an unknown as `unknown (reason)`."""

    def told(self, *texts: str) -> list[JsonObject]:
        """What the `{{ }}` of these texts say, as facts: `{id, label, text, value?, unit, source, path, step}`.

        Figures, names and short texts; a report that a text carries has its facts where it was written.
        """

    def key(self, text: str) -> str | None:
        """A text that tells things apart, filled in; None when something in it is unknown: it tells nothing then."""

    def effect_key(self, item: str) -> str:
        """The stable key of one effect of this step: of one recipient or one channel and message kind."""

    async def call_tool(self, name: str, args: JsonObject, *, agent: str | None = None) -> ToolResult:
        """Through the gateway: allow-lists, effect class, dry run, time limit."""

    async def delegate(self, assignment: Assignment) -> Done:
        """Let an agent work with its own tools."""

    async def write(self, writing: Writing) -> Done:
        """Let an agent write a report from what the run has found; the value is its Markdown."""

    async def deliver(self, message: Message) -> tuple[JsonObject, ...]:
        """Send one message to its recipients: one row `{channel, recipient, state, key, ...}` for each of them."""

    async def open_thread(self, draft: ThreadDraft) -> JsonObject:
        """Open a thread or append to it: `{thread_id, created, ...}`."""

    async def ask(self, question: Question) -> JsonObject:
        """Ask people for a decision: `{approval_id, digest, deadline}`; in a dry run whom it would ask."""

    async def start_run(self, playbook_id: str, inputs: JsonObject) -> str:
        """Start another playbook as a child of this run; the same step of the same run starts it once."""


F = TypeVar("F", bound=BaseModel)


class StepType(ABC, Generic[F]):
    """One step type. Its file's name is its `type` in a playbook; the file holds `Fields` and `STEP`."""

    grammar: ClassVar[type[Any]]

    @classmethod
    def boundary(cls, fields: F, effects: Mapping[str, str]) -> Boundary:
        """What this very step needs committed; `effects` maps a tool's name to its effect class."""
        return Boundary.NONE

    @abstractmethod
    async def run(self, fields: F, context: StepContext) -> Outcome:
        """Work. Raises an `OpsbookError`; its code decides about `retry`."""

    async def resume(self, fields: F, context: StepContext, answer: Json) -> Outcome:
        """Go on after a `Park`: `answer` is what the wait ended with. By default it is the step's value."""
        return Done(answer)
