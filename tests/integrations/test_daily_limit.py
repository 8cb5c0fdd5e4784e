"""A day's limit of our own: counted in the ledger, kept before the vendor keeps it, and shown by the probe."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

import pytest

from integrations.deliveries import NOW, WAYS, Post, Provider, connector_of, post
from opsbook.integrations.configuration import configure
from opsbook.integrations.monitor import Monitor
from opsbook.sdk.errors import InvalidInput
from opsbook.sdk.http import Answer, HttpClient
from opsbook.sdk.integration import ErrorClass, ProbeReport, Status
from opsbook.sdk.testing import FakeSystem, json_answer

MIDNIGHT = NOW.replace(hour=0)


@contextmanager
def limited(per_day: int | None, *refused: Answer) -> Iterator[Post]:
    with post("mailjet", refused) as one:
        one.connector.per_day = per_day  # type: ignore[attr-defined]
        yield one


async def test_what_is_beyond_the_limit_is_refused_before_anybody_is_asked_until_the_next_day_of_utc():
    with limited(2) as one:
        rows = [await one.tell(f"run_{number}") for number in range(3)]
        assert [row["state"] for row in rows] == ["done", "done", "failed"]
        assert (rows[2]["error"], rows[2]["permanent"], one.provider.taken) == ("quota", False, 2)
        one.clock.at = MIDNIGHT + timedelta(days=1)
        assert (await one.tell("run_2"))["state"] == "done"


async def test_the_next_provider_takes_it_and_the_delivery_says_so():
    with limited(1) as one:
        spare = Provider(one.clock, WAYS["ses"].took)
        one.door.connectors = {"email": [one.connector, connector_of(WAYS["ses"], spare, one.clock)]}
        first, second = [await one.tell(f"run_{number}") for number in range(2)]
    assert (first["connector"], second["connector"]) == ("mailjet", "ses")
    assert second["failed_over_from"] == [{"connector": "mailjet", "error": "quota"}]


async def test_what_the_vendor_refused_is_not_counted_and_what_may_have_left_is():
    refused = json_answer({"ErrorIdentifier": "x", "ErrorCode": "mj-0013", "StatusCode": 400}, 400)
    with limited(1, refused, json_answer({})) as one:
        assert (await one.tell("run_1"))["error"] == "mj-0013"
        assert (await one.tell("run_2"))["state"] == "uncertain"
        assert (await one.tell("run_3"))["error"] == "quota"


async def test_many_at_once_do_not_go_beyond_it():
    with limited(5) as one:
        rows = await asyncio.gather(*(one.tell(f"run_{number}") for number in range(20)))
    assert sorted(str(row["state"]) for row in rows) == ["done"] * 5 + ["failed"] * 15
    assert one.provider.taken == 5


async def test_without_a_limit_nothing_is_counted():
    with limited(None) as one:
        assert {(await one.tell(f"run_{number}"))["state"] for number in range(4)} == {"done"}


@dataclass
class NoHistory:
    def states(self) -> list:
        return []

    def record_all(self, reports: list) -> None:
        """Nothing is kept."""


async def probed(used: int, **more: object) -> ProbeReport:
    senders = json_answer({"Data": [{"Email": "ops@example.com", "Status": "Active"}]})
    with post("mailjet", []) as one:
        http = HttpClient(transport=FakeSystem({"*": senders}), clock=one.clock)
        found = configure({"mailjet": {**WAYS["mailjet"].settings, **more}}, {}, http)

        async def at_once(_seconds: float) -> None:
            return None

        monitor = Monitor(found, NoHistory(), one.clock, at_once, taken=lambda way, since: used)
        (report,) = await monitor.check(["mailjet"])
    return report


async def test_the_probe_shows_how_much_of_the_day_is_used():
    report = await probed(150, daily_limit=200)
    assert (report.status, report.observation.quota) == (
        Status.ONLINE,
        {
            "used": 150,
            "limit": 200,
            "used_share": 0.75,
            "resets_at": (MIDNIGHT + timedelta(days=1)).isoformat(),
            "source": "own counter",
        },
    )


async def test_a_day_that_is_used_up_is_degraded_and_the_system_has_answered_all_the_same():
    report = await probed(200, daily_limit=200)
    assert (report.status, report.observation.error_class) == (Status.DEGRADED, ErrorClass.THROTTLED)
    assert report.last_success_at == NOW


async def test_without_a_limit_the_quota_is_not_known():
    assert (await probed(150)).observation.quota is None


@pytest.mark.parametrize("value", [0, -1, "many"])
def test_a_limit_that_is_none_is_refused(value):
    with pytest.raises(InvalidInput) as caught:
        configure({"mailjet": {**WAYS["mailjet"].settings, "daily_limit": value}}, {}, HttpClient())
    assert caught.value.field == "integrations.mailjet.daily_limit"
