"""Which store of documents a verb reads or writes, and what to set when there is none."""

from __future__ import annotations

from typing import Any

from opsbook.app import App
from opsbook.sdk.documents import DocumentStore
from opsbook.sdk.errors import PersonNeeded


def store_of(app: App, system: str) -> tuple[DocumentStore, Any]:
    """The documents of a system, and its settings. Raises `PersonNeeded` (`not_configured`), naming what is missing."""
    found = app.integrations[system]
    store = found.documents(app.world.sleep)
    if store is not None:
        return store, found.config
    missing = [name for name, word in found.credential_state().items() if word == "missing"]
    cure = f"Set {', '.join(missing)}: see integrations.{system} in the reference."
    raise PersonNeeded(f"{found.name} is not configured.", cure=cure, code="not_configured")
