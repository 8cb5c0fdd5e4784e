"""Show one approval: what it is about, and who may decide."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from opsbook.app import App
from opsbook.cli._opening import with_app
from opsbook.cli._printing import coloured, console, show, show_items
from opsbook.inbox.approval_views import whole
from opsbook.inbox.invitations import commands, until, words_of
from opsbook.sdk.values import JsonObject


def run(
    approval_id: Annotated[str, typer.Argument(help="the approval's id")],
    letters: Annotated[int, typer.Option(min=0, max=500, help="how many letters to print whole")] = 3,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object, with all that is frozen")] = False,
) -> None:
    async def found(app: App) -> tuple[dict[str, Any], JsonObject, JsonObject]:
        row = app.approvals.get(approval_id)
        return row, whole(row, app.approvals.able(row)), app.approvals.frozen(row)

    row, approval, frozen = with_app(found)
    if as_json:
        show({**approval, "manifest": frozen}, as_json=True)
        return
    _print_head(row, approval)
    for text in words_of(frozen, letters):
        console().print(f"\n{coloured(text)}")
    left = len(frozen["messages"]) - letters  # type: ignore[arg-type]
    if left > 0:
        console().print(f"\n{left} more letters: --letters {left + letters}, or --json")
    console().print()
    show_items(approval["audit"], ("at", "event", "person", "via", "words"), as_json=False, title="Audit")  # type: ignore[arg-type]
    if approval["audit_broken_at"] is not None:
        console().print(f"[red]The audit was changed from entry {approval['audit_broken_at']} on.[/]")
    if row["state"] == "pending":
        for command in commands(row["id"]):
            console().print(f"[dim]{coloured(command)}[/]")


def _print_head(row: dict[str, Any], approval: JsonObject) -> None:
    out = console()
    out.print(f"[bold]{coloured(row['title'])}[/] {coloured(row['state'])}")
    if row["reason"]:
        out.print(coloured(row["reason"]))
    out.print(coloured(row["message"]))
    for name, fact in row["facts"].items():
        out.print(f"  {name.replace('_', ' ')}: {coloured(fact)}")
    may: Any = approval["may_decide"]
    more = f", {row['quorum']} of them" if row["quorum"] > 1 else ""
    out.print(f"  may decide: {coloured(', '.join(may) or 'nobody')}{more}")
    if row["state"] == "pending":
        out.print(f"  until: {until(row)}")
    for name, field in row["form"].items():
        wanted = "required" if field.get("required") else f"default {field.get('default')}"
        out.print(f"  form {name}: {field['type']}, {coloured(str(wanted))} {coloured(field.get('description') or '')}")
    out.print(f"  digest: {row['digest']}")
