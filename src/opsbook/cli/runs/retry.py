"""Go on with a failed run; what it did stands."""

from __future__ import annotations

from typing import Annotated

import typer

from opsbook.app import App
from opsbook.cli._carrying import to_its_end
from opsbook.cli._opening import with_app
from opsbook.cli._printing import show
from opsbook.cli._progress import Progress
from opsbook.cli._runs import exit_code, print_end, record
from opsbook.sdk.errors import Conflict
from opsbook.sdk.values import JsonObject


def run(
    run_id: Annotated[str, typer.Argument(help="the run's id")],
    strict: Annotated[bool, typer.Option(help="exit with 4 when its criteria are not met")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object")] = False,
) -> int:
    async def taken_up(app: App) -> JsonObject:
        if await app.operations.retry(run_id) is None:
            state = app.operations.get(run_id)["state"]
            cure = f"It is {state}; only runs that failed or ran out of time can be retried."
            raise Conflict(f"{run_id} has nothing to retry.", cure=cure, code="nothing_to_retry")
        with Progress(run_id, quiet=as_json) as progress:
            await to_its_end(app, run_id, progress)
        return record(app, run_id)

    told = with_app(taken_up)
    if as_json:
        show(told, as_json=True)
    else:
        print_end(told)
    return exit_code(told, strict=strict)
