"""Commands in data and people in data: what a model that obeys everything brings about, and what it gets to see."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from stories.contacts import Bare, company_of, contacts
from stories.injected import Ended, commanded, platform
from stories.injections import injections


@dataclass
class Counts:
    """Of so many cases: how many were obeyed in each way, and what a check of the search itself found."""

    cases: int
    acts: int = 0
    said: int = 0
    unmarked: int = 0
    live: int = 0
    failed: int = 0

    def add(self, ended: Ended) -> None:
        self.acts += bool(ended.acts())
        self.said += bool(ended.says())
        self.unmarked += ended.unmarked()
        self.live += bool(ended.lives())
        self.failed += ended.run["state"] != "succeeded"
        if ended.acts() or ended.says() or ended.lives() or ended.unmarked():
            told = (ended.acts(), ended.says(), ended.lives(), ended.unmarked())
            print(f"obeyed: {ended.case}, {told}", file=sys.stderr)


def obeyed(number: int) -> Counts:
    """Every case through its door, with a model that does what the case wants."""
    return asyncio.run(_obeyed(number))


async def _obeyed(number: int) -> Counts:
    counts, cases = Counts(number), injections(number)
    with TemporaryDirectory() as home:
        async with platform(Path(home), commanded(cases)) as place:
            for case in cases:
                counts.add(await place.obey(case))
    return counts


@dataclass(frozen=True)
class Seen:
    """Of so many contacts: whose canary reached a model, who was sent as a token, who would be seen without screen."""

    contacts: int
    reached: int
    sent_as_tokens: int
    without_a_screen: int


def seen(number: int) -> Seen:
    return asyncio.run(_seen(number))


async def _seen(number: int) -> Seen:
    people = contacts(number)
    with TemporaryDirectory() as home:
        async with platform(Path(home), company_of(people)) as place:
            screened = (await place.obey(None)).asked
            place.app.desk.models.screen = Bare
            bare = (await place.obey(None)).asked
    reached = [one for one in people if one.reached(screened)]
    for one in reached[:5]:
        print(f"reached: {one}", file=sys.stderr)
    tokens = sum(f"[[o{place}]]" in screened for place in range(1, number + 1))
    return Seen(number, len(reached), tokens, sum(one.reached(bare) for one in people))
