"""Measure how well reports and letters are written."""

from __future__ import annotations

from opsbook.cli._group import group

verb = group(__name__, __file__, __doc__)
