"""A playbook as one checked, frozen document. Reading a text into it: `load`; checking its meaning: `validate`.

A `Step` is what all steps share plus `fields`, the keys of its type. Which types exist is not known here: the model
is validated with `context={"catalog": Catalog}`, and the catalog brings the types' grammars.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, Literal

from cronsim import CronSim, CronSimError
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SerializeAsAny,
    ValidationInfo,
    field_validator,
    model_serializer,
    model_validator,
)

from opsbook.playbooks.catalog import Catalog
from opsbook.playbooks.fields import (
    ID_PATTERN,
    NAME_PATTERN,
    AgentName,
    BlockMark,
    ChannelName,
    Condition,
    Duration,
    Expression,
    JsonMap,
    StepFields,
    Text,
)
from opsbook.playbooks.zones import zone
from opsbook.sdk.values import digest


class Part(BaseModel):
    """Base of every part of the document."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Severity(StrEnum):
    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    CRITICAL = "critical"

    def above(self, other: Severity) -> bool:
        """Whether this one is more severe."""
        order = tuple(Severity)
        return order.index(self) > order.index(other)


class Misfire(StrEnum):
    """What happens to slots that passed while nobody was there, within `within`."""

    SKIP = "skip"
    LATEST = "latest"
    ALL = "all"


class Overlap(StrEnum):
    """What happens when the previous run of this playbook has not ended."""

    SKIP = "skip"
    QUEUE = "queue"
    CANCEL_RUNNING = "cancel_running"
    ALLOW = "allow"


def _cron(text: str) -> str:
    if len(text.split()) != 5:
        raise ValueError("a cron expression has five fields: minute hour day-of-month month day-of-week")
    try:
        CronSim(text, datetime(2026, 1, 1))  # noqa: DTZ001 syntax check only
    except CronSimError as error:
        raise ValueError(f"not a cron expression ({error}): write five fields, such as 0 9 * * 1-5") from error
    return text


class Schedule(Part):
    """When to run, by the wall clock of `timezone`. Every expected occurrence leaves one row."""

    cron: Annotated[str, AfterValidator(_cron)]
    timezone: Annotated[str, AfterValidator(lambda name: zone(name).key)]
    misfire: Misfire = Misfire.LATEST
    within: Duration = timedelta(hours=6)
    overlap: Overlap = Overlap.SKIP
    jitter: Duration | None = None


EVENT_PATTERN = r"^[a-z][a-z0-9_]*(\.[a-z0-9_]+)*(\.\*)?$"


class Trigger(Part):
    """What starts a run: a schedule, or an event by name, `<who sends it>.<type>`; `.*` at its end stands for any rest.

    `manual` and the HTTP doors are always open.
    """

    schedule: Schedule | None = None
    event: Annotated[str, Field(pattern=EVENT_PATTERN, max_length=100)] | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> Trigger:
        if (self.schedule is None) == (self.event is None):
            raise ValueError("a trigger is either a schedule or an event")
        return self


class Backoff(StrEnum):
    CONSTANT = "constant"
    EXPONENTIAL = "exponential"


class Retry(Part):
    """How often a step is tried: before attempt n + 1 it waits `delay` (exponential: `delay * 2**(n - 1)`), at most
    `max_delay`; `jitter` draws the wait evenly from its upper half. `on` lists error codes; empty means every error
    that says it may pass (`RetryLater`)."""

    max_attempts: Annotated[int, Field(ge=1, le=10)] = 3
    backoff: Backoff = Backoff.EXPONENTIAL
    delay: Duration = timedelta(seconds=2)
    max_delay: Duration = timedelta(seconds=30)
    jitter: bool = True
    on: tuple[str, ...] = ()


class OnErrorSteps(Part):
    """Steps that run when a step has failed for good; the failure then counts as handled."""

    steps: Block


class Step(Part):
    """One step: what all types share, and `fields`, the keys of its own type."""

    id: Annotated[str, Field(pattern=NAME_PATTERN)]
    type: str
    name: str = ""
    agent: AgentName | None = None
    when: Condition | None = None
    save_as: Annotated[str, Field(pattern=NAME_PATTERN)] | None = None
    timeout: Duration | None = None
    retry: Retry | None = None
    on_error: Literal["fail", "continue"] | OnErrorSteps = "fail"
    fields: SerializeAsAny[StepFields] = Field(default_factory=StepFields)

    @model_validator(mode="before")
    @classmethod
    def _split(cls, data: Any, info: ValidationInfo) -> Any:
        if not isinstance(data, dict) or "fields" in data:
            return data
        shared = {key: value for key, value in data.items() if key in cls.model_fields}
        own = {key: value for key, value in data.items() if key not in cls.model_fields}
        return {**shared, "fields": own}

    @field_validator("fields", mode="before")
    @classmethod
    def _own_keys(cls, own: Any, info: ValidationInfo) -> Any:
        if isinstance(own, StepFields):
            return own
        catalog: Catalog | None = (info.context or {}).get("catalog")
        if catalog is None:
            raise RuntimeError("a Step is validated with context={'catalog': Catalog}")
        grammar = catalog.steps.get(info.data.get("type", ""))
        if grammar is None:
            return StepFields()  # the unknown type is reported by `validate`, with the nearest name
        return grammar.model_validate(own, context=info.context)

    @model_serializer(mode="wrap")
    def _joined(self, standard: Any) -> dict[str, Any]:
        data: dict[str, Any] = standard(self)
        own = data.pop("fields", {})
        return {**data, **own}

    def blocks(self) -> dict[str, tuple[Step, ...]]:
        """Every list of steps inside this one, by block name; `on_error` is one of them."""
        inner: dict[str, tuple[Step, ...]] = dict(self.fields.blocks())
        if isinstance(self.on_error, OnErrorSteps):
            inner["on_error"] = self.on_error.steps
        return inner


