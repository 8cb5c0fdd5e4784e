"""The roster: the six agents, and what a deployment may add or get wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from opsbook.agents.roster import Autonomy, load_roster
from opsbook.sdk.errors import InvalidDefinition, NotFound

WELL = "---\ntitle: Night watch\ntools: [getIntegrationStatus]\n---\nWatches at night.\n"


def test_the_six_agents_have_the_tools_and_delegations_of_the_suite() -> None:
    entries = load_roster().entries()
    assert set(entries) == {"leo", "pops", "jack", "mrs_parker", "craig", "linus"}
    assert entries["leo"].may_delegate_to == {"pops", "jack", "mrs_parker", "craig", "linus"}
    assert all(not entry.may_delegate_to for name, entry in entries.items() if name != "leo")
    assert entries["linus"].tools == {"getIntegrationStatus", "getIntegrationLogs", "getErrorLogs", "checkCredentials"}
    assert entries["jack"].answers_with == "getRevenueMetrics"
    assert entries["mrs_parker"].answers_with is None


def test_an_agent_that_is_not_there_names_the_nearest() -> None:
    with pytest.raises(NotFound, match="mrs_parker"):
        load_roster().get("mrs_parkr")


def test_a_deployment_adds_an_agent_and_replaces_one(tmp_path: Path) -> None:
    (tmp_path / "night.md").write_text(WELL)
    (tmp_path / "jack.md").write_text("---\ntitle: Another\nautonomy: drafts\n---\nElse.\n")
    roster = load_roster(tmp_path)
    assert roster.get("night").instructions == "Watches at night."
    assert roster.get("jack").can.title == "Another"
    assert roster.get("jack").can.autonomy is Autonomy.DRAFTS
    assert roster.get("jack").can.tools == frozenset()


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("night.md", "no front matter", "no front matter"),
        ("night.md", "---\ntitle: [\n---\nx", "not YAML"),
        ("night.md", "---\n- a\n- b\n---\nx", "list of keys"),
        ("night.md", "---\ntitle: x\ntools: [getIntegrationStats]\n---\nx", "Did you mean getIntegrationStatus"),
        ("night.md", "---\ntitle: x\ntool: []\n---\nx", "Did you mean tools"),
        ("night.md", "---\ntitle: x\nbudget: {tokns: 1}\n---\nx", "Did you mean tokens"),
        ("night.md", "---\ntools: []\n---\nx", "title"),
        ("night.md", "---\ntitle: x\nautonomy: anything\n---\nx", "autonomy"),
        ("night.md", "---\ntitle: &a x\nduties: [*a]\n---\nx", "Anchors"),
        ("night.md", "---\ntitle: x\nmay_delegate_to: [leo]\n---\nx", "may not delegate to leo"),
        ("night.md", "---\ntitle: x\nmay_delegate_to: [nobody]\n---\nx", "no agent nobody"),
        ("night.md", "---\ntitle: x\nanswers_with: getErrorLogs\n---\nx", "not among its tools"),
        ("Night Watch.md", WELL, "file's name"),
        ("night.md", "---\ntitle: x\ntitle: y\n---\nx", "not YAML"),
    ],
)
def test_what_is_wrong_with_a_file_is_said_with_its_name(tmp_path: Path, name: str, text: str, says: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(InvalidDefinition, match=says) as caught:
        load_roster(tmp_path)
    assert all(problem.path == f"roster/{name}" for problem in caught.value.problems)


def test_every_file_that_is_wrong_is_listed(tmp_path: Path) -> None:
    (tmp_path / "one.md").write_text("nothing")
    (tmp_path / "two.md").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InvalidDefinition) as caught:
        load_roster(tmp_path)
    assert len(caught.value.problems) == 2


def test_a_roster_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidDefinition, match="not there"):
        load_roster(tmp_path / "absent")
