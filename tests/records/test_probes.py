"""What probes found: every row kept once, the latest state of each system, questions about a window."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from opsbook.records.probes import Probes
from opsbook.sdk.integration import ErrorClass, Observation, ProbeReport, Status

AT = datetime(2026, 11, 24, 14, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def probes(store):
    return Probes(store)


def report(system: str = "mailjet", minutes: int = 0, status: Status = Status.ONLINE, error: ErrorClass | None = None):
    at = AT + minutes * MINUTE
    good = at if status is Status.ONLINE else None
    seen = Observation(status, 120.5 if good else None, error, "answered" if good else "did not answer")
    return ProbeReport(system, system.title(), seen, at, good, 0 if good else 1)


def test_a_probe_recorded_again_is_one_row(probes):
    for _ in range(3):
        probes.record(report())
    assert len(probes.between(None, AT, AT + MINUTE, 10)) == 1


def test_the_latest_state_is_that_of_the_latest_probe_whenever_it_was_recorded(probes):
    probes.record(report(minutes=5, status=Status.OFFLINE, error=ErrorClass.TIMEOUT))
    probes.record(report(minutes=1))
    last = probes.last("mailjet")
    assert (last["status"], last["checked_at"], last["latency_ms"]) == ("offline", AT + 5 * MINUTE, None)
    assert probes.last("gmail") is None
    assert [row["integration"] for row in probes.states()] == ["mailjet"]


def test_a_window_is_half_open_newest_first_and_limited_for_each_system(probes):
    for minute in range(4):
        probes.record(report(minutes=minute))
        probes.record(report("gmail", minutes=minute))
    found = probes.between(["mailjet", "gmail"], AT, AT + 3 * MINUTE, 2)
    assert [(row["integration"], (row["at"] - AT) // MINUTE) for row in found] == [
        ("gmail", 2),
        ("mailjet", 2),
        ("gmail", 1),
        ("mailjet", 1),
    ]
    assert "place" not in found[0]


def test_counts_are_by_system_and_status(probes):
    probes.record(report())
    probes.record(report(minutes=1, status=Status.OFFLINE, error=ErrorClass.SERVER))
    probes.record(report("gmail", minutes=1))
    assert probes.counts(None, AT, AT + 2 * MINUTE) == {"mailjet": {"online": 1, "offline": 1}, "gmail": {"online": 1}}
    assert probes.counts(["gmail"], AT, AT + 2 * MINUTE) == {"gmail": {"online": 1}}
    assert probes.counts(None, AT, AT) == {}


def test_the_last_failure_of_a_class_is_found_for_each_system(probes):
    probes.record(report(minutes=1, status=Status.OFFLINE, error=ErrorClass.AUTH))
    probes.record(report(minutes=2, status=Status.OFFLINE, error=ErrorClass.SERVER))
    probes.record(report(minutes=3, status=Status.OFFLINE, error=ErrorClass.AUTH))
    found = probes.last_with(["mailjet", "gmail"], "auth")
    assert {name: row["at"] for name, row in found.items()} == {"mailjet": AT + 3 * MINUTE}
