"""Systems made from settings, as a deployment makes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from integrations.samples import SAMPLES
from opsbook.integrations.catalog import one_of
from opsbook.integrations.configuration import configure_one
from opsbook.sdk.clock import SteppedClock
from opsbook.sdk.http import HttpClient
from opsbook.sdk.integration import Integration
from opsbook.sdk.testing import FakeSystem, Scripted

Make = Callable[..., tuple[Integration[Any], FakeSystem]]


@pytest.fixture
def clock() -> SteppedClock:
    return SteppedClock(datetime(2026, 11, 24, 9, tzinfo=UTC))


@pytest.fixture
def make(clock: SteppedClock) -> Make:
    """One system with its sample settings (and others on top), in front of a network that answers as scripted."""

    def made(key: str, answers: Mapping[str, Scripted] | None = None, **more: Any) -> Any:
        desk = FakeSystem(SAMPLES[key].good if answers is None else answers)
        http = HttpClient(transport=desk, clock=clock, most_bytes=100_000)
        settings = {name: value for name, value in {**SAMPLES[key].settings, **more}.items() if value is not None}
        return configure_one(one_of(key), settings, {}, http), desk

    return made
