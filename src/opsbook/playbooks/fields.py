"""The vocabulary of a grammar: a step type declares its own keys with these types.

    class Fields(StepFields):
        tool: ToolName
        with_: Filled = Field(default_factory=dict, alias="with")

`validate` walks the annotations, so a field that is an `Expression` is parsed and its names are checked, a `Filled`
is searched for `{{ }}`, a `Block` is checked as steps, without the step type's own code.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer

from opsbook.playbooks.catalog import Catalog
from opsbook.sdk.errors import Problem

ID_PATTERN = r"^[a-z][a-z0-9_]{2,63}$"
NAME_PATTERN = r"^[A-Za-z_][A-Za-z0-9_]{0,63}$"

_UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_SHORT = re.compile(r"^(\d+(?:\.\d+)?)(ms|s|m|h|d|w)$")
_ISO = re.compile(r"^P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$")


def parse_duration(text: object) -> timedelta:
    """`30s 10m 2h 7d 250ms` or ISO 8601 (`PT10M`) as a timedelta. Raises ValueError; zero and below are refused."""
    if isinstance(text, timedelta):
        return text
    if isinstance(text, str):
        if short := _SHORT.match(text):
            seconds = float(short[1]) * _UNITS[short[2]]
        elif (iso := _ISO.match(text)) and any(iso.groups()):
            weeks, days, hours, minutes, rest = (float(part or 0) for part in iso.groups())
            seconds = weeks * 604800 + days * 86400 + hours * 3600 + minutes * 60 + rest
        else:
            seconds = 0.0
        if 0 < seconds <= 366 * 86400:
            return timedelta(seconds=seconds)
    raise ValueError("not a duration: write a number and a unit, such as 30s, 10m, 2h or 7d (at most 366d)")


def duration_text(value: timedelta) -> str:
    """The shortest of our spellings: 90 s is `90s`, 3,600 s is `1h`."""
    milliseconds = round(value.total_seconds() * 1000)
    for unit in ("d", "h", "m", "s"):
        size = int(_UNITS[unit] * 1000)
        if milliseconds % size == 0:
            return f"{milliseconds // size}{unit}"
    return f"{milliseconds}ms"


Duration = Annotated[
    timedelta, BeforeValidator(parse_duration), PlainSerializer(duration_text, return_type=str, when_used="always")
]


class Mark:
    """Base of the marks. `means` stands in the JSON Schema as `x-opsbook`, for editors."""

    means = ""

    def __get_pydantic_json_schema__(self, core_schema: Any, handler: Any) -> dict[str, Any]:
        found: dict[str, Any] = handler(core_schema)
        return {**found, "x-opsbook": self.means}


class ExpressionMark(Mark):
    """Marks a text that is one bare expression."""

    means = "expression"


class ConditionMark(ExpressionMark):
    """Marks an expression that must yield a boolean or an unknown."""

    means = "condition"


class FilledMark(Mark):
    """Marks a value whose texts may hold `{{ }}`."""

    means = "filled"


class BlockMark(Mark):
    """Marks a list of steps."""

    means = "steps"


class ToolMark(Mark):
    """Marks the name of a tool; a key `with` beside it holds the tool's arguments."""

    means = "tool"


class AgentMark(Mark):
    """Marks the id of an agent."""

    means = "agent"


class ChannelMark(Mark):
    """Marks the name of a channel."""

    means = "channel"


class NameMark(Mark):
    """Marks a name or a step id that an earlier step gives."""

    means = "name"


Expression = Annotated[str, Field(min_length=1, max_length=4096), ExpressionMark()]
Condition = Annotated[str, Field(min_length=1, max_length=4096), ConditionMark()]
Filled = Annotated[Any, FilledMark()]
Text = Annotated[str, Field(max_length=65536), FilledMark()]
ToolName = Annotated[str, ToolMark()]
AgentName = Annotated[str, AgentMark()]
ChannelName = Annotated[str, ChannelMark()]
SavedName = Annotated[str, NameMark()]


class StepFields(BaseModel):
    """Base of a step type's own keys. Unknown keys are refused; aliases give the key where Python forbids the name.

    `spreads`: its blocks run beside each other, in branches. `parks`: it lets go of the run for a while, which a branch
    cannot do.
    """

    spreads: ClassVar[bool] = False
    parks: ClassVar[bool] = False

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, arbitrary_types_allowed=True)

    def blocks(self) -> Mapping[str, tuple[Any, ...]]:
        """The steps inside this step, by block name, in document order."""
        return {}

    def block_names(self, block: str) -> frozenset[str]:
        """Names that this step gives to the steps of one of its blocks (a foreach's item)."""
        return frozenset()

    def gives(self) -> frozenset[str]:
        """Names that this step gives to later steps, besides `save_as`."""
        return frozenset()

    def own_names(self, key: str) -> frozenset[str]:
        """Names that the expressions under one of these keys may read beside the run's own: what the step finds."""
        return frozenset()

    def problems(self, catalog: Catalog) -> Iterator[Problem]:
        """What is wrong with these keys against what the deployment knows. `path` is relative to the step."""
        return iter(())


JsonMap = dict[str, Any]
