"""The settings: where they come from and which secrets are there."""

from __future__ import annotations

import os
from collections.abc import Mapping

from opsbook.cli.doctor._finding import Finding
from opsbook.settings import Settings, settings_path

WRITE = "`opsbook config example > opsbook.toml` writes one with everything explained."
SECRETS = {
    "cron_secret": ("CRON_SECRET", "the cron door answers 503 without it"),
    "cron_secret_previous": ("CRON_SECRET_PREVIOUS", "only needed while a secret is rotated"),
    "api_token": ("OPSBOOK_API_TOKEN", "the REST API answers 503 without it"),
    "anthropic_api_key": ("ANTHROPIC_API_KEY", "reports are written by the deterministic renderer without a model"),
    "gemini_api_key": ("GEMINI_API_KEY", "the fallback when Claude does not answer"),
}


def file(environment: Mapping[str, str]) -> list[Finding]:
    """Which file the settings are read from."""
    path = settings_path(environment)
    if os.path.lexists(path):
        return [Finding("settings file", "ok", str(path))]
    if environment.get("OPSBOOK_CONFIG"):
        return [Finding("settings file", "bad", f"{path} does not exist", "Correct OPSBOOK_CONFIG.")]
    return [Finding("settings file", "note", "none: the environment and defaults count", WRITE)]


def look(settings: Settings) -> list[Finding]:
    """Each secret as present or missing, the people, the home."""
    found = []
    for name, (variable, without) in SECRETS.items():
        if getattr(settings, name) is not None:
            found.append(Finding(variable, "ok", "present"))
        else:
            found.append(Finding(variable, "note", f"missing: {without}"))
    if not settings.people:
        cure = "Add [people.owner] with an email to the settings file."
        found.append(Finding("people", "note", "nobody is named, so nobody is told", cure))
    else:
        found.append(Finding("people", "ok", ", ".join(sorted(settings.people))))
    return found
