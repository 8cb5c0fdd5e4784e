"""How many lines of each system's folder its tests run: counted in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from opsbook.integrations.catalog import ids
from opsbook.integrations.quality import folder

HERE = Path(__file__).parents[1]
SUITE = (
    "integrations",
    "warehouse/test_firestore_source.py",
    "web/test_hooks.py",
    "web/test_hook_vendors.py",
    "web/test_hook_events.py",
)  # what meets the systems through their own doors
LEAST = 0.95
LONGEST_SECONDS = 900


def shares() -> dict[str, float]:
    """The share of the statements that the tests run, by folder. A statement that is excused counts as not run.

    Raises `CalledProcessError` when a test of them fails.
    """
    with TemporaryDirectory() as made:
        data, found = Path(made) / "data", Path(made) / "found.json"
        coverage = (sys.executable, "-m", "coverage")
        ran = (
            "-m",
            "pytest",
            *(str(HERE / name) for name in SUITE),
            "-q",
            "-x",
            "-p",
            "no:cacheprovider",
            "-m",
            "not slow",
        )
        _run(*coverage, "run", f"--data-file={data}", "--source=opsbook.integrations", *ran)
        _run(*coverage, "json", f"--data-file={data}", "-o", str(found), "-q")
        files = json.loads(found.read_text("utf-8"))["files"]
    counts = {Path(name).resolve(): told["summary"] for name, told in files.items()}
    return {key: _share(folder(key).resolve(), counts) for key in ids()}


def _share(place: Path, counts: dict[Path, dict[str, int]]) -> float:
    mine = [counts[path] for path in sorted(place.glob("*.py"))]
    statements = sum(one["num_statements"] + one["excluded_lines"] for one in mine)
    return sum(one["covered_lines"] for one in mine) / statements


def _run(*command: str) -> None:
    root = HERE.parent
    subprocess.run(command, cwd=root, env=dict(os.environ), check=True, timeout=LONGEST_SECONDS, stdout=sys.stderr)
