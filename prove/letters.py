"""Re-engagement letters: no two are the same, no claim of theirs is without a fact, and a lie keeps a letter back.

`N` recipients (500), drawn by `tests/inbox/audiences.py`: shops of much, little and no data, twins among them. All get
the same code and link, so that only words tell letters apart. Lies are those of `tests/inbox/lying.py`.
"""

from __future__ import annotations

import json
import os
import random
import sys
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from inbox.lying import LIES, letters
from opsbook.agents.letters import unbacked
from opsbook.inbox.letters import Letter

SEED = 7_000_000


def main() -> int:
    recipients = int(os.environ.get("N") or 500)
    made = list(letters(SEED, recipients))
    shared = sum(count - 1 for count in Counter((one.subject, one.body) for one in made).values())
    facts = sum(len(one.facts) for one in made)
    faults = sum(len(unbacked(f"{one.subject}\n{one.body}", one.facts)) for one in made)
    held = [
        claim(f"letters of {recipients:,} recipients that share subject and body", shared),
        claim(f"claims in {recipients:,} letters ({facts:,} facts told) that no fact carries", faults),
    ]
    for kind in LIES:
        lied, missed = missed_of(kind, made)
        held.append(claim(f"letters let through with a lie, {kind}, of {lied:,}", missed))
    return 0 if all(held) else 1


def missed_of(kind: str, made: list[Letter]) -> tuple[int, int]:
    """How many letters could be told with such a lie, and how many of those are let through."""
    lied = missed = 0
    for place, one in enumerate(made):
        text = LIES[kind](one, random.Random(place))
        if text is None:
            continue
        lied += 1
        if not unbacked(text, one.facts):
            missed += 1
            print(f"missed: {kind}\n{text}", file=sys.stderr)
    return lied, missed


def claim(name: str, figure: float) -> bool:
    print(json.dumps({"claim": name, "figure": figure, "bar": 0, "holds": figure == 0}), flush=True)
    return figure == 0


if __name__ == "__main__":
    sys.exit(main())
