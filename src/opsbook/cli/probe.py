"""Probe systems now: real requests to what is configured. Exit code 1 when one is offline.

A system without configuration is shown as such and is no failure; one named on purpose must exist.
"""

from __future__ import annotations

from typing import Annotated, Any

import typer

from opsbook.app import App
from opsbook.cli._opening import with_app
from opsbook.cli._printing import show_items

verb = typer.Typer()


@verb.command()
def run(
    ids: Annotated[list[str] | None, typer.Argument(help="systems by id; none: all of them")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object")] = False,
) -> int:
    async def probed(app: App) -> list[dict[str, Any]]:
        reports = await app.monitor.check(ids or sorted(app.integrations))
        return [report.as_json() for report in reports]

    items = with_app(probed)
    shown = items if as_json else [_row(item) for item in items]
    columns = ("id", "status", "latency", "last_success_at", "failures", "error")
    show_items(shown, columns, as_json=as_json, title="Systems")
    return 1 if any(item["status"] == "offline" for item in items) else 0


def _row(item: dict[str, Any]) -> dict[str, Any]:
    latency, error = item["latency_ms"], item["error"] or {}
    return {
        **item,
        "latency": None if latency is None else f"{latency:.0f} ms",
        "failures": item["consecutive_failures"] or None,
        "error": " ".join(str(error[key]) for key in ("class", "message") if error.get(key)) or None,
    }
