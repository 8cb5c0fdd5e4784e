"""What agents may spend on models and tools: a reservation before each request, the bill after it.

Nothing here knows a vendor. A request is reserved at the most that it can cost, so no limit is ever passed: its text
in bytes bounds the tokens that are sent (a tokenizer over bytes makes at most one token of each), `most_answered` those
that come back. What nobody can price is refused where a limit in money stands.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from opsbook.agents.prices import Prices, Tokens, own_prices
from opsbook.agents.roster import Agent
from opsbook.agents.transcript import turns_of
from opsbook.agents.watching import Watched, by_nobody
from opsbook.records.model_requests import Exceeded, Limit, Measure, ModelRequests, RequestState, Scope
from opsbook.records.model_tool_calls import ModelToolCalls
from opsbook.sdk.clock import Clock, Ids
from opsbook.sdk.errors import BudgetUsedUp
from opsbook.sdk.step import RunFacts
from opsbook.sdk.tracing import UNTRACED, Tracer
from opsbook.sdk.values import Json, Unknown

FRAME = 512  # tokens that a vendor may put around a message and its tools, beside the bytes of its text
MICROS = 1_000_000
WHAT = {Scope.TASK: "for one piece of work", Scope.RUN: "of the run", Scope.MONTH: "of the month"}


@dataclass(frozen=True)
class Charge:
    """On whose account a request is made: the place in a run, the agent, and what the text is for.

    `most_tool_calls` is the step's own limit on what a model may ask of tools, beside the agent's. With `resumes`, what
    a process that died had been answered to the same question at this place is not asked again.
    """

    run: RunFacts
    path: str
    agent: Agent
    purpose: str
    most_tool_calls: int | None = None
    resumes: bool = False

    @property
    def month(self) -> str:
        return f"{self.run.as_of.astimezone(self.run.timezone):%Y-%m}"


@dataclass(frozen=True)
class Spent:
    """What came of a request: tokens, and millionths of a US dollar where the model's price is known."""

    tokens: Tokens
    micros: int | None


@dataclass(frozen=True)
class Meter:
    """Counts every request to a model, and lets none through that could break a limit.

    `clean` takes the deployment's secrets out of what is kept of a request. `watched` says who is told how far an
    answer has come.
    """

    requests: ModelRequests
    clock: Clock
    ids: Ids
    prices: Prices = field(default_factory=own_prices)
    clean: Callable[[str], str] = str
    tracer: Tracer = UNTRACED
    watched: Watched = by_nobody

    async def reserve(self, charge: Charge, model: str, text: str, most_answered: int, kept: str | None = None) -> str:
        """Keep the most that a request can cost; the id under which its bill goes. Costs one shared commit.

        `text` is all that is sent, `kept` what the transcript keeps of it: without it all of the text.

        Raises `BudgetUsedUp`, naming the limit, what is used of it and what the request may cost.
        """
        most = Tokens(len(text.encode()) + FRAME, most_answered)
        price = self.prices.of(model)
        limits = limits_of(charge)
        if isinstance(price, Unknown):
            if money := next((limit for limit in limits if limit.measure is Measure.MICROS), None):
                cure = f"Name its price under [model_prices] or lift the limit {WHAT[money.scope]} in US dollars."
                raise BudgetUsedUp(f"A limit in money stands, and {price.reason}.", cure=cure, code="unpriced_model")
            reserved = None
        else:
            reserved = price.most(most.input, most.output)
        row = {
            "id": self.ids.new("ask"),
            "run_id": charge.run.run_id,
            "playbook_id": charge.run.playbook_id,
            "path": charge.path,
            "agent": charge.agent.id,
            "purpose": charge.purpose,
            "month": charge.month,
            "model": model,
            "reserved_tokens": most.input + most.output,
            "reserved_micros": reserved,
            "asked_at": self.clock.now(),
            "asked": self.clean(text if kept is None else kept),
        }
        if exceeded := await self.requests.reserve(row, limits):
            raise used_up(exceeded)
        return str(row["id"])

    def answered_before(self, charge: Charge, model: str, kept: str) -> str | None:
        """The answer that this place of the run has had to the same question, as the transcript keeps it."""
        if not charge.resumes:
            return None
        question = turns_of(self.clean(kept))
        for row in self.requests.of_run(charge.run.run_id, charge.path):
            same = (row["agent"], row["model"]) == (charge.agent.id, model)
            if same and row["state"] == RequestState.ANSWERED and turns_of(row["asked"]) == question:
                return str(row["answered"])
        return None

    @property
    def calls(self) -> ModelToolCalls:
        """The tool calls that models asked for."""
        return ModelToolCalls(self.requests.store)

    async def reserve_call(self, charge: Charge, tool: str) -> None:
        """Count a tool call that a model asks for, before it is made. Raises `BudgetUsedUp`, naming the limit."""
        row = {
            "id": self.ids.new("call"),
            "run_id": charge.run.run_id,
            "playbook_id": charge.run.playbook_id,
            "path": charge.path,
            "agent": charge.agent.id,
            "month": charge.month,
            "tool": tool,
            "asked_at": self.clock.now(),
        }
        if exceeded := await self.calls.reserve(row, call_limits_of(charge)):
            raise used_up(exceeded)

    async def answered(self, request_id: str, model: str, used: Tokens, answer: str) -> Spent:
        """Write the bill. Safe to repeat."""
        price = self.prices.of(model)
        micros = None if isinstance(price, Unknown) else price.micros(used)
        await self.requests.end(
            request_id,
            RequestState.ANSWERED,
            self.clock.now(),
            input_tokens=used.input,
            output_tokens=used.output,
            cache_read_tokens=used.cache_read,
            cache_write_tokens=used.cache_write,
            micros=micros,
            priced_on=None if micros is None else self.prices.checked_on,
            answered=self.clean(answer),
        )
        return Spent(used, micros)

    async def failed(self, request_id: str, why: str, *, refused: bool) -> None:
        """Note that no answer came. `refused`: the vendor said so itself, and charges nothing. Safe to repeat."""
        state = RequestState.RELEASED if refused else RequestState.UNANSWERED
        await self.requests.end(request_id, state, self.clock.now(), error=self.clean(why)[:120])

    def cost(self, run_id: str, path: str) -> dict[str, Json]:
        """What one place of a run has used: `{model, requests, tokens_in, tokens_out, tool_calls?, usd?, usd_unknown?}`

        `usd` counts what is known, answers by their bill and the others at their most; `usd_unknown` is how many
        requests cost what nobody knows.
        """
        rows = [row for row in self.requests.bills(run_id, path) if row["state"] != RequestState.RELEASED]
        if not rows:
            return {}
        known = [row["micros"] if row["state"] == RequestState.ANSWERED else row["reserved_micros"] for row in rows]
        cost: dict[str, Json] = {
            "model": rows[-1]["model"],
            "requests": len(rows),
            "tokens_in": sum(row["input_tokens"] or 0 for row in rows),
            "tokens_out": sum(row["output_tokens"] or 0 for row in rows),
        }
        if calls := self.calls.count(run_id, path):
            cost["tool_calls"] = calls
        priced = [one for one in known if one is not None]
        if priced:
            cost["usd"] = sum(priced) / MICROS
        if len(priced) < len(known):
            cost["usd_unknown"] = len(known) - len(priced)
        return cost


