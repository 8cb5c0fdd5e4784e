"""One step with its guard, its time limit and its retries. The boundary around a step: every error ends here."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from opsbook.playbooks.model import Backoff, Retry, Step
from opsbook.sdk.clock import Clock
from opsbook.sdk.errors import InvalidDefinition, NeverWorks, OpsbookError, RetryLater
from opsbook.sdk.step import Outcome
from opsbook.sdk.tracing import UNTRACED, Tracer
from opsbook.sdk.values import JsonObject, plain

Sleep = Callable[[float], Awaitable[None]]


@dataclass(frozen=True)
class Attempted:
    """What came of a step: an outcome, or an error in words. `attempts` counts from 1.

    `out_of_time`: it was the run's time, and not the step's, that was used up.
    """

    outcome: Outcome | None
    error: JsonObject | None
    attempts: int
    out_of_time: bool = False


class Attempts:
    """How steps are tried. Time and chance are injected."""

    def __init__(self, clock: Clock, sleep: Sleep, chance: random.Random, tracer: Tracer = UNTRACED) -> None:
        self.clock = clock
        self.sleep = sleep
        self.chance = chance
        self.tracer = tracer

    async def make(self, step: Step, work: Callable[[], Awaitable[Outcome]], left: timedelta) -> Attempted:
        """Try until it works, no rule says to try again, or `left` (the run's time) is used up."""
        about = {"opsbook.step.id": step.id, "opsbook.step.type": step.type}
        with self.tracer.span(f"step {step.id}", about) as span:
            made = await self._tried(step, work, left)
            span.note({"opsbook.step.attempts": made.attempts})
            if made.error is not None:
                span.failed(str(made.error["class"]))
            return made

    async def _tried(self, step: Step, work: Callable[[], Awaitable[Outcome]], left: timedelta) -> Attempted:
        began = self.clock.monotonic()
        most = step.retry.max_attempts if step.retry else 1
        attempt = 0
        while True:
            attempt += 1
            remaining = left.total_seconds() - (self.clock.monotonic() - began)
            own = step.timeout.total_seconds() if step.timeout else None
            try:
                return Attempted(await _within(work, remaining, own), None, attempt)
            except _OutOfTime as error:
                return Attempted(None, in_words(error), attempt, out_of_time=True)
            except OpsbookError as error:
                failure = error
            except Exception as error:  # noqa: BLE001 the boundary around a step: wrapped once, the cause is kept
                failure = _wrapped(error)
            pause = wait_before(step.retry, failure, attempt, self.chance)
            if attempt >= most or pause is None or pause >= remaining:
                return Attempted(None, in_words(failure), attempt)
            await self.sleep(pause)


def wait_before(retry: Retry | None, error: OpsbookError, attempt: int, chance: random.Random) -> float | None:
    """Seconds before the next attempt, None for no further one.

    Exponential: `delay * 2**(attempt - 1)`, at most `max_delay`; jitter draws evenly from the upper half of that. What
    the other side asked for (`Retry-After`) is the least.
    """
    if retry is None or not _passes(retry, error):
        return None
    pause = retry.delay.total_seconds()
    if retry.backoff is Backoff.EXPONENTIAL:
        pause = min(pause * 2 ** (attempt - 1), retry.max_delay.total_seconds())
    if retry.jitter:
        pause = chance.uniform(pause / 2, pause)
    asked = getattr(error, "after_seconds", None)
    return max(pause, asked or 0.0)


def _passes(retry: Retry, error: OpsbookError) -> bool:
    return error.code in retry.on if retry.on else isinstance(error, RetryLater)


def in_words(error: OpsbookError) -> JsonObject:
    """An error as a record keeps it: `{class, message, cure, kind}`; `class` is the stable code."""
    words: dict[str, Any] = {
        "class": error.code,
        "message": error.sentence,
        "cure": error.cure,
        "kind": next(kind.__name__ for kind in type(error).__mro__ if kind.__module__ == OpsbookError.__module__),
    }
    if isinstance(error, InvalidDefinition) and error.problems:
        words["problems"] = [str(problem) for problem in error.problems]
    found = plain(words)
    assert isinstance(found, dict)
    return found


class _OutOfTime(RetryLater):
    """The run's time is used up: no attempt follows."""


async def _within(work: Callable[[], Awaitable[Outcome]], remaining: float, own: float | None) -> Outcome:
    """The work, stopped after `remaining` seconds of the run or the step's `own`, whichever is less."""
    if remaining <= 0:
        raise _OutOfTime("The run's time was used up before the step could start.", code="timeout")
    scope = asyncio.timeout(remaining if own is None else min(own, remaining))
    try:
        async with scope:
            return await work()
    except TimeoutError as error:
        if not scope.expired():
            raise
        if own is None or own > remaining:
            raise _OutOfTime("The run's time was used up before the step had ended.", code="timeout") from error
        raise RetryLater(f"The step took longer than its {own:g} s.", code="timeout") from error


def _wrapped(error: Exception) -> NeverWorks:
    wrapped = NeverWorks(
        f"The step broke with {type(error).__name__}, which is a fault of its code.",
        cure="The log has the trace; please report it.",
        code="internal",
    )
    wrapped.__cause__ = error
    return wrapped
