"""Ask the warehouse for figures: silence, cohorts, segments, who stays, who still orders."""

from __future__ import annotations

from opsbook.cli._group import group

verb = group(__name__, __file__, __doc__)
