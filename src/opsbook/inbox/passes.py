"""Links to approvals: each for one person, one content and one deadline. Opening one shows, and never decides."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime

from opsbook.inbox.deciding import Decision, Ruling, refusal
from opsbook.inbox.signatures import Signer, holder_of
from opsbook.records.approvals import Standing
from opsbook.records.keys import Keys
from opsbook.records.rows import Row
from opsbook.sdk.clock import Clock
from opsbook.sdk.errors import NotAllowed, NotFound
from opsbook.sdk.values import plain

KEY = "approvals"
PATH = "/approvals/"
BAD_LINK = "This link is not one of ours, or a newer one has taken its place."


class Passes:
    """`public_url` is where links lead; without it there are none. `chance` draws the key, once."""

    def __init__(self, keys: Keys, clock: Clock, public_url: str | None, chance: random.Random) -> None:
        self.keys = keys
        self.clock = clock
        self.public_url = (public_url or "").rstrip("/")
        self.chance = chance

    async def link(self, row: Row, person: str) -> str | None:
        """The link of one person to an approval as it stands."""
        if not self.public_url:
            return None
        signer = await self._signer()
        return f"{self.public_url}{PATH}{signer.pass_for(row['id'], person, *_bound(row))}"

    def holder(self, token: str) -> tuple[str, str]:
        """(approval_id, person) that a link names; nothing is proven yet. Raises `NotFound` for what is no link."""
        found = holder_of(token)
        if found is None:
            raise NotFound("This is no link of ours.", cure="Open the link of the newest message, whole.")
        return found

    async def checker(self, token: str) -> Callable[[Row], bool]:
        """Tells whether the link was made for an approval as it stands."""
        signer = await self._signer()
        return lambda row: signer.genuine(token, *_bound(row))

    async def _signer(self) -> Signer:
        return Signer(await self.keys.keep(KEY, self.chance.randbytes(32), self.clock.now()))


def bad_link(standing: Standing, decision: Decision) -> Ruling:
    """The refusal of a link that was not made for this approval as it stands."""
    error = NotAllowed(
        BAD_LINK,
        cure="Open the link of the newest message.",
        code="bad_link",
    )
    return refusal(standing, None, decision, error)


def _bound(row: Row) -> tuple[str, str]:
    deadline: datetime = row["deadline"]
    return row["digest"], str(plain(deadline))
