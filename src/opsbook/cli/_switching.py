"""Switching a playbook on or off: what `enable` and `disable` share."""

from __future__ import annotations

from opsbook.app import App
from opsbook.cli._opening import with_app
from opsbook.cli._printing import show


def switch(playbook_id: str, enabled: bool, *, as_json: bool) -> None:
    """Raises `NotFound`. Safe to repeat."""

    async def switched(app: App) -> None:
        app.operations.enable(playbook_id, enabled)

    with_app(switched)
    told = {"id": playbook_id, "enabled": enabled}
    show(told if as_json else f"{playbook_id} is {'enabled' if enabled else 'disabled'}.", as_json=as_json)
