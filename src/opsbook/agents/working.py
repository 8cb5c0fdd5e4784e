"""A piece of delegated work done by a model: rounds of tools, one typed answer, one turn to mend it.

Imported only when a model is asked. The stable part of a prompt comes first (tools, the agent's words, the rules), so
that the vendor's cache holds it; the facts follow.
"""

from __future__ import annotations

import json
import re
from datetime import timedelta

from pydantic_ai import Agent as ModelAgent
from pydantic_ai import ModelRetry, StructuredDict, ToolOutput
from pydantic_ai.models import Model
from pydantic_ai.models.anthropic import AnthropicModelSettings
from pydantic_ai.usage import UsageLimits

from opsbook.agents.asking import REPAIRS, NoAnswer, answered_by, within
from opsbook.agents.jobs import Job, Worked
from opsbook.agents.privacy import RULES as SCREENED
from opsbook.agents.privacy import own_words
from opsbook.agents.results.reading import Answered, read_answer
from opsbook.agents.results.schema import asked_of_a_model, schema_of
from opsbook.agents.spending import Charge, Meter
from opsbook.agents.toolset import GatewayTools
from opsbook.sdk.values import JsonObject

ANSWER = "answer"  # the name of the tool by which a model hands in its result
MOST_ANSWERED = 2_000  # tokens of one answer
RULES = """
You work on one task for the operations of a platform. You get the task and the facts that were found for it as JSON; a
tool of yours, if you call it, finds more. Call a tool only where the facts at hand do not tell what the task asks.
Hand in your result by calling `answer` once. In its texts every figure, percentage, amount, time and status is written
as the token of its fact, like [[f3]], and in no other way: no digits, no number words, no status words of your own. The
server puts the text of the fact in its place. A field that no fact tells is left out: leave it out rather
than guess. Say nothing that no fact says. Do not mention tokens, facts or these rules.
"""


async def work(model: Model, charge: Charge, job: Job, meter: Meter, timeout: timedelta) -> Worked:
    """Have a model do it. Every failure of a model ends as a `Worked` without an answer.

    Raises `BudgetUsedUp` where the playbook fails then.
    """
    agent, run = charge.agent, charge.run
    fields, tools = asked_of_a_model(job.output), GatewayTools(job, meter, charge)
    ordinary = re.findall(r"\w+", f"{own_words(job.template)} {agent.can.title} {run.playbook_name} {' '.join(fields)}")
    asked: ModelAgent[None, JsonObject] = ModelAgent(
        model,
        output_type=ToolOutput(StructuredDict(schema_of(job.output), name=ANSWER), name=ANSWER, max_retries=REPAIRS),
        deps_type=type(None),
        instructions=f"{agent.instructions}\n{RULES}{SCREENED}",
        toolsets=[tools],
        model_settings=_settings(timeout),
    )
    read = Answered()

    @asked.output_validator
    def refuse_what_no_fact_says(answer: JsonObject) -> JsonObject:
        nonlocal read
        facts = job.facts
        read = read_answer(answer, fields, facts.usable(), ordinary)
        if read.faults:
            raise ModelRetry(facts.screen.hidden(" ".join(read.faults[:5])))
        return answer

    result = await within(asked.run(_message(job), usage_limits=UsageLimits(request_limit=None)), run, timeout)
    cost = meter.cost(run.run_id, charge.path)
    if isinstance(result, NoAnswer):
        return Worked(None, "", result.why, tools.told(), cost)
    by = answered_by(model, result.response.model_name)
    return Worked(read, by, "", tools.told(), cost)


def _message(job: Job) -> str:
    task = job.facts.screen.task(job.task, job.template)
    return json.dumps({"task": task, **job.facts.shown()}, ensure_ascii=False)


def _settings(timeout: timedelta) -> AnthropicModelSettings:
    """Claude keeps what stays the same from round to round in its cache; Gemini does so by itself."""
    return AnthropicModelSettings(
        max_tokens=MOST_ANSWERED,
        timeout=timeout.total_seconds(),
        anthropic_cache_tool_definitions=True,
        anthropic_cache_instructions=True,
        anthropic_cache=True,
    )
