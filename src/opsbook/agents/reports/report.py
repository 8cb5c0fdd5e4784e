"""A report on whatever a run has found: each answer with its figures, for playbooks of any kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from opsbook.agents.evidence import Evidence, Found
from opsbook.agents.page import Page
from opsbook.agents.reports._sections import ACTION_ITEMS, NOT_MEASURED, ReportKind, SectionOf
from opsbook.agents.wording import inline
from opsbook.sdk.values import UNKNOWN_STATUSES, unknown_in

SHOWN = 10
NAMES_A_ROW = ("name", "title", "id", "text")


def _prepare(page: Page, evidence: Evidence) -> None:
    for found in evidence.found:
        if unknown := found.unknown:
            page.lacks(found.name, unknown.reason)


def _summary(page: Page, evidence: Evidence) -> None:
    known = sum(1 for found in evidence.found if not found.unknown)
    page.say(f"Answers found by this run: {known}. Without an answer: {len(evidence.found) - known}.")


def _findings(page: Page, evidence: Evidence) -> None:
    for found in evidence.found:
        if found.unknown:
            continue
        page.say(f"### {inline(found.name).replace('_', ' ')}")
        measured = _measured(found.value) if isinstance(found.value, Mapping) else {}
        figures = {
            **{name: found.figure(name) for name in found.figures},
            **{name: found.at(name) for name in measured},
        }
        rows = [[_words(name), page.fact(_words(name), spot, _unit(spot.value))] for name, spot in figures.items()]
        page.table(["Figure", "Value"], rows, right=[1])
        _plain_value(page, found)
        if found.source:
            page.say(f"Source: {inline(found.source)}.")


def _plain_value(page: Page, found: Found) -> None:
    if isinstance(found.value, list):
        page.bullets(_line(page, found, place) for place in range(min(len(found.value), SHOWN)))
        if (more := len(found.value) - SHOWN) > 0:
            page.say(f"And {more} more, in the run's record.")
    elif isinstance(found.value, Mapping):
        plain = {name: value for name, value in found.value.items() if isinstance(value, str | bool | int | float)}
        page.bullets(
            f"{_words(name)}: {page.state(_words(name), inline(value), found.at(name))}"
            for name, value in plain.items()
        )
    elif found.value is not None:
        page.say(page.state(_words(found.name), inline(found.value), found.at()))


def _line(page: Page, found: Found, place: int) -> str:
    spot = found.at(place)
    if isinstance(spot.value, Mapping):
        key = next((name for name in NAMES_A_ROW if spot.value.get(name)), None)
        spot = spot.of(key, spot.value[key]) if key else found.made("$", f"{len(spot.value)} fields")
    return page.state(_words(found.name), inline(spot.value), spot)


def _measured(value: Mapping[str, Any]) -> dict[str, Any]:
    """The members that are measurements, known or not."""
    return {
        name: part
        for name, part in value.items()
        if unknown_in(part)
        or (isinstance(part, Mapping) and part.get("status") == "ok" and isinstance(part.get("value"), int | float))
    }


def _unit(value: Any) -> str:
    unit = value.get("unit") if isinstance(value, Mapping) and value.get("status") not in UNKNOWN_STATUSES else None
    return unit if unit in ("cents", "ratio", "ms", "seconds") else "count"


def _words(name: str) -> str:
    return inline(name).replace("_", " ")


REPORT = ReportKind(
    "Report",
    (
        SectionOf("summary", "Summary", _summary),
        ACTION_ITEMS,
        SectionOf("findings", "Findings", _findings),
        NOT_MEASURED,
    ),
    _prepare,
)
