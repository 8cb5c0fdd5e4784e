"""Default deny: every route needs a token unless its route object is exempt, however its path is spelled."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from starlette.responses import PlainTextResponse
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute

from opsbook.web.site import OPEN
from web.serving import API, SECRET, TOKEN, Served

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")


def paths(routes: list[BaseRoute], prefix: str = "") -> Iterator[tuple[BaseRoute, str]]:
    """Every route that there is, those of mounted apps included, with a path that leads to it."""
    for route in routes:
        path = prefix + getattr(route, "path", "")
        if isinstance(route, Mount):
            yield route, f"{path}/anything"
            yield from paths(list(route.routes), path)
        else:
            yield route, path.replace("{", "").replace("}", "")


def exempt() -> list[BaseRoute]:
    return [route for router in OPEN for route in router.routes]


async def test_every_route_refuses_who_has_no_token_except_those_that_are_named(served: Served):
    seen = 0
    for route, path in paths(served.site.router.routes):
        if any(route is one for one in exempt()):
            continue
        for method in METHODS:
            for headers in ({}, {"Authorization": f"Bearer {SECRET}"}, {"Authorization": "Bearer x"}):
                answer = await served.client.request(method, path, headers=headers)
                assert answer.status_code == 401, (method, path)
                assert answer.headers["www-authenticate"] == "Bearer"
        seen += 1
    assert seen >= 12


async def test_what_is_exempt_is_health_and_the_doors_with_a_check_of_their_own():
    doors = ["/api/cron/playbook-runner", "/healthz", "/hooks/hook_id", "/readyz", *["/unsubscribe/token"] * 2]
    mine = "/api/v1/approvals"
    persons = [mine, f"{mine}/approval_id", f"{mine}/approval_id/decision", f"{mine}/approval_id/manifest"]
    links = ["/approvals/token"] * 2
    assert sorted(path for _, path in paths(exempt())) == sorted([*doors, *persons, *links])


async def test_a_route_that_somebody_adds_later_is_closed_too(served: Served):
    async def secret(_: Any) -> PlainTextResponse:
        return PlainTextResponse("secret")

    inner = [Route("/healthz", secret)]
    served.site.router.routes.extend([Route("/new", secret), Mount("/mounted", routes=inner)])
    for path in ("/new", "/mounted", "/mounted/healthz"):
        assert (await served.client.get(path)).status_code == 401
    assert (await served.client.get("/mounted/healthz", headers=API)).text == "secret"


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/runs/",
        "//api/v1/runs",
        "/api/v1//runs",
        "/api/v1/runs;healthz",
        "/healthz/../api/v1/runs",
        "/api/v1/runs/healthz",
        "/x/healthz",
        "/healthz/",
        "/healthz%2f..%2fapi/v1/runs",
        "/api/v1/%72uns",
        "/api%2fv1%2fruns",
        "/openapi.json",
        "/docs",
        "/redoc",
        "/",
        "/nothing",
    ],
)
async def test_no_spelling_of_a_path_leads_around_the_gate(served: Served, path):
    answer = await served.client.get(path)
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_websocket_without_a_token_is_closed_before_it_opens(served: Served):
    async def talk(socket: Any) -> None:
        await socket.accept()

    served.site.router.routes.append(WebSocketRoute("/live", talk))
    for token, first in ((b"", "websocket.close"), (f"Bearer {TOKEN}".encode(), "websocket.accept")):
        assert (await spoken(served, "/live", token))["type"] == first


async def spoken(served: Served, path: str, authorization: bytes) -> dict[str, Any]:
    """The first thing that the server says on a websocket."""
    said: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        said.append(dict(message))

    scope: dict[str, Any] = {
        "type": "websocket",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "scheme": "ws",
        "query_string": b"",
        "headers": [(b"authorization", authorization)] if authorization else [],
        "subprotocols": [],
        "state": {},
        "extensions": {},
    }
    await served.site(scope, receive, send)
    return said[0]


@pytest.mark.parametrize("more_settings", [{"api_token": None}])
async def test_without_a_configured_token_the_api_is_closed_to_everybody(served: Served):
    for headers in ({}, API):
        answer = await served.client.get("/api/v1/runs", headers=headers)
        assert answer.status_code == 503
        assert "OPSBOOK_API_TOKEN" in answer.json()["cure"]
    assert (await served.client.get("/healthz")).status_code == 200


async def test_a_token_in_the_address_opens_nothing(served: Served):
    assert (await served.client.get("/api/v1/runs", params={"token": TOKEN, "access_token": TOKEN})).status_code == 401
