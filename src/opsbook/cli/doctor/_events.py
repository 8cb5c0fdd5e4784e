"""The doors for events: which are open, who listens in vain, and what came in and was not acted on."""

from __future__ import annotations

from datetime import timedelta

from opsbook.app import App
from opsbook.cli.doctor._finding import Finding
from opsbook.runs.inbound import patterns_of

PATIENCE = timedelta(minutes=5)


def look(app: App) -> list[Finding]:
    return [_doors(app), *_closed(app), *_in_vain(app), *_waiting(app)]


def _open(app: App) -> list[str]:
    return sorted(name for name, door in app.inbound.entrances.items() if door.open)


def _doors(app: App) -> Finding:
    names = _open(app)
    return Finding("doors for events", "ok", f"open: {', '.join(names)}" if names else "none is open")


def _closed(app: App) -> list[Finding]:
    """Doors of the settings without a secret. Those of the systems are closed until somebody wants them."""
    return [
        Finding(f"door {name}", "note", "it has no secret and answers 503", f"Set OPSBOOK_HOOK_{name.upper()}_SECRET.")
        for name in sorted(app.settings.hooks)
        if not app.inbound.entrances[name].open
    ]


def _in_vain(app: App) -> list[Finding]:
    """Enabled playbooks that listen to events which no open door tells."""
    names, found = _open(app), []
    for row in app.records.playbooks.all():
        patterns = patterns_of(row["document"]) if row["enabled"] else []
        lost = [pattern for pattern in patterns if pattern.split(".")[0] not in names]
        if lost:
            told = f"it listens to {', '.join(lost)}, which no open door tells"
            found.append(Finding(f"playbook {row['id']}", "note", told, "docs/howto/webhooks.md opens one."))
    return found


def _waiting(app: App) -> list[Finding]:
    late = app.inbound.events.due(app.world.clock.now() - PATIENCE)
    if not late:
        return []
    cure = "Is a server up? `opsbook events list` shows them."
    return [Finding("events", "note", f"{len(late)} or more came in and were not acted on", cure)]
