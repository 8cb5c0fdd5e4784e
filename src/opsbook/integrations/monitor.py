"""Asks systems how they are, all at once, and keeps what it found."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from difflib import get_close_matches
from typing import Any, Protocol

from opsbook.integrations._settling import UP, Standing, settle
from opsbook.integrations._shares import Share, Taken, shares, with_share
from opsbook.integrations._verdicts import verdict_of
from opsbook.integrations.maintenance import Maintenance
from opsbook.records.rows import Row
from opsbook.sdk.clock import Clock
from opsbook.sdk.errors import NotFound, OpsbookError
from opsbook.sdk.integration import ErrorClass, Integration, MaintenanceWindow, Observation, ProbeReport, Status

LIMIT_SECONDS = 5.0  # of one probe, with everything that it asks
CONFIRM_SECONDS = 2.0  # between a failed probe and the one that confirms it
AT_ONCE = 16

Sleep = Callable[[float], Awaitable[None]]


class History(Protocol):
    """What the monitor asks of the records: `records.probes.Probes` is one."""

    def states(self) -> list[Row]: ...

    def record_all(self, reports: Sequence[ProbeReport]) -> None: ...


@dataclass(frozen=True)
class _Found:
    """What one system's probes found, and after how many of them."""

    observation: Observation
    at: datetime
    attempts: int


class Monitor:
    """Probes systems. `sleep` waits between a failure and its confirmation; time limits are in real time.

    `taken` counts what a way out took since a moment: the quota of a system whose settings limit its day.
    """

    def __init__(
        self,
        integrations: Mapping[str, Integration[Any]],
        probes: History,
        clock: Clock,
        sleep: Sleep,
        *,
        windows: Sequence[MaintenanceWindow] = (),
        taken: Taken | None = None,
        limit_seconds: float = LIMIT_SECONDS,
        at_once: int = AT_ONCE,
    ) -> None:
        self.integrations = integrations
        self.probes = probes
        self.clock = clock
        self.sleep = sleep
        self.maintenance = Maintenance(windows, integrations)
        self.taken = taken
        self.limit_seconds = limit_seconds
        self.at_once = at_once

    async def check(self, ids: Sequence[str]) -> list[ProbeReport]:
        """One report for each id, in the order asked; every one is stored before this returns.

        A system is `offline` only when a second probe after 2 s failed too, and when its settings' `offline_after`
        checks in a row found it so; while it is held back, `observed` says what was found. Never raises for what a
        system does, and a bug in one probe is that system's `unknown`. Raises `NotFound` for an id that no system has.
        """
        wanted = list(dict.fromkeys(self.known(ids)))
        places = asyncio.Semaphore(self.at_once)
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._confirmed(self.integrations[key], places)) for key in wanted]
        states = {row["integration"]: row for row in await asyncio.to_thread(self.probes.states)}
        used = await asyncio.to_thread(shares, self.integrations, wanted, self.taken, self.clock.now())
        reports = {
            key: self._report(self.integrations[key], task.result(), states.get(key), used.get(key))
            for key, task in zip(wanted, tasks, strict=True)
        }
        await asyncio.to_thread(self.probes.record_all, list(reports.values()))
        return [reports[key] for key in ids]

    def known(self, ids: Sequence[str]) -> Sequence[str]:
        """The same ids. Raises `NotFound` for one that no system has."""
        for key in ids:
            if key not in self.integrations:
                near = get_close_matches(key, self.integrations, n=1)
                raise NotFound(
                    f"There is no integration {key}.",
                    cure=f"Did you mean {near[0]}?" if near else f"There are: {', '.join(self.integrations)}.",
                    code="no_integration",
                )
        return ids

    async def _confirmed(self, system: Integration[Any], places: asyncio.Semaphore) -> _Found:
        if not system.configured:
            return _Found(Observation(Status.NOT_CONFIGURED, message=_missing(system)), self.clock.now(), 0)
        async with places:
            seen = await self._observed(system)
        if seen.status is not Status.OFFLINE:
            return _Found(seen, self.clock.now(), 1)
        await self.sleep(CONFIRM_SECONDS)
        async with places:
            seen = await self._observed(system)
        return _Found(seen, self.clock.now(), 2)

    async def _observed(self, system: Integration[Any]) -> Observation:
        """One probe inside its time limit, with its latency judged."""
        began = self.clock.monotonic()
        probe = asyncio.ensure_future(system.probe())
        try:
            await asyncio.wait({probe}, timeout=self.limit_seconds)
        finally:
            late = probe.cancel()
        if late:
            await asyncio.wait({probe}, timeout=self.limit_seconds)
            said = f"It did not answer within {self.limit_seconds:g} s."
            return Observation(Status.OFFLINE, None, ErrorClass.TIMEOUT, said)
        error = asyncio.CancelledError() if probe.cancelled() else probe.exception()
        if isinstance(error, OpsbookError):
            return verdict_of(error)
        if error is not None:
            # What a bug says could repeat a secret; its kind is enough to find it.
            return Observation(Status.UNKNOWN, None, None, f"The probe itself broke: {type(error).__name__}.")
        return _judged(probe.result(), (self.clock.monotonic() - began) * 1000, slow_after_ms(system))

    def _report(self, system: Integration[Any], found: _Found, state: Row | None, used: Share | None) -> ProbeReport:
        seen = found.observation
        last = state["last_success_at"] if state else None
        if seen.status in UP and seen.error_class is not ErrorClass.THROTTLED:
            last = found.at
        seen = with_share(seen, used)
        status, now = settle(Standing.of(state), seen.status, *thresholds(system))
        return ProbeReport(
            system.id,
            system.name,
            seen,
            found.at,
            last,
            now.failures,
            found.attempts,
            now.successes,
            held=status if status is not seen.status else None,
            settled=now.settled,
            maintenance=self.maintenance.of(system.id, found.at),
        )


def slow_after_ms(system: Integration[Any]) -> float:
    """From which latency on a system counts as slow: the settings' figure, or the system's own."""
    chosen = getattr(system.config, "slow_after_ms", None)
    return float(chosen or system.slow_after_ms)


def thresholds(system: Integration[Any]) -> tuple[int, int]:
    """After how many failed checks in a row a system is offline, and after how many good ones online again."""
    return int(getattr(system.config, "offline_after", 1)), int(getattr(system.config, "online_after", 1))


def _judged(seen: Observation, took_ms: float, slow_ms: float) -> Observation:
    """With a latency, which is the request's own or else that of the whole probe; beyond the threshold it is slow."""
    if seen.latency_ms is None and seen.status is Status.ONLINE:
        seen = replace(seen, latency_ms=took_ms)
    if seen.status is Status.ONLINE and seen.latency_ms is not None and seen.latency_ms > slow_ms:
        said = f"It took {seen.latency_ms:.0f} ms; up to {slow_ms:.0f} ms is well."
        return replace(seen, status=Status.DEGRADED, error_class=ErrorClass.SLOW, message=said)
    return seen


def _missing(system: Integration[Any]) -> str:
    names = [name for name, word in system.credential_state().items() if word == "missing"]
    return f"Missing: {', '.join(names)}." if names else ""
