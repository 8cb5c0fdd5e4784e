"""The one way to a tool: who may call it, with which arguments, for how long, and what a dry run leaves undone.

The policy is here and not in steps, agents or tools, so that none of them can forget it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from difflib import get_close_matches
from typing import Any

from pydantic import ValidationError

from opsbook.sdk.clock import Clock, SystemClock
from opsbook.sdk.errors import InvalidInput, NeverWorks, NotAllowed, NotFound, OpsbookError, RetryLater
from opsbook.sdk.tool import EffectClass, Tool, ToolArgs, ToolContext, ToolResult
from opsbook.sdk.tracing import UNTRACED, Attributes, Tracer
from opsbook.sdk.values import Json, JsonObject, unknown_in

LONGEST_CALL = timedelta(minutes=2)  # a call without a limit of its own must not hang its run


@dataclass(frozen=True)
class CallRow:
    """One call for the record. `ok` is False for a refusal too; `error_code` then says which error it was."""

    run_id: str
    path: str
    name: str
    agent: str | None
    effect: str
    dry_run: bool
    started_at: datetime
    duration_ms: float
    ok: bool
    error_code: str | None = None


class Gateway:
    """Calls tools. `on_call` is told of every call that found its tool, whatever came of it."""

    def __init__(
        self,
        tools: Mapping[str, Tool[Any]],
        *,
        clock: Clock | None = None,
        on_call: Callable[[CallRow], None] | None = None,
        tracer: Tracer = UNTRACED,
    ) -> None:
        self.tools = dict(tools)
        self.clock = clock or SystemClock()
        self.on_call = on_call
        self.tracer = tracer

    async def call(
        self,
        name: str,
        args: JsonObject,
        context: ToolContext,
        *,
        allowed: frozenset[str] | None = None,
        timeout: timedelta | None = None,
    ) -> ToolResult:
        """Call one tool; in a dry run, a tool that is not `read` only says what it would do.

        `allowed` is the calling agent's list: whatever is not on it is refused. None means that no agent stands
        between the playbook and the tool.

        Raises:
            NotFound: there is no such tool.
            NotAllowed: the agent may not call it.
            InvalidInput: an argument is unknown, of the wrong kind, or could not be measured.
            RetryLater: code `timeout`.
            OpsbookError: whatever the tool raises; anything else is wrapped once in `NeverWorks`, code `internal`.
        """
        tool = self.tools.get(name)
        if tool is None:
            raise NotFound(f"There is no tool {name}.", cure=_did_you_mean(name, self.tools))
        began, ticks = self.clock.now(), self.clock.monotonic()
        code: str | None = "cancelled"  # what is left when neither an answer nor an error of ours came
        try:
            with self.tracer.span(f"execute_tool {name}", _about(tool, context)):
                _check_allowed(tool, context, allowed)
                result = await self._run(tool, checked_args(name, tool.Args, args), context, timeout or LONGEST_CALL)
            code = None
            return result
        except OpsbookError as error:
            code = error.code
            raise
        finally:
            if self.on_call:
                spent = (self.clock.monotonic() - ticks) * 1000
                self.on_call(_row(tool, context, began, spent, code))

    async def _run(self, tool: Tool[Any], args: ToolArgs, context: ToolContext, limit: timedelta) -> ToolResult:
        dry = context.dry_run and tool.effect is not EffectClass.READ
        scope = asyncio.timeout(limit.total_seconds())
        try:
            async with scope:
                result = await (tool.preview(args, context) if dry else tool.run(args, context))
        except OpsbookError:
            raise
        except Exception as error:
            if isinstance(error, TimeoutError) and scope.expired():
                sentence = f"{tool.name} took longer than its {limit.total_seconds():g} s."
                raise RetryLater(sentence, code="timeout") from error
            sentence = f"{tool.name} broke with {type(error).__name__}, which is a fault of its code."
            raise NeverWorks(sentence, cure="The log has the trace; please report it.", code="internal") from error
        return _marked(tool, result) if dry else result


def checked_args(name: str, model: type[Any], args: JsonObject) -> ToolArgs:
    """The arguments as the tool's own model. Names may be snake_case or the earlier camelCase; none is ignored.

    Raises `InvalidInput` with the argument's name and never its value.
    """
    for field, value in args.items():
        if unknown := unknown_in(value):
            why = f" ({unknown.reason})" if unknown.reason else ""
            raise InvalidInput(
                f"{name} was not called: its argument {field} could not be measured{why}.",
                field=field,
                cure="Guard the step with `when:`, so that it is skipped when the value is unknown.",
                code="unknown_argument",
            )
    try:
        found: ToolArgs = model.model_validate(args)
    except ValidationError as error:
        raise _refusal(name, model, error) from None  # pydantic's own text quotes the value
    return found


def _refusal(name: str, model: type[Any], error: ValidationError) -> InvalidInput:
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        known = model.model_fields
        cure = _did_you_mean(place, known) or f"It takes: {', '.join(known) or 'no arguments'}."
        return InvalidInput(f"{name} takes no argument {place}.", field=place, cure=cure)
    if first["type"] == "missing":
        return InvalidInput(f"{name} needs the argument {place}.", field=place)
    message = first["msg"].removeprefix("Value error, ")
    where = f"{name} refuses its argument {place}" if place else f"{name} refuses its arguments"
    return InvalidInput(f"{where}: {message[:1].lower()}{message[1:]}.", field=place or None)


def _check_allowed(tool: Tool[Any], context: ToolContext, allowed: frozenset[str] | None) -> None:
    if allowed is None or tool.name in allowed:
        return
    who = context.agent or "This agent"
    may = f"It may call: {', '.join(sorted(allowed))}." if allowed else "It may call no tool."
    raise NotAllowed(f"{who} may not call {tool.name}.", cure=may, code="tool_not_allowed")


def _about(tool: Tool[Any], context: ToolContext) -> Attributes:
    return {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": tool.name,
        "gen_ai.tool.type": "function",
        "gen_ai.agent.id": context.agent,
        "opsbook.tool.effect": tool.effect.value,
        "opsbook.run.dry_run": context.dry_run,
    }


def _marked(tool: Tool[Any], result: ToolResult) -> ToolResult:
    value: Json = result.value
    if isinstance(value, dict):
        value = {**value, "dry_run": True}
    warning = f"Dry run: {tool.name} was not carried out; this is what it would have done."
    return replace(result, value=value, warnings=(*result.warnings, warning))


def _row(tool: Tool[Any], context: ToolContext, began: datetime, spent: float, code: str | None) -> CallRow:
    return CallRow(
        context.run_id,
        context.step_path,
        tool.name,
        context.agent,
        tool.effect.value,
        context.dry_run,
        began,
        round(spent, 3),
        code is None,
        code,
    )


def _did_you_mean(name: str, known: Mapping[str, Any]) -> str:
    near = get_close_matches(name, known, n=1, cutoff=0.5)
    return f"Did you mean {near[0]}?" if near else ""
