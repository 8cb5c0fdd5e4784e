"""`runs fact`: a figure of a report, followed to the rows behind it; late rows are told and change no report."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cli.commanding import Shell

DAILY = """\
id: daily_signups
name: Daily signups
agent: leo
steps:
  - {id: stats, type: tool_call, tool: crmGetStats, with: {include_metrics: [signups]}, save_as: numbers}
  - {id: report, type: synthesize, kind: health_report, title: Signups, save_as: report}
"""


def users(number: int) -> str:
    at = (datetime.now(UTC) - timedelta(hours=3)).isoformat()
    rows = "".join(f"{one},u{one}@inbox.example,customer,{at},\n" for one in range(number))
    return f"id,email,role,created_at,is_test\n{rows}"


@pytest.fixture
def ran(shell: Shell) -> tuple[Shell, str]:
    assert shell("load", "users", shell.write(users(4), "users.csv")).code == 0
    assert shell("publish", shell.write(DAILY, "daily.yaml")).code == 0
    answer = shell("run", "daily_signups", "--json")
    assert answer.code == 0, answer.err
    return shell, answer.json["id"]


def signups(shell: Shell, run_id: str) -> dict[str, Any]:
    facts = shell("runs", "fact", run_id, "--json").json["items"]
    return next(one for one in facts if one["label"] == "Signups")


def test_a_figure_is_followed_to_its_definition_its_query_and_its_rows(ran: tuple[Shell, str]) -> None:
    shell, run_id = ran
    fact = signups(shell, run_id)
    assert (fact["text"], fact["value"], fact["path"]) == ("4", 4, "numbers.metrics.signups")
    told = shell("runs", "fact", run_id, fact["id"], "--json").json
    assert told["figure"]["metric"] == "signups"
    assert (told["rows"]["counted"], told["rows"]["agrees"]) == (4, True)
    assert (told["now"], told["differs"]) == (4, False)
    out = shell("runs", "fact", run_id, fact["id"]).out
    for said in ("Told by report", "Found by stats", "It asked crmGetStats", "numbers.metrics.signups", "4 counted"):
        assert said in out, said
    assert "by now" not in out


def test_late_rows_are_told_and_the_report_stays_as_it_was(ran: tuple[Shell, str]) -> None:
    shell, run_id = ran
    assert shell("load", "users", shell.write(users(6), "users.csv")).code == 0
    fact = signups(shell, run_id)
    assert fact["value"] == 4
    told = shell("runs", "fact", run_id, fact["id"], "--json").json
    assert (told["value"], told["now"], told["differs"]) == (4, 6, True)
    assert "The rows say 6 by now" in shell("runs", "fact", run_id, fact["id"]).out.replace("\n", " ")


def test_a_fact_that_is_not_there_says_which_are(ran: tuple[Shell, str]) -> None:
    shell, run_id = ran
    answer = shell("runs", "fact", run_id, "f999")
    assert answer.code == 8
    assert "It has f1 to f" in answer.err
    assert shell("runs", "fact", "run_0", "f1").code == 8


def test_a_report_says_how_its_figures_are_followed(ran: tuple[Shell, str]) -> None:
    shell, run_id = ran
    report = shell("runs", "show", run_id, "--json").json["results"]["report"]
    assert report.endswith(f"_Every figure can be followed to its rows: opsbook runs fact {run_id}_\n")
