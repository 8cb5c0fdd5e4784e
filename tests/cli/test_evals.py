"""Evals from the command line: without a key the renderer is measured, kept and compared."""

from __future__ import annotations

import json
import subprocess
import sys

from cli.commanding import Shell


def test_the_data_sets_are_listed(shell: Shell) -> None:
    names = [row["name"] for row in shell("evals", "list", "--json").json["items"]]
    assert names == ["daily_health", "incident", "reengagement", "weekly_growth"]
    assert "weekly growth review" in shell("evals", "list").out


def test_the_renderer_is_measured_without_a_key_and_its_outcome_compared(shell: Shell) -> None:
    told = shell("evals", "run", "--dataset", "incident", "--out", "one.json")
    assert told.code == 0, told.err
    assert "Scores of renderer" in told.out
    assert "incident/nobody_looked: coverage" in told.out
    kept = json.loads((shell.folder / "one.json").read_text())
    assert kept["candidate"] == "renderer"
    assert kept["means"]["incident"]["groundedness"] == 1
    assert kept["means"]["incident"]["accepted"] is None
    assert shell("evals", "run", "--dataset", "incident", "--json").json["means"] == kept["means"]
    kept["datasets"][0]["cases"][0]["scores"]["coverage"].update(value=0.5, faults=["It does not say Aeropay."])
    (shell.folder / "two.json").write_text(json.dumps(kept))
    compared = shell("evals", "compare", "one.json", "two.json")
    assert "worse: incident/vendor_is_down: coverage 1.00 to 0.50. It does not say Aeropay." in compared.out
    rows = {
        row["score"]: row["change"] for row in shell("evals", "compare", "one.json", "two.json", "--json").json["items"]
    }
    assert (rows["coverage"], rows["groundedness"]) == (-0.1, 0)


def test_what_is_not_there_is_refused_with_a_cure(shell: Shell) -> None:
    assert shell("evals", "run", "--dataset", "wrong").code == 8
    refused = shell("evals", "run", "--model", "economy")
    assert refused.code == 1
    assert "Set ANTHROPIC_API_KEY" in refused.err
    assert "Write it again with" in shell("evals", "compare", "absent.json", "absent.json").err


BLOCKED = """
import sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == "pydantic_evals":
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Absent())
from opsbook.cli.main import run
run(["evals", "run", "--dataset", "incident"])
"""


def test_without_the_extra_it_is_named(shell: Shell) -> None:
    done = subprocess.run(
        [sys.executable, "-c", BLOCKED], cwd=shell.folder, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode != 0
    assert "pip install 'opsbook[evals]'" in done.stderr
