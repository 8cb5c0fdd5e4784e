"""The plug is pulled at every point of a run; what comes after the restart is as if nothing had happened."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

TESTS = Path(__file__).parents[1]
LONGEST = 1800  # seconds: every point of a run is two processes, about a second each on two busy cores
LEAST_POINTS = 100  # a run of this playbook commits and acts more often than that; fewer means that nothing was killed


def killed_everywhere(folder: Path, kind: str, stride: int, playbook: str) -> list[dict[str, Any]]:
    found = subprocess.run(
        [sys.executable, "-m", "stories.killing", str(folder), kind, str(stride), playbook],
        cwd=TESTS,
        capture_output=True,
        text=True,
        timeout=LONGEST,
        check=False,
    )
    assert found.returncode == 0, found.stderr[-3000:]
    return [json.loads(line) for line in found.stdout.splitlines()]


@pytest.mark.timeout(LONGEST)
@pytest.mark.parametrize(
    ("kind", "stride"), [("D", 7), *(pytest.param(kind, 1, marks=pytest.mark.slow) for kind in ("A", "C", "D"))]
)
def test_a_kill_at_any_point_loses_nothing_and_repeats_no_effect(tmp_path: Path, kind: str, stride: int) -> None:
    for audit in survived(killed_everywhere(tmp_path, kind, stride, "killed_one"), stride):
        check(audit, kind)


@pytest.mark.timeout(LONGEST)
@pytest.mark.parametrize(
    ("kind", "stride"), [("D", 19), *(pytest.param(kind, 1, marks=pytest.mark.slow) for kind in ("A", "D"))]
)
def test_a_kill_at_any_point_of_branches_children_and_waits_ends_the_same(
    tmp_path: Path, kind: str, stride: int
) -> None:
    for audit in survived(killed_everywhere(tmp_path, kind, stride, "branching_one"), stride):
        check_branching(audit, kind)


@pytest.mark.timeout(LONGEST)
@pytest.mark.parametrize(
    ("kind", "stride"), [("D", 11), *(pytest.param(kind, 1, marks=pytest.mark.slow) for kind in ("A", "D"))]
)
def test_a_kill_at_any_point_of_asking_waiting_and_deciding_decides_once_and_tells_once(
    tmp_path: Path, kind: str, stride: int
) -> None:
    for audit in survived(killed_everywhere(tmp_path, kind, stride, "asking_one"), stride):
        check_asking(audit, kind)


def check_asking(audit: dict[str, Any], kind: str) -> None:
    where = json.dumps(audit, indent=1)
    assert not audit.get("broke"), where
    doubtful = [effect for effect in audit["effects"] if effect["state"] != "done"]
    assert (audit["runs"], audit["state"]) == (1, "partial" if doubtful else "succeeded"), where
    seen = audit["results"]["seen"]
    approval = {"state": "approved", "by": ["ops", "owner"], "broken_at": None, "frozen": seen}
    assert audit["approvals"] == [approval], where
    assert audit["results"]["asked"]["decision"] == "approved", where
    # both approvers were told on both channels and somebody was told the end: no message twice, none lost
    times = Counter(item["key"] for item in audit["sent"])
    assert (len(audit["effects"]), audit["told"], len(audit["acted"])) == (5, 2, 1), where
    for effect in audit["effects"]:
        if effect["channel"] == "email":
            assert times[effect["key"]] == 1 or (kind == "D" and effect["state"] == "uncertain"), where
    # what was asked about, acted on and told is what the record says was read
    told = {line for item in audit["sent"] for line in item["text"].splitlines() if line.startswith("n=")}
    assert told <= {f"n={seen['count']}"}, where


def survived(audits: list[dict[str, Any]], stride: int) -> list[dict[str, Any]]:
    assert len(audits) * stride > LEAST_POINTS
    assert [audit["killed"] for audit in audits] == [True] * (len(audits) - 1) + [False]
    return audits


def check_branching(audit: dict[str, Any], kind: str) -> None:
    where = json.dumps(audit, indent=1)
    assert not audit.get("broke"), where
    assert (audit["runs"], audit["state"]) == (2, "partial"), where
    by_status = Counter(audit["steps"].values())
    assert by_status == {"completed": 15, "failed": 1}, where
    # no effect twice, none lost; the class that cannot be sure says so
    times = Counter(item["key"] for item in audit["sent"])
    assert len(audit["effects"]) == 2, where
    for effect in audit["effects"]:
        assert times[effect["key"]] <= 1, where
        assert times[effect["key"]] == 1 or (kind == "D" and effect["state"] == "uncertain"), where
    assert len(audit["acted"]) == len(set(audit["acted"])) == 3, where
    # what was sent is what the branch's own record says was read, and the child's answer is in the parent's
    letters = [path for path in audit["outputs"] if "letters" in path and path.endswith("]/0")]
    read = {f"n={audit['outputs'][path]['count']}" for path in letters if "do[" in path}
    assert {item["text"].strip() for item in audit["sent"]} <= read, where
    did = audit["outputs"]["steps/1/branches/works[works]/2"]["done"]
    assert did == f"n={audit['results']['seen']['count']}, 2 reads", where
    assert audit["results"]["from_child"] == {"done": {"done": "child"}}, where


def check(audit: dict[str, Any], kind: str) -> None:
    where = json.dumps(audit, indent=1)
    assert not audit.get("broke"), where
    assert audit["runs"] == 1, where
    doubtful = [effect for effect in audit["effects"] if effect["state"] != "done"]
    assert audit["state"] == ("partial" if doubtful else "succeeded"), where
    assert audit["verdict"] == "met", where
    assert set(audit["steps"].values()) == {"completed"}, where
    # no effect twice, none lost; the class that cannot be sure says so
    times = Counter(item["key"] for item in audit["sent"])
    assert all(times[key] == 1 for key in times), where
    for effect in audit["effects"]:
        if effect["channel"] == "email":
            assert times[effect["key"]] == 1 or (kind == "D" and effect["state"] == "uncertain"), where
    assert len(audit["effects"]) == 3, where
    assert (audit["told"], len(audit["threads"]), audit["alerts"]) == (1, 1, [1]), where
    assert len(audit["acted"]) == len(set(audit["acted"])) == 2, where
    # what acted saw what the record says was read
    seen, later = audit["results"]["seen"]["count"], audit["results"]["later"]["count"]
    assert {item["text"].splitlines()[0] for item in audit["sent"]} <= {f"n={seen}"}, where
    assert audit["threads"][0] == {"title": f"n={seen}", "messages": 1, "data": {"count": seen}}, where
    assert later > seen, where
