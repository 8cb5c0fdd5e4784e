"""What agents write: lies are caught, truths are let through.

`N` reports of each kind (1,000): random companies, told truthfully in many words, and the same reports with one lie in
them, kind by kind. Companies, truths and lies are those of `tests/agents/telling.py`; seeds that the tests do not draw.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from agents.telling import LIES, company, lie, truths
from opsbook.agents.checking import faults_in

FIRST_SEED = 5_000_000
MOST_REFUSED = 0.01  # of truthful reports


def main() -> int:
    reports = int(os.environ.get("N") or 1000)
    refused, sentences = truthful(reports)
    held = [
        claim(
            f"share of {reports:,} truthful reports ({sentences:,} sentences) refused", refused / reports, MOST_REFUSED
        )
    ]
    held += [claim(f"lies missed, {kind}, of {reports:,}", missed(kind, reports), 0) for kind in LIES]
    return 0 if all(held) else 1


def truthful(reports: int) -> tuple[int, int]:
    """How many of so many true reports are refused, and how many sentences they have."""
    refused = sentences = 0
    for seed in range(FIRST_SEED, FIRST_SEED + reports):
        made = company(seed)
        said = truths(made)
        sentences += len(said)
        if faults := faults_in("\n".join(said), made.facts):
            refused += 1
            print(f"refused: seed {seed}, {faults[0].sentence}", file=sys.stderr)
    return refused, sentences


def missed(kind: str, reports: int) -> int:
    """How many of so many reports with one lie in them are let through."""
    through = 0
    for seed in range(FIRST_SEED, FIRST_SEED + reports):
        made = company(seed)
        said, false = truths(made), lie(made, kind)
        said.insert(made.random.randint(0, len(said)), false)
        if not faults_in("\n".join(said), made.facts):
            through += 1
            print(f"missed: seed {seed}, {false}", file=sys.stderr)
    return through


def claim(name: str, figure: float, bar: float) -> bool:
    holds = figure <= bar
    print(json.dumps({"claim": name, "figure": figure, "bar": bar, "holds": holds}), flush=True)
    return holds


if __name__ == "__main__":
    sys.exit(main())
