"""Approvals that nobody gets around: who may not decide, what was edited, replayed or forged, and two at once.

`N` tries of each (100). Every one that is refused must stand in the approval's audit with its reason.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from prove import _tampering as tampering

FAMILIES = (tampering.at_once, tampering.edits, tampering.links, tampering.buttons, tampering.rights)


def main() -> int:
    return 0 if asyncio.run(proven(int(os.environ.get("N") or 100))) else 1


async def proven(tries: int) -> bool:
    held = []
    refused = unkept = broken = 0
    for family in FAMILIES:
        with tampering.desk() as desk:
            held += [claim(name, figure) for name, figure in await family(desk, tries)]
            kept = sum(desk.refused.values())
            refused += kept
            unkept += max(0, kept - desk.audited())
            broken += desk.broken()
    held.append(claim(f"of {refused:,} refusals, those that the audits do not keep with their reason", unkept))
    held.append(claim("audits whose chain does not hold", broken))
    return all(held)


def claim(name: str, figure: int) -> bool:
    print(json.dumps({"claim": name, "figure": figure, "bar": 0, "holds": figure == 0}), flush=True)
    return figure == 0


if __name__ == "__main__":
    sys.exit(main())
