"""See which days' figures are kept, and rebuild the revenue of days that were missed."""

from __future__ import annotations

from opsbook.cli._group import group

verb = group(__name__, __file__, __doc__)
