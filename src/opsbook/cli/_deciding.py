"""Deciding at the command line: as whom, about what, and what becomes of the run that waited for it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from opsbook.app import App
from opsbook.cli._carrying import to_its_end
from opsbook.cli._opening import with_app
from opsbook.cli._person import at_the_keyboard, proof
from opsbook.cli._printing import coloured, console, show
from opsbook.cli._progress import Progress
from opsbook.cli._runs import exit_code, print_end, record
from opsbook.inbox.approval_views import whole
from opsbook.inbox.deciding import Decision
from opsbook.inbox.people import Person
from opsbook.records.rows import Row


def decide(approval_id: str, named: str | None, decision: Decision, *, wait: bool, as_json: bool) -> int:
    """Decide, say what was decided, and with `wait` follow the run that waited for it to its end.

    The exit code is that of the run where one was followed, else 0.
    """

    async def done(app: App) -> tuple[dict[str, Any], dict[str, Any] | None]:
        row = await _decided(app, approval_id, named, decision)
        run = await _followed(app, row, quiet=as_json) if wait and row["kind"] == "step" else None
        return dict(whole(row, app.approvals.able(row))), run

    approval, run = with_app(done)
    if as_json:
        show({**approval, **({"run": run} if run else {})}, as_json=True)
    else:
        _print(approval)
        if run:
            print_end(run)
    return exit_code(run, strict=False) if run else 0


async def _decided(app: App, approval_id: str, named: str | None, decision: Decision) -> Row:
    known = replace(decision, details=dict(proof(named)))
    who = at_the_keyboard(app.people, named)
    if not isinstance(who, Person):
        await app.approvals.refuse(approval_id, known, who)
        raise who
    return await app.approvals.decide(approval_id, who.name, known)


async def _followed(app: App, approval: Row, *, quiet: bool) -> dict[str, Any] | None:
    run_id = approval["run_id"]
    if approval["state"] == "pending" or app.operations.get(run_id)["state"] == "waiting":
        return None
    with Progress(run_id, quiet=quiet) as progress:
        await to_its_end(app, run_id, progress)
    return dict(record(app, run_id))


def _print(approval: dict[str, Any]) -> None:
    last = approval["decisions"][-1]
    title = coloured(approval["title"])
    console().print(f"{coloured(last['person'])} {last['decision']} {title}. It is {coloured(approval['state'])}.")
    if approval["state"] == "pending":
        agreed = sum(one["decision"] == "approved" for one in approval["decisions"])
        console().print(f"{agreed} of {approval['quorum']} persons have approved it.")
