"""Probe systems now: real requests to what is configured. Exit code 1 when one is offline.

A system without configuration is shown as such and is no failure; one named on purpose must exist.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from opsbook.app import App
from opsbook.cli._opening import with_app
from opsbook.cli._printing import console, show_items

verb = typer.Typer()
WELL = ("online", "degraded")


@verb.command()
def run(
    ids: Annotated[list[str] | None, typer.Argument(help="systems by id; none: all of them")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object")] = False,
) -> int:
    async def probed(app: App) -> list[dict[str, Any]]:
        reports = await app.monitor.check(ids or sorted(app.integrations))
        return [report.as_json() for report in reports]

    items = with_app(probed)
    if as_json:
        show_items(items, (), as_json=True)
    else:
        _print(items, whole=bool(ids))
    return 1 if any(item["status"] == "offline" for item in items) else 0


def _print(items: list[dict[str, Any]], *, whole: bool) -> None:
    """A row for each system that has settings; those without are named in one line, unless they were asked for."""
    bare = [] if whole else [str(item["id"]) for item in items if item["status"] == "not_configured"]
    shown = [_row(item) for item in items if item["id"] not in bare]
    if shown:
        columns = ("status", "id", "latency", "last_success", "error")
        show_items(shown, columns, as_json=False, title="Systems", under={"last_success": "id"})
    if bare:
        console().print(f"Not configured: {', '.join(bare)}.")


def _row(item: dict[str, Any]) -> dict[str, Any]:
    """What people read of one system: its last success only when it is not now, failures with their number."""
    latency, error, since = item["latency_ms"], item["error"] or {}, item["last_success_at"]
    told = " ".join(str(error[key]) for key in ("class", "message") if error.get(key))
    failures = item["consecutive_failures"] or 0
    return {
        **item,
        "last_success": datetime.fromisoformat(since).astimezone(UTC) if since and item["status"] not in WELL else None,
        "latency": None if latency is None else f"{latency:.0f} ms",
        "error": f"{told} {failures} failures in a row." if failures > 1 else told,
    }
