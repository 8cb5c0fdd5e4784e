"""What somebody may try against an approval: each is tried so many times, on a store of its own, and counted."""

from __future__ import annotations

import asyncio
import json
import random
import tempfile
import threading
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus
from zoneinfo import ZoneInfo

from pydantic import SecretStr

from inbox.approving import RUN, Post, approvals_on, approve, question, reject
from inbox.audiences import audience
from opsbook.inbox.amending import Amendments
from opsbook.inbox.approvals import Approvals
from opsbook.inbox.campaigns import Campaigns
from opsbook.inbox.people import People, Person
from opsbook.integrations.slack.client import SlackConfig
from opsbook.integrations.slack.hooks import SlackHook
from opsbook.records.audit import broken_at
from opsbook.records.migrate import migrate
from opsbook.records.store import Store
from opsbook.sdk.clock import Ids, SteppedClock
from opsbook.sdk.errors import CallerMistake
from opsbook.sdk.hook import BadSignature, Delivery

AT = datetime(2026, 11, 24, 15, tzinfo=UTC)
URL = "https://ops.example.com"
LETTERS = 3  # of each campaign

Figure = tuple[str, int]


@dataclass(frozen=True)
class Desk:
    """Approvals on a store. `refused` counts what was refused, by its code."""

    approvals: Approvals
    campaigns: Campaigns
    amendments: Amendments
    post: Post
    chance: random.Random
    folder: Path
    refused: dict[str, int]

    async def step(self, number: int, **more: Any) -> dict[str, Any]:
        return dict(await self.approvals.ask(question(**more), RUN, f"steps/{number}", "leo"))

    async def campaign(self, number: int) -> tuple[dict[str, Any], dict[str, Any]]:
        """(campaign, approval): letters to three recipients that wait for a decision."""
        origin: Any = {"effect_key": f"key_{number}", "run_id": "run_none", "agent": "craig", "as_of": AT}
        offered = type("Offer", (), {"percent": 20.0, "expires_days": 30})()
        for seed in range(number * 50, number * 50 + 50):
            made = await self.campaigns.draft(
                audience(seed, LETTERS), offered, "email", **{**origin, "effect_key": f"key_{seed}"},
                timezone=ZoneInfo("America/New_York"),
            )  # fmt: skip
            if made["status"] == "pending_approval":
                row = self.approvals.rows.about(str(made["campaign_id"]))
                assert row is not None
                return dict(made), row
        raise AssertionError("no audience made a campaign that waits")

    async def counted(self, work: Awaitable[Any]) -> bool:
        """Whether it was taken; a refusal is kept by its code."""
        try:
            await work
        except CallerMistake as error:
            self.refused[error.code] = self.refused.get(error.code, 0) + 1
            return False
        return True

    def audited(self) -> int:
        """Refusals in the audits of all approvals."""
        rows = [self.approvals.get(row["id"]) for row in self.approvals.rows.latest(limit=100_000)]
        return sum(one["event"] == "refused" and bool(one["words"]) for row in rows for one in row["audit"])

    def broken(self) -> int:
        """Audits whose chain does not hold."""
        rows = self.approvals.rows.latest(limit=100_000)
        return sum(broken_at(self.approvals.get(row["id"])["audit"]) is not None for row in rows)


@contextmanager
def desk() -> Iterator[Desk]:
    with tempfile.TemporaryDirectory() as folder:
        store = Store(f"sqlite:///{folder}/a.db")
        migrate(store)
        clock = SteppedClock(AT)
        ids, post = Ids(clock, random.Random(5)), Post()
        approvals = approvals_on(store, clock, ids, people(), {"email": [post]})
        campaigns = Campaigns(store, clock, ids, approvals, "1 Harbor Street", URL, chance=random.Random(3))
        amendments = Amendments(store, approvals, clock)
        try:
            yield Desk(approvals, campaigns, amendments, post, random.Random(7), Path(folder), {})
        finally:
            store.close()


def people() -> People:
    return People(
        {
            "owner": Person("owner", "owner@example.com", "U1", ("owner", "approver")),
            "ops": Person("ops", "ops@example.com", "U2", ("approver",)),
            "guest": Person("guest", "guest@example.com", "U3"),
        }
    )


async def at_once(here: Desk, tries: int) -> list[Figure]:
    """One approves and the other rejects, in two threads with stores of their own, at the same moment."""
    second = Store(f"sqlite:///{here.folder}/a.db")
    there = approvals_on(second, here.approvals.clock, here.approvals.ids, people(), url=None)
    wrong = 0
    for number in range(tries):
        row = await here.step(number)
        barrier = threading.Barrier(2)
        answers = await asyncio.gather(
            *(
                asyncio.to_thread(_decide, barrier, which, row["id"], who, decision)
                for which, who, decision in ((here.approvals, "owner", approve()), (there, "ops", reject()))
            )
        )
        found = here.approvals.get(row["id"])
        wanted = "approved" if answers[0] else "rejected"
        wrong += not (sum(answers) == 1 and len(found["decisions"]) == 1 and found["state"] == wanted)
    second.close()
    return [(f"two approvers at once: of {tries} tries, other than one outcome", wrong)]


