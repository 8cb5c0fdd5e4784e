"""Runs of five trivial read steps: ours against DBOS alone with one of its steps a step, on the same embedded store.

`N` runs a round (500), `ROUNDS` rounds (3). Every style runs once in each round, each in a process and a folder of
its own, so that a busy minute of the machine falls on all of them; medians are compared. The claim is made against
DBOS's best style.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

from bench._telling import claim, machine, scale, spread, table

ROOT = Path(__file__).resolve().parent.parent
AT_ONCE = 20
STYLES = (
    ("_raw_dbos", "serial", "DBOS alone, one after the other"),
    ("_raw_dbos", "threads", f"DBOS alone, {AT_ONCE} threads"),
    ("_raw_dbos", "async", f"DBOS alone, {AT_ONCE} coroutines"),
    ("_ours", "serial", "opsbook, one after the other"),
    ("_ours", "together", f"opsbook, {AT_ONCE} at once"),
)
LEAST_RATIO, MOST_TRIGGER_MS = 1.0, 20.0


def measured(program: str, style: str, runs: int) -> dict[str, Any]:
    """One style in a process and a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", f"bench.{program}", style, folder, str(runs), str(AT_ONCE)]
        told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if told.returncode:
        sys.exit(f"bench.{program} {style} ended with {told.returncode}:\n{told.stderr}{told.stdout}")
    found: dict[str, Any] = json.loads(told.stdout.splitlines()[-1])
    return found


def main() -> int:
    runs, rounds = scale(500), int(os.environ.get("ROUNDS") or 3)
    rates: dict[str, list[float]] = {name: [] for _, _, name in STYLES}
    cpu: dict[str, list[float]] = {name: [] for _, _, name in STYLES}
    for number in range(rounds):
        for program, style, name in STYLES if number % 2 == 0 else STYLES[::-1]:
            found = measured(program, style, runs)
            rates[name].append(runs / found["seconds"])
            cpu[name].append(found["cpu_seconds"] * 1000 / runs)
    triggers = measured("_ours", "latency", min(runs, 200))["trigger_to_step_ms"]
    return told(runs, rounds, rates, cpu, triggers)


def told(
    runs: int, rounds: int, rates: dict[str, list[float]], cpu: dict[str, list[float]], triggers: list[float]
) -> int:
    """Print what was measured and what is claimed; 1 when a claim does not hold."""
    middle = {name: median(values) for name, values in rates.items()}
    rival = max((name for name in middle if name.startswith("DBOS")), key=middle.__getitem__)
    print(f"{runs} runs of five read steps, {rounds} rounds, SQLite in WAL mode with full synchronisation; {machine()}")
    rows = [
        (name, spread(rates[name]), median(cpu[name]), f"{middle[name] / middle[rival]:.2f}")
        for name in sorted(middle, key=middle.__getitem__)
    ]
    table(("Style", "runs/s, median (range)", "CPU ms a run", "against the best DBOS"), rows)
    for name, values in rates.items():
        print(json.dumps({"measured": name, "runs_per_second": [round(value, 1) for value in values]}))
    alone, together = middle[STYLES[3][2]], middle[STYLES[4][2]]
    print(f"Best rival: {rival}, {middle[rival]:.0f} runs/s.")
    held = [
        claim("runs of five reads against the best style of DBOS alone, times", max(alone, together) / middle[rival],
              LEAST_RATIO, at_least=True),
        claim("trigger to first step in process, median ms", median(triggers), MOST_TRIGGER_MS, at_least=False),
    ]  # fmt: skip
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main())
