"""What a verb reads of a system or writes to it, and what to set when that is not configured."""

from __future__ import annotations

from typing import Any

from opsbook.app import App
from opsbook.sdk.documents import DocumentStore
from opsbook.sdk.errors import PersonNeeded
from opsbook.sdk.feeds import Feed
from opsbook.sdk.integration import Integration


def store_of(app: App, system: str) -> tuple[DocumentStore, Any]:
    """The documents of a system, and its settings. Raises `PersonNeeded` (`not_configured`), naming what is missing."""
    found = app.integrations[system]
    store = found.documents(app.world.sleep)
    if store is None:
        raise _not_configured(found, system)
    return store, found.config


def feed_of(app: App, system: str, name: str) -> tuple[Feed, Any]:
    """The records of that name that a system tells of, and its settings. Raises as `store_of`."""
    found = app.integrations[system]
    feed = found.feed(name, app.world.sleep)
    if feed is None:
        raise _not_configured(found, system)
    return feed, found.config


def _not_configured(found: Integration[Any], system: str) -> PersonNeeded:
    missing = [name for name, word in found.credential_state().items() if word == "missing"]
    cure = f"Set {', '.join(missing)}: see integrations.{system} in the reference."
    return PersonNeeded(f"{found.name} is not configured.", cure=cure, code="not_configured")