def _decide(barrier: threading.Barrier, approvals: Approvals, approval_id: str, who: str, decision: Any) -> bool:
    barrier.wait()
    try:
        asyncio.run(approvals.decide(approval_id, who, decision))
    except CallerMistake:
        return False
    return True


async def edits(here: Desk, tries: int) -> list[Figure]:
    """Letters that somebody edits after the approval, and those that stay as they were."""
    usable = other = 0
    for number in range(tries):
        campaign, row = await here.campaign(number)
        await here.approvals.decide(row["id"], "owner", approve(digest=row["digest"]))
        campaign_id = str(campaign["campaign_id"])
        frozen = here.approvals.approved(campaign_id)
        drafted = {one["contact_id"]: (one["subject"], one["body"], one["recipient"]) for one in campaign["messages"]}
        sent: Any = frozen["messages"]
        other += {one["contact_id"]: (one["subject"], one["body"], one["recipient"]) for one in sent} != drafted
        letter = campaign["messages"][here.chance.randrange(len(campaign["messages"]))]
        await here.amendments.amend(campaign_id, letter["contact_id"], "ops", subject=f"{letter['subject']}!")
        usable += _handed_out(here.approvals, campaign_id)
        usable += await here.counted(here.approvals.decide(row["id"], "owner", approve()))
    return [
        (f"edit after approval: of {tries} tries, campaigns that could still be used", usable),
        (f"approved campaigns of {tries} whose frozen letters are not those that were drafted", other),
    ]


def _handed_out(approvals: Approvals, campaign_id: str) -> bool:
    try:
        approvals.approved(campaign_id)
    except CallerMistake:
        return False
    return True


async def links(here: Desk, tries: int) -> list[Figure]:
    """One genuine link, used again and again; and so many that were made or changed by somebody else."""
    replayed = forged = 0
    row = await here.step(0, quorum=2)
    token = str(await here.approvals.passes.link(row, "ops")).rpartition("/")[2]
    await here.approvals.decide_by_link(token, approve("link"))
    for _ in range(tries):
        replayed += await here.counted(here.approvals.decide_by_link(token, approve("link")))
    for number in range(tries):
        fresh = await here.step(1 + number)
        mine = str(await here.approvals.passes.link(fresh, "owner")).rpartition("/")[2]
        forged += await here.counted(here.approvals.decide_by_link(_changed(mine, here.chance), approve("link")))
    return [
        (f"replayed link: of {tries} tries, decisions that counted again", replayed),
        (f"forged link: of {tries} tries, decisions that counted", forged),
    ]


def _changed(token: str, chance: random.Random) -> str:
    """The link with its proof changed in one place, cut, or made by another key."""
    who, _, proof = token.partition(".")
    place = chance.randrange(len(proof) - 1)
    letter = chance.choice([one for one in "ABCDEFGHIJ" if one != proof[place]])
    return chance.choice([f"{who}.{proof[:place]}{letter}{proof[place + 1 :]}", f"{who}.{proof[:place]}"])


async def buttons(here: Desk, tries: int) -> list[Figure]:
    """Presses that are signed with another secret, too late, or changed after they were signed."""
    hook, read = SlackHook(), 0
    config = SlackConfig(signing_secret=SecretStr("the-secret-of-this-workspace"))
    payload = json.dumps({"type": "block_actions", "user": {"id": "U1"}, "actions": [{"action_id": "opsbook_approve"}]})
    body = f"payload={quote_plus(payload)}".encode()
    now = int(AT.timestamp())
    for _ in range(tries):
        signature = bytes(here.chance.randrange(256) for _ in range(32)).hex()
        at = now + here.chance.choice([0, 0, -301, 301])
        headers = {"x-slack-request-timestamp": str(at), "x-slack-signature": f"v0={signature}"}
        try:
            hook.verify(Delivery(body, {**headers, "content-type": "application/x-www-form-urlencoded"}), config, AT)
        except BadSignature:
            continue
        read += 1
    return [(f"forged button: of {tries} tries, presses that were read", read)]


async def rights(here: Desk, tries: int) -> list[Figure]:
    """Somebody without the role, whoever started the run, whom nobody knows, and the content that was not seen."""
    taken = dict.fromkeys(("no_right", "self_approval", "unknown_person", "other_digest"), 0)
    for number in range(tries):
        row = await here.step(number, to=("approver",))
        own = await here.approvals.ask(question(), {**RUN, "id": f"run_{number}", "actor": "person:ops"}, "s", "leo")
        tried = (
            ("no_right", row["id"], "guest", approve()),
            ("self_approval", own["id"], "ops", approve()),
            ("unknown_person", row["id"], f"agent:{number}", approve()),
            ("other_digest", row["id"], "owner", approve(digest=f"{number:064x}")),
        )
        for code, approval_id, who, decision in tried:
            taken[code] += await here.counted(here.approvals.decide(approval_id, who, decision))
    words = {
        "no_right": "approver without right",
        "self_approval": "self-approval",
        "unknown_person": "somebody unknown",
        "other_digest": "a digest that was not asked about",
    }
    return [(f"{words[code]}: of {tries} tries, decisions that counted", count) for code, count in taken.items()]
