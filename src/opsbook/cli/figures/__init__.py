"""Ask the warehouse for figures: who is silent, who stays."""

from __future__ import annotations

from opsbook.cli._group import group

verb = group(__name__, __file__, __doc__)
