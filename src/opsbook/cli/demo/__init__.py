"""Show it all on a sample company.

A year of its data is loaded, the four playbooks run once each, and what they found is printed. Everything is invented
and nothing leaves this machine. The home folder stays, so that other verbs can look into it.
"""

# What lives here: `company` (the generator), `endpoints`, `answers` and `mailbox` (the systems around it), `world`
# (settings), `past`, `story` (what happens), `shows` (how it is told). May lean on everything; nothing leans on it.

from __future__ import annotations

import asyncio
import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from opsbook.app import App, open_app, the_world
from opsbook.cli._printing import show
from opsbook.cli.demo import shows
from opsbook.cli.demo.company import Company, make_company
from opsbook.cli.demo.home import prepare
from opsbook.cli.demo.past import remember
from opsbook.cli.demo.story import load, publish, run_each
from opsbook.cli.demo.world import Systems, sample_systems, settings_file, settings_for
from opsbook.inbox.approval_views import whole
from opsbook.records.unreachable import in_words
from opsbook.sdk.values import JsonObject, plain
from opsbook.settings import SAMPLE_HOME, Settings, settings_path

verb = typer.Typer()

GOOD_STATES = frozenset({"succeeded", "partial"})


@dataclass(frozen=True)
class Demo:
    """What is asked for, and who is told: people, or a program that wants one JSON object at the end."""

    home: Path
    seed: int
    keep: bool
    serve: bool
    as_json: bool

    def say(self, text: str) -> None:
        if not self.as_json:
            shows.said(text)

    def head(self, text: str) -> None:
        if not self.as_json:
            shows.heading(text)


@verb.command()
def run(
    home: Annotated[Path, typer.Option(help="folder of the sample platform; made afresh")] = SAMPLE_HOME,
    seed: Annotated[int, typer.Option(min=0, help="another number is another company")] = 7,
    keep: Annotated[bool, typer.Option("--keep", help="go on in the home of last time")] = False,
    serve: Annotated[bool, typer.Option("--serve", help="keep the sample systems up afterwards")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object")] = False,
) -> int:
    demo = Demo(home, seed, keep, serve, as_json)
    prepare(home, keep=keep)
    try:
        with in_words():
            return asyncio.run(_play(demo))
    except KeyboardInterrupt:
        return 0 if serve else 130


async def _play(demo: Demo) -> int:
    async with sample_systems(demo.home, demo.seed) as systems:
        settings = settings_for(demo.home, systems)
        config = demo.home / "opsbook.toml"
        config.write_text(settings_file(settings, systems=demo.serve), encoding="utf-8")
        async with open_app(settings, the_world(settings, environment={})) as app:
            told = await _told(demo, app, systems)
        good = all(run["state"] in GOOD_STATES for run in told)
        if demo.serve:
            demo.say("\nThe sample systems stay up until Ctrl-C.")
            await asyncio.Event().wait()
    return 0 if good else 1


async def _told(demo: Demo, app: App, systems: Systems) -> list[dict[str, Any]]:
    as_of = app.world.clock.now().replace(microsecond=0)
    company = make_company(demo.seed, as_of)
    demo.say(f"A sample company, everything in it invented (seed {demo.seed}), as of {as_of:%Y-%m-%d %H:%M} UTC.")
    loaded = await asyncio.to_thread(load, app, company, demo.home / "files")
    probes, days = await remember(app, as_of, demo.seed)
    ids = publish(app)
    if not demo.as_json:
        shows.print_loaded(loaded)
    demo.say(f"Given a past: {probes} probes, {days} days of revenue rebuilt. Published {len(ids)} playbooks.")
    runs = await run_each(app, ids, as_of, quiet=demo.as_json, tell=demo.head)
    if demo.as_json:
        show(_as_json(demo, app, systems, as_of, loaded, runs), as_json=True)
    else:
        _print(demo, app, systems, company, runs)
    return runs


def _print(demo: Demo, app: App, systems: Systems, company: Company, runs: list[dict[str, Any]]) -> None:
    shows.heading("How the runs ended")
    for run in runs:
        shows.print_run(run)
    reports = shows.reports_of(runs)
    for text, title in reports.items():
        shows.print_report(title.capitalize(), text)
    names = {row["id"]: row["name"] for row in company.rows["organizations"]}
    for thread in threads_of(app, runs):
        shows.print_thread(thread, reports)
        if thread["campaign_id"]:
            shows.print_campaign(app.campaigns.get(thread["campaign_id"]), names)
            asked = app.approvals.rows.about(thread["campaign_id"])
            if asked is not None:
                shows.print_approval(asked, [one.name for one in app.approvals.able(asked)])
    shows.print_deliveries(runs, systems.mailbox.letters, demo.home)
    shows.print_verdict(runs)
    _print_where(demo, app.settings, runs)


def threads_of(app: App, runs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The threads that the runs wrote to, with their messages, once each."""
    found = {row["id"]: row for run in runs for row in app.threads.latest(run_id=run["id"])}
    return [app.threads.get(thread_id) for thread_id in found]


def _print_where(demo: Demo, settings: Settings, runs: list[dict[str, Any]]) -> None:
    shows.heading("Where to look")
    config = demo.home / "opsbook.toml"
    if settings_path(os.environ) != config:  # something else is what the verbs would read here
        shows.said(f"export OPSBOOK_CONFIG={shlex.quote(str(config))}")
    words = (f"runs show {runs[0]['id']}", "runs list", "threads list", "alerts list", "approvals list", "up")
    for line in words:
        shows.said(f"opsbook {line}")
    shows.said("In a clone of the repository: `.venv/bin/opsbook`, and `make up`.")
    if not demo.serve:
        shows.said("The sample systems have gone; `opsbook demo --serve` keeps them up for runs of your own.")


def _as_json(
    demo: Demo, app: App, systems: Systems, as_of: datetime, loaded: Mapping[str, Any], runs: list[dict[str, Any]]
) -> JsonObject:
    threads = threads_of(app, runs)
    bad, dark = shows.shortfalls(runs)
    waiting = app.approvals.rows.latest(state="pending")
    return {
        "home": str(demo.home),
        "seed": demo.seed,
        "as_of": plain(as_of),
        "loaded": {table: report.loaded for table, report in loaded.items()},
        "runs": plain(runs),
        "threads": plain(threads),
        "campaigns": [app.campaigns.get(one["campaign_id"]) for one in threads if one["campaign_id"]],
        "approvals": plain([whole(app.approvals.get(row["id"]), app.approvals.able(row)) for row in waiting]),
        "mail": [
            {"to": list(one.to), "subject": one.subject, "file": str(one.file)} for one in systems.mailbox.letters
        ],
        "slack": plain(systems.endpoints.posts),
        "not_met": list(bad),
        "not_measured": list(dark),
    }
