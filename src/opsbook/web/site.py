"""The ASGI app of one deployment: every route in one flat list, behind the gate."""

from __future__ import annotations

from fastapi import APIRouter, FastAPI
from starlette.routing import BaseRoute

from opsbook import __version__
from opsbook.app import App
from opsbook.runs.standing import Standing
from opsbook.sdk.errors import PersonNeeded
from opsbook.web.api import approval_links, cron, health, hooks, unsubscribe
from opsbook.web.api.v1 import alerts, approvals, events, playbooks, runs, slots, systems, threads
from opsbook.web.auth.gate import Gate
from opsbook.web.house import House
from opsbook.web.problems import HANDLERS

# Health shows no data; cron brings the check of its secret, hooks their senders' proofs, unsubscribing and the pages of
# approvals a signed link, and approvals ask for the token of a person, or of the API where one only looks.
OPEN: tuple[APIRouter, ...] = (
    health.router,
    cron.router,
    hooks.router,
    unsubscribe.router,
    approval_links.router,
    approvals.router,
)
GUARDED: tuple[APIRouter, ...] = (
    playbooks.router,
    runs.router,
    systems.router,
    alerts.router,
    threads.router,
    slots.router,
    events.router,
)


def create_app(app: App) -> FastAPI:
    """The web of an open app. Whether this process also carries runs out is its caller's affair (`App.serving`)."""
    site = FastAPI(
        title="opsbook",
        version=__version__,
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
        redirect_slashes=False,
        exception_handlers=HANDLERS,
    )
    site.state.house = House(app, Standing(app.records.playbooks, app.catalog))
    for router in (*OPEN, *GUARDED):
        site.router.routes.extend(router.routes)
    own_check = _other_agents(site.state.house)
    site.router.routes.extend(own_check)
    exempt = [*own_check, *(route for router in OPEN for route in router.routes)]
    site.add_middleware(Gate, tokens=app.settings.api_tokens, exempt=exempt)
    return site


def _other_agents(house: House) -> list[BaseRoute]:
    """The door for other agents, where there is somebody to let in. Raises `PersonNeeded` (`missing_extra`)."""
    settings = house.app.settings
    if not settings.mcp.tokens:
        return []
    try:
        from opsbook.web.mcp.door import route  # noqa: PLC0415 the protocol's library takes a second to import
    except ImportError as error:
        raise PersonNeeded(
            "The settings let other agents in, and the package that speaks with them is not installed.",
            cure="Run: pip install 'opsbook[mcp]', or take mcp.tokens out of the settings.",
            code="missing_extra",
        ) from error
    return [route(house, settings.mcp, settings.public_url)]
