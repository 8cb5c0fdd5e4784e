"""Attempts to leave the language: `escapes.jsonl`, one a line, with its family.

An `expr` stands bare, a `text` holds its own `{{ }}` or `{% %}`; both are written for the names of `NAMES`. Each is
refused, or gives the harmless `value` that stands beside it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

NAMES: dict[str, Any] = {
    "a": [1, 2, 3],
    "s": "text",
    "n": 7,
    "b": True,
    "o": {"k": "v", "get": "a field", "items": [1]},
    "nothing": None,
    "steps": {"x": {"output": {"total": 1}}},
}
_ROWS = [json.loads(line) for line in Path(__file__).with_suffix(".jsonl").read_text("utf-8").splitlines()]

EXPRESSIONS: list[str] = [row["expr"] for row in _ROWS if "expr" in row and "value" not in row]
TEXTS: list[str] = [row["text"] for row in _ROWS if "text" in row and "value" not in row]
HARMLESS: dict[str, Any] = {row["expr"]: row["value"] for row in _ROWS if "expr" in row and "value" in row}
HARMLESS_TEXTS: dict[str, Any] = {row["text"]: row["value"] for row in _ROWS if "text" in row and "value" in row}
FIELDS: list[str] = [row["expr"].removeprefix("s.") for row in _ROWS if row.get("expr", "").startswith("s.__")]
FAMILIES = {row["family"] for row in _ROWS}
COUNT = len({*EXPRESSIONS, *TEXTS, *HARMLESS, *HARMLESS_TEXTS})