def limits_of(charge: Charge) -> Sequence[Limit]:
    """Every limit that stands over a request: the agent's for one piece of work, the playbook's for run and month."""
    allowed, work = charge.run.allowance, charge.agent.can.budget
    found = (
        (Scope.TASK, Measure.REQUESTS, work.requests),
        (Scope.TASK, Measure.TOKENS, work.tokens),
        (Scope.TASK, Measure.MICROS, _micros(work.usd_per_task)),
        (Scope.RUN, Measure.REQUESTS, allowed.requests_per_run),
        (Scope.RUN, Measure.TOKENS, allowed.tokens_per_run),
        (Scope.RUN, Measure.MICROS, _micros(allowed.usd_per_run)),
        (Scope.MONTH, Measure.REQUESTS, allowed.requests_per_month),
        (Scope.MONTH, Measure.TOKENS, allowed.tokens_per_month),
        (Scope.MONTH, Measure.MICROS, _micros(allowed.usd_per_month)),
    )
    return [Limit(scope, measure, most) for scope, measure, most in found if most is not None]


def call_limits_of(charge: Charge) -> Sequence[Limit]:
    """Every limit that stands over a tool call that a model asks for: the lower of agent's and step's, run, month."""
    allowed, own = charge.run.allowance, charge.agent.can.budget.tool_calls
    found = (
        (Scope.TASK, own if charge.most_tool_calls is None else min(own, charge.most_tool_calls)),
        (Scope.RUN, allowed.tool_calls_per_run),
        (Scope.MONTH, allowed.tool_calls_per_month),
    )
    return [Limit(scope, Measure.TOOL_CALLS, most) for scope, most in found if most is not None]


def used_up(found: Exceeded) -> BudgetUsedUp:
    """The error for a limit that a request would break."""
    limit = found.limit
    said = SAID[limit.measure]
    called = limit.measure is Measure.TOOL_CALLS
    following = "" if called else f", and the next request may need {said(found.wanted)}"
    sentence = f"The budget {WHAT[limit.scope]} is {said(limit.most)}: {said(found.used)} are used{following}."
    where = "the playbook's policy"
    if limit.scope is Scope.TASK:
        where = "the agent's file, or the step," if called else "the agent's file"
    return BudgetUsedUp(sentence, cure=f"Raise the budget in {where}, or go on without a model.")


def dollars(micros: int) -> str:
    """Millionths as `$0.0312`: cents where they say enough, four places below a cent's hundredth."""
    return f"${micros / MICROS:,.2f}" if micros % 10_000 == 0 else f"${micros / MICROS:,.4f}"


def _counted(one: str) -> Callable[[int], str]:
    return lambda number: f"{number:,} {one}{'' if number == 1 else 's'}"


SAID: Mapping[Measure, Callable[[int], str]] = {
    Measure.MICROS: dollars,
    Measure.TOKENS: _counted("token"),
    Measure.REQUESTS: _counted("request"),
    Measure.TOOL_CALLS: _counted("tool call"),
}


def _micros(usd: float | None) -> int | None:
    return None if usd is None else round(usd * MICROS)
