"""What a run's criteria say, in words: each by its name, with the values that decided it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from opsbook.agents.page import Section
from opsbook.agents.wording import UNITS, figure, inline, listed
from opsbook.sdk.values import unknown_in

WORDS = {"met": "met", "warn": "warning", "not_met": "not met", "unknown": "not to be told"}
UNIT_BY_ENDING = {"_ms": "ms", "_seconds": "seconds", "_cents": "cents", "_rate": "ratio", "_share": "ratio"}


def criteria_section(rows: Sequence[Mapping[str, Any]]) -> list[Section]:
    """The section of a report; none where there are no criteria. `rows` are those of the run's record."""
    lines = [f"- {_line(row)}" for row in rows]
    return [Section("criteria", "Criteria so far", ["\n".join(lines)])] if lines else []


def because(row: Mapping[str, Any]) -> str:
    """The values that decided a criterion, or why it could not be told: `Aeropay: offline; Gmail: 612 ms`."""
    if row.get("reason"):
        return str(row["reason"])
    by_name: dict[str, list[str]] = {}
    for one in row.get("seen") or ():
        what = str(one.get("of") or _what(one))
        by_name.setdefault(what, []).append(_value(one))
    told = {what: listed(list(dict.fromkeys(said))) for what, said in by_name.items()}
    return "; ".join(f"{what}: {said}" if what else said for what, said in told.items())


def _line(row: Mapping[str, Any]) -> str:
    verdict = str(row.get("verdict") or row.get("state") or "unknown")
    why = because(row)
    name = inline(row.get("name") or str(row.get("id", "criterion")).replace("_", " "))
    return f"{name}: **{WORDS.get(verdict, verdict)}**" + (f" ({inline(why)})" if why else "")


def _what(one: Mapping[str, Any]) -> str:
    """What a value is that belongs to no item: the last field by which it was read."""
    last = str(one.get("path") or "").rpartition(".")[2]
    return "" if last == "length" else last.replace("_", " ")


def _value(one: Mapping[str, Any]) -> str:
    value, path = one.get("value"), str(one.get("path") or "")
    unit = str(value.get("unit")) if isinstance(value, Mapping) else ""
    if unit not in UNITS:
        unit = next((unit for ending, unit in UNIT_BY_ENDING.items() if path.endswith(ending)), "count")
    if unknown_in(value) or isinstance(value, str):
        return str(value).replace("_", " ") if isinstance(value, str) else "not measured"
    return figure(value, unit)
