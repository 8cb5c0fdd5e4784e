"""What a deployment sets, read once, at the edge, into one typed class.

One file, `opsbook.toml` in the working directory (or where `OPSBOOK_CONFIG` says), and the environment, which wins.
A text in either can be a reference such as `sm://CRON_SECRET`: what is behind it is fetched at the edge, and what
nobody fetched counts as not given. Secrets print as stars; an unsafe value refuses to start and says how to fix it.

A new setting is a field with its description in `model`, and a line in `reading.ENVIRONMENT` when the environment can
give it. A section that one room understands is a class of that room; what belongs to none is in `sections`. A kind of
value that several settings share is in `checks`. It may lean on what the rooms below say of their sections.
"""

from __future__ import annotations

from opsbook.settings.model import Settings
from opsbook.settings.reading import (
    ENVIRONMENT,
    SAMPLE_HOME,
    read_settings,
    read_values,
    settings_of,
    settings_path,
)
from opsbook.settings.sections import ApprovalSettings, MaintenanceSettings, PersonSettings

__all__ = [
    "ENVIRONMENT",
    "SAMPLE_HOME",
    "ApprovalSettings",
    "MaintenanceSettings",
    "PersonSettings",
    "Settings",
    "read_settings",
    "read_values",
    "settings_of",
    "settings_path",
]
