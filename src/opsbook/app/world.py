"""What surrounds a deployment and what a test may replace: time, chance, the network, the engine."""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from opsbook.app.tracing import tracer_of
from opsbook.records.store import Store
from opsbook.runs.engine import Engine
from opsbook.sdk.clock import Clock, SystemClock
from opsbook.sdk.http import HttpClient
from opsbook.sdk.tracing import UNTRACED, Tracer
from opsbook.settings import Settings

Sleep = Callable[[float], Awaitable[None]]
MakeEngine = Callable[[Store, Clock], Engine]


@dataclass(frozen=True)
class World:
    """What a test may replace: time, chance, the network, the engine, what the environment says, who traces."""

    clock: Clock
    sleep: Sleep
    chance: random.Random
    http: HttpClient
    make_engine: MakeEngine
    environment: Mapping[str, str]
    tracer: Tracer = UNTRACED


def the_world(settings: Settings, **replaced: Any) -> World:
    """The real one, but for what is replaced."""
    clock = replaced.get("clock") or SystemClock()
    return World(
        clock,
        replaced.get("sleep") or asyncio.sleep,
        replaced.get("chance") or random.SystemRandom(),
        replaced.get("http") or HttpClient(allow_loopback=settings.allow_loopback, clock=clock),
        replaced.get("make_engine") or _durable_engine,
        replaced.get("environment", os.environ),
        replaced.get("tracer") or tracer_of(settings, replaced.get("environment", os.environ)),
    )


def _durable_engine(store: Store, clock: Clock) -> Engine:
    from opsbook.runs.durable import DurableEngine  # noqa: PLC0415 the engine's library takes a second to import

    return DurableEngine(store, clock)
