"""`make prove` passes on what its programs claim, and fails when one does not hold."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys

import pytest

from architecture.tree import ROOT

HOLDS = {"claim": "it is fast", "figure": 3, "bar": 5, "holds": True}


@pytest.fixture
def prove(tmp_path):
    """A folder of programs by name, each printing its lines and ending with its code; answers how `-m prove` ended."""
    folder = tmp_path / "prove"
    folder.mkdir()
    for name in ("__init__.py", "__main__.py"):
        shutil.copy(ROOT / "prove" / name, folder / name)

    def run(*asked: str, **programs: tuple[list[object], int]) -> subprocess.CompletedProcess[str]:
        for name, (lines, code) in programs.items():
            told = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
            (folder / f"{name}.py").write_text(f"import sys\nprint({told!r})\nsys.exit({code})\n")
        command = [sys.executable, "-m", "prove", *asked]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    return run


def test_claims_that_hold_are_passed_on_and_end_well(prove):
    ended = prove(one=([HOLDS], 0), two=([HOLDS, HOLDS], 0))
    assert ended.returncode == 0
    assert [json.loads(line) for line in ended.stdout.splitlines()] == [HOLDS] * 3


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        ([HOLDS, {**HOLDS, "holds": False}], 0),
        ([HOLDS], 1),
        ([HOLDS, "all is well"], 0),
        ([HOLDS, {"claim": "it is fast", "holds": True}], 0),
        ([HOLDS, {**HOLDS, "holds": "yes"}], 0),
        ([""], 0),
    ],
    ids=["does not hold", "ends badly", "prints words", "prints no figure", "prints no answer", "prints nothing"],
)
def test_a_family_that_does_not_hold_is_named_and_fails(prove, lines, code):
    ended = prove(good=([HOLDS], 0), bad=(lines, code))
    assert ended.returncode == 1
    assert "Does not hold: bad." in ended.stderr


def test_one_family_can_be_asked_for(prove):
    ended = prove("good", good=([HOLDS], 0), bad=([""], 1))
    assert ended.returncode == 0


def test_a_family_that_is_not_there_is_refused_with_those_that_are(prove):
    ended = prove("wrong", good=([HOLDS], 0))
    assert ended.returncode == 2
    assert "There are: good." in ended.stderr
