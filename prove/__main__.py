"""`python -m prove [family…]`: run the programs of this folder, and exit with 1 when a claim does not hold.

Each runs in a process of its own, one after the other, so that no figure is measured beside another. Lines are passed
on as they come. A program that prints no claim, prints something else, or ends badly, does not hold either.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
KEYS = {"claim", "figure", "bar", "holds"}


def main(asked: list[str]) -> int:
    """0: every claim of every family holds. 1: one does not. 2: there is no such family."""
    known = families()
    unknown = [name for name in asked if name not in known]
    if unknown:
        print(f"There is no family {unknown[0]}. There are: {', '.join(known)}.", file=sys.stderr)
        return 2
    broken = [name for name in asked or known if not holds(name)]
    if broken:
        print(f"Does not hold: {', '.join(broken)}.", file=sys.stderr)
    return 1 if broken else 0


def families() -> list[str]:
    return sorted(path.stem for path in HERE.glob("*.py") if not path.stem.startswith("_"))


def holds(family: str) -> bool:
    """Run one family and pass its lines on: True when it printed claims and all of them hold."""
    claims = 0
    well = True
    command = [sys.executable, "-m", f"prove.{family}"]
    with subprocess.Popen(command, cwd=HERE.parent, stdout=subprocess.PIPE, text=True) as program:
        for line in program.stdout or ():
            print(line, end="", flush=True)
            claim = claim_in(line)
            claims += claim is not None
            well = well and claim is not None and claim["holds"] is True
    if not claims:
        print(f"prove.{family} printed no claim.", file=sys.stderr)
    return well and claims > 0 and program.returncode == 0


def claim_in(line: str) -> dict[str, object] | None:
    """The claim of a line; None for anything else."""
    try:
        found = json.loads(line)
    except ValueError:
        return None
    return found if isinstance(found, dict) and set(found) >= KEYS else None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
