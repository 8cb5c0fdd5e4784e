"""Every table, on one `metadata`. Times are RFC 3339 text in UTC, of one width, so that they sort as text."""

from opsbook.records.tables import approvals, events, figures, inbox, mirror, models, playbooks, runs, sendings, systems
from opsbook.records.tables.base import metadata

__all__ = [
    "approvals",
    "events",
    "figures",
    "inbox",
    "metadata",
    "mirror",
    "models",
    "playbooks",
    "runs",
    "sendings",
    "systems",
]