Block = Annotated[tuple[Step, ...], BlockMark()]


class Criterion(Part):
    """What success means: `expr` true is met; `warn` true is a warning; unknown is neither met nor breached."""

    id: Annotated[str, Field(pattern=NAME_PATTERN)]
    name: str = ""
    expr: Condition
    warn: Condition | None = None


class Told(StrEnum):
    """The moments of an alert at which people are told."""

    OPENED = "opened"
    REMINDED = "reminded"
    ESCALATED = "escalated"
    CLOSED = "closed"


class Escalation(Part):
    """How long an alert may be open before it becomes more severe, and how severe it becomes then."""

    after: Annotated[Duration, Field(gt=timedelta(0))]
    severity: Severity


class AlertRule(Part):
    """When to alert: once for each `key` while it lasts. `subjects` yields a list: one alert for each of its items.

    `mute` is asked of each subject: where it is true nothing is opened, reminded or escalated, and what is open stays.

    `thread` is the dedup key of the thread that belongs to the alert: it is closed when the alert is over. `tell` are
    the moments at which `notify` is used: a playbook with a step of its own for the news may leave those out.
    """

    id: Annotated[str, Field(pattern=NAME_PATTERN)]
    expr: Condition
    severity: Severity = Severity.NORMAL
    subjects: Expression | None = None
    mute: Condition | None = None
    key: Text = ""
    message: Text = ""
    thread: Text = ""
    notify: tuple[ChannelName, ...] = ()
    tell: tuple[Told, ...] = tuple(Told)
    remind_every: Duration | None = None
    escalate: Escalation | None = None

    @model_validator(mode="after")
    def _rises(self) -> AlertRule:
        if self.escalate is not None and not self.escalate.severity.above(self.severity):
            raise ValueError("`escalate` makes an alert more severe than the rule's own severity")
        return self


class Exhausted(StrEnum):
    TEMPLATE = "template"  # the deterministic renderer writes on
    FAIL = "fail"


class Budget(Part):
    """What a playbook may use of models; None: no limit of its own. Money in US dollars, tokens in and out together.

    Tool calls are those that a model asks for, beside the ones that a step names. A month is that of the runs'
    scheduled times, in their zone.
    """

    usd_per_run: Annotated[float, Field(ge=0)] | None = None
    usd_per_month: Annotated[float, Field(ge=0)] | None = None
    tokens_per_run: Annotated[int, Field(ge=0)] | None = None
    tokens_per_month: Annotated[int, Field(ge=0)] | None = None
    requests_per_run: Annotated[int, Field(ge=0)] | None = None
    requests_per_month: Annotated[int, Field(ge=0)] | None = None
    tool_calls_per_run: Annotated[int, Field(ge=0)] | None = None
    tool_calls_per_month: Annotated[int, Field(ge=0)] | None = None
    on_exhausted: Exhausted = Exhausted.TEMPLATE


class Estimate(Part):
    """What somebody expects a playbook's models to cost, in US dollars; it limits nothing. None: nobody said."""

    usd_per_run: Annotated[float, Field(ge=0)] | None = None
    usd_per_month: Annotated[float, Field(ge=0)] | None = None


class Policy(Part):
    """Limits of a run: `timeout` bounds its active time (time parked in a wait does not count)."""

    timeout: Duration = timedelta(minutes=30)
    budget: Budget = Budget()
    estimate: Estimate = Estimate()


class InputField(Part):
    """One typed input of a run."""

    type: Literal["string", "number", "boolean", "array", "object"]
    default: Any = None
    required: bool = False
    description: str = ""


class Playbook(Part):
    """The document."""

    id: Annotated[str, Field(pattern=ID_PATTERN)]
    name: Annotated[str, Field(min_length=1, max_length=200)]
    description: str = ""
    agent: AgentName | None = None
    enabled: bool = True
    labels: JsonMap = Field(default_factory=dict)
    inputs: dict[Annotated[str, Field(pattern=NAME_PATTERN)], InputField] = Field(default_factory=dict)
    triggers: tuple[Trigger, ...] = ()
    policy: Policy = Policy()
    steps: Annotated[Block, Field(min_length=1)]
    finally_: Block = Field(default=(), alias="finally")
    success: tuple[Criterion, ...] = ()
    alerts: tuple[AlertRule, ...] = ()

    @property
    def timezone(self) -> str:
        """The zone of the first schedule, else UTC: names such as `today` are local to it."""
        return next((t.schedule.timezone for t in self.triggers if t.schedule), "UTC")

    def every_step(self) -> Iterator[tuple[str, Step]]:
        """All steps with their paths (`steps/0/then/1`), in document order."""
        yield from walk("steps", self.steps)
        yield from walk("finally", self.finally_)

    def document(self) -> dict[str, Any]:
        """The document as plain JSON with defaults left out: what is stored and hashed."""
        data: dict[str, Any] = self.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        data.setdefault("enabled", self.enabled)
        return data

    @property
    def sha256(self) -> str:
        """Digest of the document: a version is pinned by it."""
        return digest(self.document())


def walk(prefix: str, block: tuple[Step, ...]) -> Iterator[tuple[str, Step]]:
    """All steps of a block and below it with their paths, in document order."""
    for index, step in enumerate(block):
        path = f"{prefix}/{index}"
        yield path, step
        for name, inner in step.blocks().items():
            yield from walk(f"{path}/{name}", inner)


OnErrorSteps.model_rebuild()
Step.model_rebuild()
