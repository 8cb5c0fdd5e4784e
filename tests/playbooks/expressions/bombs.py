"""Programs written to hang or to fill the memory, with what one costs."""

from __future__ import annotations

import time
import tracemalloc
from functools import cache
from typing import Any

from opsbook.playbooks.expressions import evaluate, fill
from opsbook.sdk.errors import InvalidDefinition

MOST_MS = 100.0
MOST_BYTES = 16 * 1024 * 1024


_ROW: dict[str, Any] = {"total": 1.5, "ok": True, "tags": ["a", "ü"], "note": None, "é": "ü"}


@cache
def names() -> dict[str, Any]:
    """A large context: 10,000 rows, long texts of each width, wide objects, unknowns."""
    rows = [
        {"id": i, "name": f"row {i}", "on": i % 2 == 0, "at": f"2026-{i % 12 + 1:02}-01", **_ROW} for i in range(10_000)
    ]
    return {
        "rows": rows,
        "nums": list(range(10_000)),
        "floats": [i * 1.1 for i in range(10_000)],
        "words": [f"word {i}" for i in range(10_000)],
        "wide": [f"wört 😀 {i}" for i in range(10_000)],
        "halves": ["\ud83d", "\ude00"] * 5_000,
        "long": "x" * 900_000,
        "long2": "x" * 900_000,
        "accents": "é" * 900_000,
        "faces": "😀" * 400_000,
        "half": "\ud83d" * 400_000,
        "pairs": "\ude00\ud83d" * 200_000,
        "object": {f"k{i}": i for i in range(20_000)},
        "places": {str(i): i for i in range(20_000)},
        "unsure": [{"value": None, "status": "unknown", "reason": "r" * 200}] * 10_000,
        "nested": [[[[[1] * 10] * 10] * 10] * 10] * 10,
        "big": 2**4000,
        "flags": [i % 2 == 0 for i in range(10_000)],
        "n": 1.5,
        "i": 2,
        "s": "a text 😀 " * 1_000,
        "t": "a",
        "b": True,
        "o": {"a": {"b": 1, "text": "é"}, "z": None, "k": "a", "10": 1, "9": 2},
    }


