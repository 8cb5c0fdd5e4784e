"""What the verbs that steer a campaign share: who does it, and what is said afterwards."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from opsbook.app import App
from opsbook.cli._opening import with_app
from opsbook.cli._person import at_the_keyboard
from opsbook.cli._printing import coloured, console, show
from opsbook.inbox.people import Person


def steer(campaign_id: str, named: str | None, move: Callable[[App, str], Awaitable[None]], *, as_json: bool) -> None:
    """Make the move as a person of the settings, and say where the campaign stands then."""

    async def done(app: App) -> dict[str, Any]:
        who = at_the_keyboard(app.people, named)
        if not isinstance(who, Person):
            raise who
        await move(app, who.name)
        campaign = app.campaigns.get(campaign_id)
        sending = await app.steering.progress(campaign_id)
        return {"id": campaign_id, "name": campaign["name"], "status": campaign["status"], "sending": sending}

    found = with_app(done)
    if as_json:
        show(found, as_json=True)
    else:
        console().print(f"{coloured(found['name'])} is [bold]{coloured(found['status'])}[/].")
