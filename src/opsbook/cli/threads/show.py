"""Show one thread: who is asked, what was said, what is attached."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from opsbook.app import App
from opsbook.cli._opening import with_app
from opsbook.cli._printing import coloured, console, show


def run(
    thread_id: Annotated[str, typer.Argument(help="the thread's id")],
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object")] = False,
) -> None:
    async def found(app: App) -> dict[str, Any]:
        return app.threads.get(thread_id)

    thread = with_app(found)
    if as_json:
        show(thread, as_json=True)
        return
    out = console()
    out.print(f"[bold]{coloured(thread['title'])}[/] {coloured(thread['type'])} · {coloured(thread['status'])}")
    out.print(f"agent {coloured(thread['primary_agent'])} · for {coloured(', '.join(thread['assignees']) or 'nobody')}")
    for message in thread["messages"]:
        out.print(f"\n[bold]{coloured(message['author'])}[/] {coloured(message['at'])}")
        out.print(coloured(message["body"]))
    for artifact in thread["artifacts"]:
        kept = f"{artifact['type']} · {artifact['status']} · {artifact['id']}"
        out.print(f"\nattached: {coloured(artifact['title'])} ({coloured(kept)})")
