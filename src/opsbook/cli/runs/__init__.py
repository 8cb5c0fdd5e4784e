"""Look at runs, stop them, try them again, settle their effects."""

from __future__ import annotations

from opsbook.cli._group import group

verb = group(__name__, __file__, __doc__)
