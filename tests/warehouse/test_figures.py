"""Every figure equals the oracle's, on random companies made of edges."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from opsbook.sdk.clock import SteppedClock
from opsbook.warehouse import Warehouse
from warehouse.companies import AS_OF, LAX, company, put_all
from warehouse.comparing import pairs


@settings(max_examples=8, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32))
def test_every_figure_equals_what_plain_python_finds_in_the_rows(seed: int) -> None:
    rows = company(seed)
    with tempfile.TemporaryDirectory() as made:
        warehouse = Warehouse(Path(made) / "warehouse", SteppedClock(AS_OF), contracts=LAX)
        put_all(warehouse, Path(made), rows)
        for name, expected, found in pairs(warehouse, rows):
            assert found == expected, name
