"""Conditions and texts over 10,000 items: medians of `N` rounds (50), the compiled program kept between them.

A plain Python comprehension over the same rows is measured in the same rounds: it is the floor, not a rival, because it
has no budget and no unknowns.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from statistics import median
from typing import Any

from bench._telling import claim, machine, scale, table
from opsbook.playbooks.expressions import evaluate, fill

MOST_MS = 10.0
ITEMS = 10_000
SOME = 'integration_status.some(s => s.status === "offline")'
EXPRESSIONS = {
    "some": SOME,
    "every, two tests": 'integration_status.every(s => s.status === "online" && s.latency_ms < 20000)',
    "filter and count": "integration_status.filter(s => s.latency_ms > 500).length",
    "sum": "integration_status.reduce((sum, s) => sum + s.latency_ms, 0)",
    "sort": "integration_status.map(s => s.latency_ms).sort((a, b) => b - a)[0]",
}
TEXT = "{% for s in integration_status.slice(0, 1000) %}- {{ s.id }}: {{ s.status }}\n{% endfor %}"


def rows() -> list[dict[str, Any]]:
    return [{"id": f"s{i}", "status": "online", "latency_ms": i * 7919 % 10_007} for i in range(ITEMS)]


def timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


def main() -> int:
    rounds = scale(50)
    names: Any = {"integration_status": rows()}
    listed: list[dict[str, Any]] = names["integration_status"]
    work: dict[str, Callable[[], object]] = {
        name: (lambda source=source: evaluate(source, names)) for name, source in EXPRESSIONS.items()
    }
    work["a text of 1,000 lines"] = lambda: fill(TEXT, names)
    work["plain Python: any(...)"] = lambda: any(row["status"] == "offline" for row in listed)
    took: dict[str, list[float]] = {name: [] for name in work}
    for _ in range(rounds):
        for name, run in work.items():
            took[name].append(timed(run))
    print(f"{ITEMS:,} items, {rounds} rounds; {machine()}")
    table(["over 10,000 items", "median ms", "worst ms"], [[name, median(ms), max(ms)] for name, ms in took.items()])
    return 0 if claim("condition over 10,000 items, ms", median(took["some"]), MOST_MS, at_least=False) else 1


if __name__ == "__main__":
    sys.exit(main())
