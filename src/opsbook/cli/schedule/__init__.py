"""When playbooks are due, and what became of each time."""

from __future__ import annotations

from opsbook.cli._group import group

verb = group(__name__, __file__, __doc__)
