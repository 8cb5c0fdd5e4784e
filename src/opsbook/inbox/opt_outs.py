"""Addresses that must not be written to again, as others tell us of them: bounces, complaints, unsubscriptions."""

from __future__ import annotations

from opsbook.records.campaigns import Campaigns as CampaignRows
from opsbook.records.store import Store
from opsbook.sdk.clock import Clock


class OptOuts:
    def __init__(self, store: Store, clock: Clock) -> None:
        self.rows = CampaignRows(store)
        self.clock = clock

    async def heard(self, channel: str, address: str, reason: str) -> bool:
        """Never write to this address again; False when that was known. The first reason stands. Safe to repeat."""
        return await self.rows.suppress(channel, address, reason, self.clock.now())
