"""A house on each engine, as in the tests of runs, whose work is told to a tracer."""

from __future__ import annotations

from runs.conftest import house, template  # noqa: F401 fixtures
