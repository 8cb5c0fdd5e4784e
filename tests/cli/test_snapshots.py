"""`snapshots`: which days' figures are kept, and the revenue of missed days rebuilt from contracts."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from cli.commanding import Shell

TODAY = datetime.now(ZoneInfo("America/New_York")).date()
BEGAN, LEFT = TODAY - timedelta(days=20), TODAY - timedelta(days=5)
SUBSCRIPTIONS = f"""\
id,organization_id,status,amount_cents,interval_months,started_at,ended_at
1,o1,active,1000,1,{BEGAN}T12:00-05:00,
2,o2,canceled,500,1,{BEGAN}T12:00-05:00,{LEFT}T12:00-05:00
"""


def back(days: int) -> str:
    return str(TODAY - timedelta(days=days))


@pytest.fixture
def loaded(shell: Shell) -> Shell:
    answer = shell("load", "subscriptions", shell.write(SUBSCRIPTIONS, "subscriptions.csv"))
    assert answer.code == 0, answer.err
    return shell


def test_missed_days_are_rebuilt_marked_and_kept_when_it_is_repeated(loaded: Shell) -> None:
    words = ("snapshots", "backfill", "--from", back(6), "--to", back(3), "--json")
    first, again = loaded(*words), loaded(*words)
    days = [back(6), back(5), back(4), back(3)]
    assert (first.code, first.json) == (0, {"stored": days, "kept": [], "not_rebuilt": []})
    assert (again.code, again.json) == (0, {"stored": [], "kept": days, "not_rebuilt": []})
    told = loaded("snapshots", "list", "--json").json["items"]
    assert [(one["date"], one["mrr_cents"], one["organizations"], one["revenue"]) for one in told] == [
        (back(6), 1500, 2, "reconstructed"),
        (back(5), 1500, 2, "reconstructed"),
        (back(4), 1000, 1, "reconstructed"),
        (back(3), 1000, 1, "reconstructed"),
    ]
    only = loaded("snapshots", "list", "--from", back(5), "--to", back(5), "--json").json["items"]
    assert [one["date"] for one in only] == [back(5)]
    assert "reconstructed" in loaded.process("snapshots", "list", env={"COLUMNS": "160"}).out


def test_a_date_that_cannot_be_rebuilt_is_named_with_the_reason_and_the_others_are_stored(loaded: Shell) -> None:
    early = loaded("snapshots", "backfill", "--from", back(21), "--to", back(19))
    assert early.code == 1
    assert early.out.splitlines() == [
        "1 dates rebuilt, 0 had their revenue and keep it.",
        f"{back(21)} could not be rebuilt: no paid contract is known from before it.",
        f"{back(20)} could not be rebuilt: no paid contract is known from before it.",
    ]
    today = loaded("snapshots", "backfill", "--from", back(1), "--to", back(0), "--json")
    assert (today.code, today.json["stored"]) == (1, [back(1)])
    assert today.json["not_rebuilt"] == [{"date": back(0), "reason": "it is not over yet"}]


def test_without_contracts_no_day_is_made_up(shell: Shell) -> None:
    answer = shell("snapshots", "backfill", "--from", back(2), "--to", back(1), "--json")
    assert (answer.code, answer.json["stored"]) == (1, [])
    assert {one["reason"] for one in answer.json["not_rebuilt"]} == {"subscriptions were never loaded"}
    assert shell("snapshots", "list", "--json").json["items"] == []


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        (back(1), back(2), "is after"),
        (back(1), back(-1), "is still to come"),
        (back(400), back(0), "are 401 dates"),
        ("yesterday", back(0), "is not a date"),
    ],
)
@pytest.mark.parametrize("verb", ["list", "backfill"])
def test_dates_that_cannot_be_are_refused_with_a_cure(
    shell: Shell, verb: str, first: str, last: str, said: str
) -> None:
    answer = shell("snapshots", verb, "--from", first, "--to", last)
    assert answer.code == 2
    assert said in answer.err
