"""Valid expressions, stirred: tokens lost, doubled, exchanged. Most of them are refused; those that we accept must
still mean what V8 means by them.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from pathlib import Path

from playbooks.expressions.generator import Generator
from playbooks.expressions.v8 import Case

_TOKEN = re.compile(
    r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|[A-Za-z_$][\w$]*|[0-9.]+(?:[eE][+-]?\d+)?|=>|[=!]==?|[<>]=?|&&|\|\||\?[?.]|\S"
)
_POOL: list[str] = json.loads(Path(__file__).with_name("samples.json").read_text("utf-8"))["stirred_in"]
# What is written down as a deviation is not compared here: absence reads as null, `==` is `===`, `??` covers its path.
_DEVIATES = re.compile(r"\?\?|\?\.|[^=!]==[^=]|!=[^=]|\.find\(|\.at\(")


def stirred(seed: int, count: int) -> Iterator[Case]:
    """That many cases."""
    chance = random.Random(seed)
    generator = Generator(seed)
    while count:
        source, names = generator.case()
        tokens = _TOKEN.findall(source)
        for _ in range(chance.choice([1, 1, 1, 2, 3])):
            at = chance.randrange(len(tokens) + 1)
            tokens[at : at + chance.choice([0, 1, 1, 2])] = chance.choice(
                [[], tokens[at - 1 : at], [chance.choice(_POOL)]]
            )
        source = " ".join(tokens) if chance.random() < 0.5 else "".join(tokens)
        if source and _DEVIATES.search(source) is None:
            count -= 1
            yield source, names
