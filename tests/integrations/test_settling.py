"""Thresholds and maintenance: what is reported of what was found, against an oracle that looks back over the row."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.test_monitor import DOWN, NOW, ONLINE, Sample, clock, monitor, probes
from opsbook.integrations._settling import Standing, settle
from opsbook.integrations.maintenance import Maintenance
from opsbook.sdk.errors import InvalidInput
from opsbook.sdk.integration import IntegrationConfig, MaintenanceWindow, Observation, Status

__all__ = ["clock", "monitor", "probes"]
HOUR = timedelta(hours=1)
WINDOW = MaintenanceWindow("a", NOW + HOUR, NOW + 3 * HOUR, "A new rack")


class Patient(IntegrationConfig):
    offline_after: int = 3
    online_after: int = 2


def reported(found: list[Status], offline_after: int, online_after: int) -> list[Status]:
    standing, out = Standing(), []
    for status in found:
        told, standing = settle(standing, status, offline_after, online_after)
        out.append(told)
    return out


@given(
    found=st.lists(st.sampled_from(Status), max_size=25),
    offline_after=st.integers(1, 4),
    online_after=st.integers(1, 4),
)
def test_a_change_is_reported_once_enough_judged_probes_in_a_row_found_it(found, offline_after, online_after):
    told = reported(found, offline_after, online_after)
    standing = None  # the last up or down that was told
    for place, status in enumerate(found):
        judged = [one for one in found[: place + 1] if one not in (Status.UNKNOWN, Status.NOT_CONFIGURED)]
        if not judged or status is not judged[-1]:
            assert told[place] is status  # not judged: passed on
            continue
        down = status is Status.OFFLINE
        alike = next((n for n, one in enumerate(reversed(judged)) if (one is Status.OFFLINE) != down), len(judged))
        enough = alike >= (offline_after if down else online_after)
        changes = standing is not None and (standing is Status.OFFLINE) != down
        assert told[place] is (standing if changes and not enough else status)
        standing = told[place]


@given(found=st.lists(st.sampled_from(Status), max_size=25))
def test_with_one_of_each_what_is_found_is_what_is_told(found):
    assert reported(found, 1, 1) == found


async def test_a_system_is_offline_at_its_threshold_and_the_observation_is_seen_before(monitor, clock, probes):
    sample = Sample("a", ONLINE, *[DOWN] * 6, ONLINE)  # a failed check asks twice
    sample.config = Patient()
    watch, told = monitor(sample), []
    for _ in range(6):
        (report,) = await watch.check(["a"])
        item = report.as_json()
        told.append((item["status"], item["observed"], item["consecutive_failures"], item["consecutive_successes"]))
        clock.forward(HOUR)
    assert told == [
        ("online", "online", 0, 1),
        ("online", "offline", 1, 0),
        ("online", "offline", 2, 0),
        ("offline", "offline", 3, 0),
        ("offline", "online", 0, 1),
        ("online", "online", 0, 2),
    ]
    assert probes.counts(None, NOW, clock.now()) == {"a": {"online": 3, "offline": 3}}  # what was found is kept


async def test_a_check_in_a_new_process_goes_on_counting(monitor, clock, probes):
    for play in (ONLINE, DOWN, DOWN, Observation(Status.UNKNOWN), DOWN):
        sample = Sample("a", play)
        sample.config = Patient()
        (report,) = await monitor(sample).check(["a"])
        clock.forward(HOUR)
    assert (report.status, report.consecutive_failures) == (Status.OFFLINE, 3)
    last = probes.last("a")
    assert (last["status"], last["observed"]) == ("offline", "offline")


async def test_a_system_under_maintenance_is_probed_and_flagged_and_counts_for_nothing(monitor, clock, probes):
    watch = monitor(Sample("a", ONLINE, *[DOWN] * 6, ONLINE), Sample("b", DOWN), windows=[WINDOW])
    told = []
    for _ in range(5):
        a, b = await watch.check(["a", "b"])
        told.append((a.as_json()["status"], a.as_json()["maintenance"], b.as_json()["maintenance"]))
        clock.forward(HOUR)
    # A failed check takes 2 s more, so the window that ends on the third hour is over at the third check's end.
    assert told == [
        ("online", False, False),
        ("offline", True, False),
        ("offline", True, False),
        ("offline", False, False),
        ("online", False, False),
    ]
    assert (await watch.check(["a"]))[0].as_json()["maintenance_window"] is None
    flags = [sample.maintenance for sample in probes.samples(["a"], NOW, clock.now())["a"]]
    assert flags == [False, True, True, False, False, False]


def test_a_window_is_half_open_and_the_last_to_end_is_told():
    longer = MaintenanceWindow("a", NOW, NOW + 5 * HOUR, "And more")
    windows = Maintenance([longer, WINDOW], {"a": 1})
    assert windows.of("a", NOW - timedelta(seconds=1)) is None
    assert windows.of("a", NOW) is longer
    assert windows.of("a", NOW + 2 * HOUR) is longer
    assert Maintenance([WINDOW], ["a"]).of("a", NOW + 3 * HOUR) is None
    assert windows.of("b", NOW + HOUR) is None


def test_a_window_for_no_system_is_refused_with_the_nearest():
    with pytest.raises(InvalidInput) as caught:
        Maintenance([MaintenanceWindow("gmial", datetime(2026, 1, 1, tzinfo=UTC), NOW, "x")], ["gmail", "hubspot"])
    assert (caught.value.field, caught.value.cure) == ("maintenance.system", "Did you mean gmail?")