def _repeated(part: str, size: int = 4000) -> str:
    return part * (size // len(part))


PROGRAMS = (
    "'x'.repeat(1e9)",
    "'x'.repeat(1e6).repeat(1e6)",
    "'😀'.repeat(1e6)",
    "'a'.repeat(4000000)",
    "'ab'.repeat(1000).repeat(1000).repeat(1000)",
    "'\\ud83d'.repeat(300000) + '\\ude00'.repeat(300000)",
    "'\\ude00\\ud83d'.repeat(300000).length",
    "nums.map(x => 'x'.repeat(1000000)).join('').length",
    "nums.map(x => 'x'.repeat(100000))",
    "nums.reduce((a, x) => a + a, 'ab')",
    "nums.reduce((a, x) => a.concat(a), [1])",
    "nums.reduce((a, x) => [a, a], 1)",
    "nums.reduce((a, x) => [a], 0)",
    "nums.reduce((a, x) => ({a: a, b: a}), 0)",
    "nums.reduce((a, x) => a * 2 + 1, 1)",
    "nums.reduce((a, x) => a * 1.0000001, 1e300)",
    "nums.reduce((a, x) => a.concat([x]), [])",
    "nums.reduce((a, x) => a + 'x', '')",
    "nums.reduce((a, x) => a.replaceAll('x', 'xx'), 'x')",
    "nums.reduce((a, x) => a.padStart(a.length * 2, 'ab'), 'x')",
    "nums.reduce((a, x) => a.split('').concat(a).join(''), 'x')",
    "nums.map(x => nums.map(y => nums.map(z => 1)))",
    "nums.map(x => nums)",
    "nums.map(x => rows).flat()",
    "nums.map(x => nums.concat(nums)).flat(50)",
    "nums.flatMap(x => nums)",
    "nums.map(x => rows.length)",
    "nums.some(x => nums.every(y => y >= 0))",
    "nums.filter(x => nums.includes(x))",
    "nums.map(x => nums.indexOf(9999))",
    "nums.map(x => words.join(','))",
    "nums.map(x => words.includes('nothing'))",
    "nums.map(x => nums.slice(0))",
    "nums.map(x => nums.reverse())",
    "nums.map(x => nums.sort())",
    "nums.sort((a, b) => nums.sort((c, d) => d - c)[0] - a)",
    "nums.sort((a, b) => b - a).sort((a, b) => a - b).sort((a, b) => b - a)",
    "floats.sort((a, b) => (a * 7919) % 1000 - (b * 7919) % 1000)",
    "words.sort()",
    "wide.sort()",
    "halves.sort()",
    "wide.map(w => w + wide[0]).sort()",
    "nums.map(x => long).sort()",
    "nums.map(x => long + 'y').sort()",
    "nums.map(x => long === long2)",
    "nums.filter(x => long < long2)",
    "nums.filter(x => accents < faces)",
    "nums.map(x => accents.length)",
    "nums.map(x => faces.length)",
    "nums.map(x => half.length)",
    "nums.map(x => faces[5])",
    "nums.map(x => half.slice(1, 3))",
    "nums.map(x => long.toUpperCase())",
    "nums.map(x => accents.toUpperCase())",
    "nums.map(x => long.trim())",
    "nums.map(x => long.indexOf('y'))",
    "nums.map(x => long.includes('y'))",
    "nums.map(x => faces.indexOf('\\ud83d'))",
    "nums.map(x => half.includes('\\ude00'))",
    "nums.map(x => long.split('x'))",
    "long.split('')",
    "faces.split('')",
    "half.split('')",
    "accents.split('é')",
    "pairs.split('')",
    "pairs.replaceAll('', '-')",
    "pairs + pairs",
    "pairs.slice(1)",
    "half + half",
    "half.toLowerCase()",
    "faces.replaceAll('\\ude00', '')",
    "long.replaceAll('x', '$&$&$&$&$&$&$&$&')",
    "long.replaceAll('x', '$`')",
    "long.replaceAll('', '$`')",
    "'x'.repeat(2000).replaceAll('x', \"$`$'\")",
    "long.replaceAll(long2, long + '$&')",
    "long.replaceAll('x', 'yy')",
    "long.replaceAll('x', '$$')",
    "accents.replaceAll('é', '$&')",
    "('a'.repeat(100000) + 'b').indexOf('a'.repeat(50000) + 'c')",
    "nums.map(x => ('a'.repeat(1000) + 'b').indexOf('a'.repeat(500) + 'c'))",
    "'x'.padStart(4000000)",
    "'x'.padEnd(1e15, '😀')",
    "nums.map(x => 'x'.padStart(1000))",
    "nums.map(x => Object.keys(object))",
    "nums.map(x => Object.entries(object).length)",
    "Object.keys(places).length + Object.values(places).length",
    "Object.entries(object).map(e => Object.entries(object))",
    "rows.map(r => Object.entries(r))",
    "nums.map(x => x.toFixed(100))",
    "nums.map(x => (x / 3).toFixed(20)).join('')",
    "nums.map(x => String(x / 7))",
    "floats.join('')",
    "words.map(w => Number('1'.repeat(300)))",
    "nums.map(x => ({a: x, b: x, c: x, d: x, e: x, f: x, g: x, h: x}))",
    "nums.map(x => [x, x, x, x, x, x, x, x])",
    "nums.map(x => [[[[[[[[[[x]]]]]]]]]])",
    "nums.map(x => x * 1.5 + 0.25)",
    "nums.map(x => x % 2 === 0 && x % 3 === 0 || x % 5 === 0)",
    "rows.map(r => r.name + ' ' + r.at)",
    "rows.filter(r => r.name.toLowerCase().includes('9') && r.on)",
    "rows.map(r => r?.a?.b?.c ?? r?.d ?? r.name)",
    "rows.map(r => r['name'][0])",
    "nested.flat(5)",
    "nums.map(x => nested.flat(5))",
    "unsure.map(u => u + 1)",
    "unsure.some(u => u > 1)",
    "unsure.sort()",
    "nums.map(x => unsure)",
    "big + 1",
    "nums.map(x => big * big)",
    "nums.map(x => big.toString())",
    "big.toFixed(2)",
    "nums[1e300]",
    "nums.at(-1e300)",
    "nums.slice(-1e300, 1e300).length",
    "nums.flat(1e300).length",
    "[" * 4000,
    "(" * 4000,
    "{a:" * 1000,
    "!" * 4000,
    "-" * 4000,
    "- " * 2000 + "1",
    "!" * 4000 + "true",
    "a?" * 2000,
    _repeated("true?") + "1" + ":1" * 3,
    _repeated("1+") + "1",
    _repeated("true||") + "true",
    _repeated("null??") + "1",
    _repeated("nums.map(x=>"),
    "rows" + _repeated(".a"),
    "rows" + _repeated("[0]"),
    "rows" + _repeated("?.a"),
    "'" + "\\u0041" * 600 + "'",
    "'" + "\\" * 4001,
    "1" * 4000,
    "1e" + "9" * 3000,
    "0." + "0" * 4000,
    "." * 4000,
    "x=>" * 1000,
    "nums.map(" + "(" * 1000,
    "nums.map((a,b,c,d,e,f,g,h)=>1)",
    '"' + "a" * 5000 + '"',
    "é" * 4000,
    " " * 4096,
    " " * 100_000,
    "\x00" * 4000,
    "object.missing",
    "object['" + "k1" * 1500 + "']",
    "m" + "i" * 4000,
)
GREEDY = tuple(
    source for source in PROGRAMS if any(word in source for word in ("repeat", "concat", "pad", "replace", "split"))
)
TEMPLATES = (
    "{{" * 30_000,
    "{%" * 30_000,
    "{{ 1 }}" * 9_000,
    "{% for x in nums %}" * 3_000,
    "{% for x in nums %}" * 8 + "x" + "{% endfor %}" * 8,
    "{% for x in nums %}{% for y in nums %}{{ x }}{% endfor %}{% endfor %}",
    "{% for x in nums %}{{ long }}{% endfor %}",
    "{% for x in nums %}" + "x" * 60_000 + "{% endfor %}",
    "{% for x in rows %}{% if x.on %}{{ x.name }}{% endif %}{% endfor %}",
    "{% if true %}" * 5_000,
    "{{ rows | table }}",
    "{{ words | bullets }}",
    "{{ wide | bullets }}",
    "{% for x in nums %}{{ rows | table }}{% endfor %}",
    "{% for x in nums %}{{ x | money }}{{ x | percent }}{{ x | number(2) }}{% endfor %}",
    "{% for x in rows %}{{ '2026-11-25T09:00:00Z' | date('America/New_York') }}{% endfor %}",
    "{{ big | money }}",
    "{{ big | number }}",
    "{{ 1e300 | percent }}",
    "{{ 1e300 | money }}",
    "{{ '" + "}}" * 30_000,
    "{{ " + "{" * 60_000,
    "{{ 1 " + "| number " * 7_000 + "}}",
    "{{ long }}{{ long }}",
    "{{ faces }} {{ faces }}",
    "{{" + "'" * 65_000,
    "\n" * 60_000 + "{% if true %}" + "\n" * 1000 + "{% endif %}",
    ("{% if true %}\n{% endif %}\n" + " " * 5) * 2_000,
)


def time_of(source: str, *, template: bool = False) -> float:
    """Milliseconds of processor time that evaluating it takes, refused or not: compiled anew, the best of three.

    Of three, because the collector may pick up what others left behind just then.
    """
    context = names()
    run = fill if template else evaluate
    best = float("inf")
    for blanks in range(1, 4):
        began = time.process_time()
        _quietly(run, source + " " * blanks, context)
        best = min(best, (time.process_time() - began) * 1000)
        if best < MOST_MS / 4:
            break
    return best


def memory_of(source: str, *, template: bool = False) -> int:
    """Bytes at the highest point above the start. Compiles anew: the blank makes it another source."""
    context = names()
    tracemalloc.start()
    try:
        start = tracemalloc.get_traced_memory()[0]
        _quietly(fill if template else evaluate, source + " " * 5, context)
        return tracemalloc.get_traced_memory()[1] - start
    finally:
        tracemalloc.stop()


def _quietly(run: Any, source: str, context: dict[str, Any]) -> Any:
    try:
        return run(source, context)
    except InvalidDefinition as error:
        return error.code
