"""Re-engagement letters: no two are the same, no claim of theirs is without a fact, and a lie keeps a letter back.

`N` recipients (500), drawn by `tests/inbox/audiences.py`: shops of much, little and no data, twins among them. All get
the same code and link, so that only words tell letters apart. Lies are those of `tests/inbox/lying.py`.
"""

from __future__ import annotations

import html
import json
import os
import random
import re
import sys
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from inbox.lying import LIES, letters
from opsbook.agents.letters import unbacked
from opsbook.effects.delivery import WRITER
from opsbook.inbox.letters import Letter

SEED = 7_000_000


def main() -> int:
    recipients = int(os.environ.get("N") or 500)
    made = list(letters(SEED, recipients))
    shared = sum(count - 1 for count in Counter((one.subject, one.body) for one in made).values())
    told = sum(_told(one) for one in made)
    faults = sum(len(unbacked(f"{one.subject}\n{one.body}", one.facts)) for one in made)
    held = [
        claim(f"letters of {recipients:,} recipients that share subject and body", shared),
        claim("of them, to recipients of other names and the same but for the address", namesakes(made)),
        claim(f"claims of {told:,} in {recipients:,} letters that no fact carries", faults),
        claim(
            f"letters of {recipients:,} whose words as HTML are others", sum(not _reads_the_same(one) for one in made)
        ),
    ]
    for kind in LIES:
        lied, missed = missed_of(kind, made)
        held.append(claim(f"letters let through with a lie, {kind}, of {lied:,}", missed))
    return 0 if all(held) else 1


def namesakes(made: list[Letter]) -> int:
    """Words, without the recipient's address, that recipients of several names get."""
    names: dict[tuple[str, str], set[tuple[str, ...]]] = {}
    for one in made:
        known = {fact.label: fact.text for fact in one.facts}
        words = one.body.replace(known["address"], "")
        names.setdefault((one.subject, words), set()).add((known["organisation"], known.get("recipient", "")))
    return sum(len(found) > 1 for found in names.values())


def _told(one: Letter) -> int:
    """How often a fact stands in a letter."""
    text = f"{one.subject}\n{one.body}"
    return sum(len(re.findall(rf"(?<!\w){re.escape(fact.text)}(?!\w)", text)) for fact in one.facts)


def _reads_the_same(one: Letter) -> bool:
    """Whether mail that is made of the letter says the same in both of its parts."""
    return html.unescape(re.sub(r"<[^>]+>", " ", WRITER.render(one.body))).split() == one.body.split()


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
