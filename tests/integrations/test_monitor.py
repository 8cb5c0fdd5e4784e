"""The monitor: all at once, in the order asked, confirmed, counted, and never brought down by one system."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from opsbook.integrations.monitor import Monitor
from opsbook.records.probes import Probes
from opsbook.records.store import Store
from opsbook.records.tables import metadata
from opsbook.sdk.clock import SteppedClock
from opsbook.sdk.errors import NotFound, PersonNeeded
from opsbook.sdk.http import HttpClient
from opsbook.sdk.integration import ErrorClass, Integration, IntegrationConfig, Observation, Status

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
ONLINE = Observation(Status.ONLINE, 12.0)
DOWN = Observation(Status.OFFLINE, None, ErrorClass.NETWORK, "No connection.")
THROTTLED = Observation(Status.DEGRADED, 9.0, ErrorClass.THROTTLED, "It limits us.")


class Sample(Integration[IntegrationConfig]):
    """Plays its observations in turn, the last one for ever; an exception is a bug of the probe."""

    id, name, kind = "sample", "Sample", "integration"
    Config = IntegrationConfig

    def __init__(self, key, *plays, configured=True):
        super().__init__(IntegrationConfig() if configured else None, HttpClient())
        self.id, self.name, self.plays, self.asked = key, key.title(), list(plays), 0

    async def probe(self):
        self.asked += 1
        play = self.plays[min(self.asked, len(self.plays)) - 1]
        if isinstance(play, BaseException):
            raise play
        return await play() if callable(play) else play

    def credential_state(self):
        return {"SAMPLE_KEY": "missing"}


class Sleeper:
    def __init__(self, clock):
        self.clock, self.slept = clock, []

    async def __call__(self, seconds):
        self.slept.append(seconds)
        self.clock.forward(timedelta(seconds=seconds))


@pytest.fixture
def clock():
    return SteppedClock(NOW)


@pytest.fixture
def probes(tmp_path):
    store = Store(f"sqlite:///{tmp_path}/a.db")
    metadata.create_all(store.engine)
    yield Probes(store)
    store.close()


@pytest.fixture
def monitor(clock, probes):
    def made(*systems, **more):
        return Monitor({one.id: one for one in systems}, probes, clock, Sleeper(clock), **more)

    return made


async def test_reports_come_in_the_order_asked_and_are_stored(monitor, probes):
    watch = monitor(Sample("a", ONLINE), Sample("b", DOWN), Sample("c", ONLINE))
    reports = await watch.check(["c", "a", "b", "c"])
    assert [one.id for one in reports] == ["c", "a", "b", "c"]
    assert watch.integrations["c"].asked == 1
    assert [row["integration"] for row in probes.states()] == ["a", "b", "c"]
    assert probes.counts(None, NOW, NOW + timedelta(hours=1)) == {
        "a": {"online": 1}, "b": {"offline": 1}, "c": {"online": 1},
    }  # fmt: skip


async def test_a_failure_is_confirmed_two_seconds_later_before_it_counts(monitor):
    flaky, down, fine = Sample("flaky", DOWN, ONLINE), Sample("down", DOWN), Sample("fine", ONLINE)
    watch = monitor(flaky, down, fine)
    reports = {one.id: one for one in await watch.check(["flaky", "down", "fine"])}
    assert {key: (one.observation.status, one.attempts) for key, one in reports.items()} == {
        "flaky": (Status.ONLINE, 2),
        "down": (Status.OFFLINE, 2),
        "fine": (Status.ONLINE, 1),
    }
    assert watch.sleep.slept == [2.0, 2.0]
    assert reports["down"].observation.message == "No connection."


async def test_failures_are_counted_across_checks_and_runs_and_the_last_success_is_kept(monitor, clock, probes):
    began = clock.now()
    await monitor(Sample("a", ONLINE)).check(["a"])
    for count in (1, 2, 3):
        clock.forward(timedelta(hours=1))
        (report,) = await monitor(Sample("a", DOWN)).check(["a"])  # a new process each time
        assert (report.consecutive_failures, report.last_success_at) == (count, began)
    clock.forward(timedelta(hours=1))
    (report,) = await monitor(Sample("a", ONLINE)).check(["a"])
    assert (report.consecutive_failures, report.last_success_at) == (0, clock.now())
    assert probes.last("a")["consecutive_failures"] == 0


async def test_a_system_that_limits_us_is_not_down_and_not_a_success(monitor, clock):
    began = clock.now()
    watch = monitor(Sample("a", ONLINE, THROTTLED))
    await watch.check(["a"])
    clock.forward(timedelta(hours=1))
    (report,) = await watch.check(["a"])
    assert (report.observation.status, report.last_success_at) == (Status.DEGRADED, began)
    assert (report.consecutive_failures, report.attempts) == (0, 1)


async def test_a_slow_answer_is_degraded_and_still_a_success(monitor):
    slow = Sample("slow", Observation(Status.ONLINE, 501.0))
    edge = Sample("edge", Observation(Status.ONLINE, 500.0))
    reports = {one.id: one for one in await monitor(slow, edge).check(["slow", "edge"])}
    assert reports["slow"].observation.status is Status.DEGRADED
    assert reports["slow"].observation.error_class is ErrorClass.SLOW
    assert "501 ms" in reports["slow"].observation.message
    assert reports["slow"].last_success_at is not None
    assert reports["edge"].observation.status is Status.ONLINE


async def test_the_settings_figure_for_slow_wins_over_the_systems_own(monitor):
    class Patient(IntegrationConfig):
        slow_after_ms: float = 900.0

    slow = Sample("slow", Observation(Status.ONLINE, 800.0))
    slow.config = Patient()
    (report,) = await monitor(slow).check(["slow"])
    assert report.observation.status is Status.ONLINE


async def test_latency_is_the_requests_own_or_that_of_the_whole_probe(monitor, clock):
    async def takes():
        clock.forward(timedelta(milliseconds=80))
        return Observation(Status.ONLINE)

    reports = await monitor(Sample("a", takes), Sample("b", ONLINE), Sample("c", DOWN)).check(["a", "b", "c"])
    assert [one.observation.latency_ms for one in reports] == [80.0, 12.0, None]


async def test_a_probe_that_does_not_end_is_a_timeout_and_holds_nobody_up(monitor):
    async def never():
        await asyncio.Event().wait()

    watch = monitor(Sample("stuck", never), Sample("fine", ONLINE), limit_seconds=0.05)
    stuck, fine = await watch.check(["stuck", "fine"])
    assert (stuck.observation.status, stuck.observation.error_class) == (Status.OFFLINE, ErrorClass.TIMEOUT)
    assert (stuck.attempts, fine.observation.status) == (2, Status.ONLINE)


async def test_a_bug_in_one_probe_is_that_systems_unknown_and_tells_no_secret(monitor):
    broken = Sample("broken", KeyError("canary-secret"))
    gone = Sample("gone", asyncio.CancelledError())
    reports = await monitor(broken, gone, Sample("fine", ONLINE)).check(["broken", "gone", "fine"])
    assert [one.observation.status for one in reports] == [Status.UNKNOWN, Status.UNKNOWN, Status.ONLINE]
    assert reports[0].observation.message == "The probe itself broke: KeyError."
    assert reports[0].consecutive_failures == 0


async def test_an_error_of_ours_that_a_probe_lets_through_is_judged_by_its_code(monitor):
    refused = Sample("a", PersonNeeded("It refused the key.", code="credentials"))
    (report,) = await monitor(refused).check(["a"])
    assert (report.observation.status, report.observation.error_class) == (Status.OFFLINE, ErrorClass.AUTH)


async def test_an_unknown_changes_neither_the_count_nor_the_last_success(monitor, clock):
    unknown = Observation(Status.UNKNOWN, None, ErrorClass.NO_PROBE, "No harmless call.")
    watch = monitor(Sample("a", DOWN, DOWN, unknown))
    await watch.check(["a"])
    clock.forward(timedelta(hours=1))
    (report,) = await watch.check(["a"])
    assert (report.observation.status, report.consecutive_failures, report.last_success_at) == (Status.UNKNOWN, 1, None)
    assert report.as_json()["error"] == {"class": "no_probe", "message": "No harmless call."}


async def test_a_system_without_settings_is_never_asked_and_says_what_is_missing(monitor):
    idle = Sample("idle", ONLINE, configured=False)
    (report,) = await monitor(idle).check(["idle"])
    assert (report.observation.status, report.attempts, idle.asked) == (Status.NOT_CONFIGURED, 0, 0)
    assert report.observation.message == "Missing: SAMPLE_KEY."
    assert report.last_success_at is None


async def test_an_id_that_no_system_has_is_refused_before_anything_is_asked(monitor, probes):
    sample = Sample("gmail", ONLINE)
    with pytest.raises(NotFound) as caught:
        await monitor(sample).check(["gmail", "gmial"])
    assert caught.value.cure == "Did you mean gmail?"
    assert (sample.asked, probes.states()) == (0, [])


async def test_ten_probes_run_side_by_side(monitor):
    inside, everybody = 0, asyncio.Event()

    async def together():
        nonlocal inside
        inside += 1
        if inside == 10:
            everybody.set()
        await everybody.wait()  # ends only when all ten are inside
        return ONLINE

    watch = monitor(*(Sample(f"s{n}", together) for n in range(10)), limit_seconds=2.0)
    reports = await watch.check(list(watch.integrations))
    assert {one.observation.status for one in reports} == {Status.ONLINE}


async def test_no_more_than_the_limit_run_at_once(monitor):
    inside, most = 0, 0

    async def counted():
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        await asyncio.sleep(0)
        inside -= 1
        return ONLINE

    watch = monitor(*(Sample(f"s{n}", counted) for n in range(9)), at_once=3)
    await watch.check(list(watch.integrations))
    assert most == 3


async def test_a_check_that_is_given_up_stops_its_probes(monitor):
    stopped = asyncio.Event()
    begun = asyncio.Event()

    async def never():
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            stopped.set()

    check = asyncio.create_task(monitor(Sample("a", never)).check(["a"]))
    await begun.wait()
    check.cancel()
    with pytest.raises(asyncio.CancelledError):
        await check
    await asyncio.wait_for(stopped.wait(), 1)
