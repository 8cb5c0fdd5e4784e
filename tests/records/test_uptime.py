"""Uptime weighted by time and exact percentiles, against an oracle that counts seconds one by one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsbook.records.probes import Probes
from opsbook.records.uptime import HELD, LEAST, Sample, history, percentile, spans
from opsbook.sdk.integration import ErrorClass, Observation, ProbeReport, Status

AT = datetime(2026, 11, 24, tzinfo=UTC)
SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)


def sample(second: int, status: Status, latency: float | None = None, *, maintenance: bool = False) -> Sample:
    return Sample(AT + second * SECOND, status.value, latency, maintenance)


def hourly(*statuses: Status) -> list[Sample]:
    return [sample(3600 * hour, status, 100.0) for hour, status in enumerate(statuses)]


@st.composite
def histories(draw):
    seconds = draw(st.lists(st.integers(0, 120), unique=True, max_size=12).map(sorted))
    return [sample(at, draw(st.sampled_from(Status)), maintenance=draw(st.booleans())) for at in seconds]


@given(samples=histories(), start=st.integers(0, 60), lasts=st.integers(1, 90), held=st.integers(1, 40))
def test_up_and_down_time_are_what_counting_every_second_says(samples, start, lasts, held):
    began, end = AT + start * SECOND, AT + (start + lasts) * SECOND
    up = down = 0
    for second in range(start, start + lasts):
        now = AT + second * SECOND
        last = next((one for one in reversed(samples) if one.at <= now), None)
        if last is None or last.maintenance or now >= last.at + held * SECOND:
            continue
        up += last.status in ("online", "degraded")
        down += last.status == "offline"
    found = spans(samples, began, end, held * SECOND)
    assert (found.up, found.down) == (up * SECOND, down * SECOND)
    assert found.coverage()["value"] == pytest.approx((up + down) / lasts, abs=1e-6)
    if up + down:
        assert found.uptime()["value"] == pytest.approx(up / (up + down), abs=1e-6)
    else:
        assert found.uptime()["status"] == "unknown"


LATENCIES = st.lists(st.integers(1, 10_000).map(float), min_size=100, max_size=160)


@given(latencies=LATENCIES, share=st.sampled_from([50, 95, 99]))
def test_a_percentile_is_the_smallest_that_the_share_does_not_exceed(latencies, share):
    fitting = [one for one in latencies if 100 * sum(other <= one for other in latencies) >= share * len(latencies)]
    assert percentile(latencies, share) == {"value": min(fitting), "status": "ok", "unit": "ms"}


@pytest.mark.parametrize(("share", "least"), LEAST.items())
def test_a_percentile_of_too_few_answers_is_unknown_and_says_how_many_it_needs(share, least):
    assert percentile([5.0] * least, share)["value"] == 5.0
    few = percentile([5.0] * (least - 1), share)
    assert few == {"value": None, "status": "unknown", "reason": f"{least - 1} answers, and {least} are needed"}


def test_a_state_holds_until_the_next_probe_and_no_longer_than_the_gap():
    found = spans(hourly(Status.ONLINE, Status.OFFLINE), AT, AT + 6 * HOUR)
    assert (found.up, found.down) == (HOUR, HELD)
    assert found.uptime()["value"] == 0.4
    assert found.coverage()["value"] == round(2.5 / 6, 6)


def test_what_held_when_the_window_began_counts_from_there():
    found = spans(hourly(Status.OFFLINE, Status.ONLINE), AT + HOUR / 2, AT + 2 * HOUR)
    assert (found.down, found.up) == (HOUR / 2, HOUR)


def test_what_cannot_be_judged_counts_for_neither_up_nor_down():
    samples = hourly(Status.UNKNOWN, Status.NOT_CONFIGURED, Status.ONLINE)
    samples.append(sample(3 * 3600, Status.OFFLINE, maintenance=True))
    found = spans(samples, AT, AT + 4 * HOUR)
    assert (found.up, found.down) == (HOUR, timedelta(0))
    assert found.uptime()["value"] == 1.0
    assert found.coverage()["value"] == 0.25


def test_nothing_known_is_an_unknown_uptime_at_a_coverage_of_none():
    (day, *_) = history([], AT)
    assert day["uptime"]["status"] == "unknown"
    assert day["coverage"]["value"] == 0.0
    assert day["latency"]["n"] == 0
    assert day["latency"]["p50"]["status"] == "unknown"


def test_failures_and_maintenance_add_no_latency():
    samples = [*hourly(*[Status.ONLINE] * 6, Status.OFFLINE), sample(7 * 3600, Status.ONLINE, 9.0, maintenance=True)]
    (day, week, month) = history(samples, AT + 8 * HOUR)
    assert [one["window"] for one in (day, week, month)] == ["24h", "7d", "30d"]
    assert (day["probes"], day["latency"]["n"]) == (8, 6)
    assert day["latency"]["p50"] == {"value": 100.0, "status": "ok", "unit": "ms"}
    assert day["latency"]["p95"]["status"] == "unknown"


def test_the_stored_probes_come_oldest_first_with_those_that_held_when_the_window_began(store):
    probes = Probes(store)
    for hours, status in ((0, Status.ONLINE), (2, Status.OFFLINE), (3, Status.ONLINE)):
        error = ErrorClass.SERVER if status is Status.OFFLINE else None
        seen = Observation(status, 80.0, error)
        probes.record(ProbeReport("gmail", "Gmail", seen, AT + hours * HOUR, None, 0))
    found = probes.samples(["gmail", "hubspot"], AT + 3 * HOUR, AT + 4 * HOUR)
    assert [(one.at, one.status) for one in found["gmail"]] == [(AT + 2 * HOUR, "offline"), (AT + 3 * HOUR, "online")]
    assert list(found) == ["gmail"]
