"""The mirror: what it owes to the platform's store, and what the store would not take."""

from __future__ import annotations

from datetime import timedelta

from opsbook.app import App
from opsbook.cli.doctor._finding import Finding

LATE = timedelta(minutes=2)  # a server that is up writes within seconds


def look(app: App) -> list[Finding]:
    """Nothing where no system is told to mirror."""
    if app.mirror is None:
        return []
    lag = app.mirror.lag()
    found = []
    if lag.oldest_at is None:
        found.append(Finding("mirror", "ok", f"everything is written to {app.mirror.target.place}"))
    else:
        late = app.world.clock.now() - lag.oldest_at > LATE
        told = f"{lag.owed} owed to {app.mirror.target.place}, the oldest since {lag.oldest_at:%F %H:%M}Z"
        cure = "Is a server up? `opsbook sync mirror` writes them now and says what is in the way." if late else ""
        found.append(Finding("mirror", "note" if late else "ok", told, cure))
    if lag.refused:
        cure = "The server's log says why, at a line with PlaybookRunner; the records here are whole."
        found.append(Finding("mirror", "note", f"{lag.refused} were refused by the store", cure))
    return found
