"""A warehouse in a folder of its own, with a clock that stands at the companies' moment."""

from __future__ import annotations

from pathlib import Path

import pytest

from opsbook.sdk.clock import SteppedClock
from opsbook.warehouse import Warehouse
from warehouse.companies import AS_OF, LAX


@pytest.fixture
def clock() -> SteppedClock:
    return SteppedClock(AS_OF)


@pytest.fixture
def warehouse(tmp_path: Path, clock: SteppedClock) -> Warehouse:
    return Warehouse(tmp_path / "warehouse", clock, contracts=LAX)
