"""The ASGI app of one deployment: every route in one flat list, behind the gate."""

from __future__ import annotations

from fastapi import APIRouter, FastAPI

from opsbook import __version__
from opsbook.app import App
from opsbook.runs.standing import Standing
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
    exempt = [route for router in OPEN for route in router.routes]
    site.add_middleware(Gate, tokens=app.settings.api_tokens, exempt=exempt)
    return site
