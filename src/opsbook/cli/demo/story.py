"""What the demo does, in order: the data in, the history, the playbooks published, each of them run once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from opsbook.app import App
from opsbook.cli._progress import Progress
from opsbook.cli._runs import record
from opsbook.cli.demo.company import Company
from opsbook.cli.seed import seed
from opsbook.runs.acceptance import Request
from opsbook.runs.segment import OVER
from opsbook.sdk.errors import NeverWorks
from opsbook.warehouse.report import LoadReport

RUN_SECONDS = 120.0  # the longest that one playbook may take here


Tell = Callable[[str], None]


def load(app: App, company: Company, folder: Path) -> dict[str, LoadReport]:
    """Write the company's files and load every one. Raises `NeverWorks` when a row of it is refused."""
    loaded = {table: app.warehouse.load(table, path, replace_all=True) for table, path in company.write(folder).items()}
    refused = {table: report.rejected for table, report in loaded.items() if report.rejected}
    if refused:
        raise NeverWorks(f"Rows of the sample company were refused: {refused}.", code="bad_sample")
    return loaded


def publish(app: App) -> list[str]:
    """The suite's playbooks, those that are missing; answers the ids of all of them."""
    return [str(row["id"]) for row in seed(app)]


async def run_each(app: App, ids: Sequence[str], as_of: datetime, *, quiet: bool, tell: Tell) -> list[dict[str, Any]]:
    """Run the playbooks one after the other, as of the same moment; answers their records."""
    records = []
    async with app.working():
        for playbook_id in ids:
            tell(playbook_id)
            records.append(await run_one(app, playbook_id, as_of, quiet=quiet))
    return records


async def run_one(app: App, playbook_id: str, as_of: datetime, *, quiet: bool) -> dict[str, Any]:
    """One run to its end, told while it goes. Raises `NeverWorks` when it takes too long."""
    request = Request(playbook_id, actor="demo", as_of=as_of)
    accepted = await app.operations.start(request)
    run_id = accepted.run["id"]
    with (
        Progress(run_id, quiet=quiet) as progress,
        app.operations.bus.listening(progress.hear, closely=progress.lively),
    ):
        row = await app.operations.ended(run_id, RUN_SECONDS)
        progress.read(app.records.runs.steps(run_id))
    if row["state"] not in OVER:
        raise NeverWorks(f"{playbook_id} did not end within {RUN_SECONDS:g} s.", code="too_slow")
    return record(app, run_id)
