"""Planned maintenance: when nobody is to be alarmed about a system. Probes go on, and say that it is maintained."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from difflib import get_close_matches

from opsbook.sdk.errors import InvalidInput
from opsbook.sdk.integration import MaintenanceWindow


class Maintenance:
    """The windows of a deployment. Raises `InvalidInput` for one whose system is not among `known`."""

    def __init__(self, windows: Sequence[MaintenanceWindow], known: Collection[str]) -> None:
        for window in windows:
            if window.system not in known:
                near = get_close_matches(window.system, known, n=1)
                raise InvalidInput(
                    f"A maintenance window names {window.system}, which is no system.",
                    field="maintenance.system",
                    cure=f"Did you mean {near[0]}?" if near else f"There are: {', '.join(sorted(known))}.",
                )
        self.windows = tuple(windows)

    def of(self, system: str, at: datetime) -> MaintenanceWindow | None:
        """The window that the system is in; of several the one that ends last."""
        inside = [one for one in self.windows if one.system == system and one.start <= at < one.until]
        return max(inside, key=lambda one: one.until, default=None)
