"""The facts of a run, followed to where they come from: run → step → path → source, and the rows behind a figure.

A report's step keeps its facts and where each stands in the text; a message's and a thread's keep theirs. What a figure
of the warehouse rests on is asked anew, over its own window: a stored report stays as it is, and when the rows say
something else by now, that is told.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from opsbook.playbooks.expressions import evaluate
from opsbook.records.rows import Row
from opsbook.records.snapshots import Snapshots
from opsbook.runs.services import Records
from opsbook.sdk.errors import InvalidDefinition, InvalidInput, NotFound
from opsbook.sdk.values import Json, JsonObject, plain
from opsbook.warehouse import Warehouse
from opsbook.warehouse.explanation import Explanation, explain
from opsbook.warehouse.sheets import sheets

DAY = timedelta(days=1)
KNOWN = ("status", "unit", "n", "completeness", "window", "as_of", "metric", "cut", "terms")


@dataclass(frozen=True)
class Traced:
    """One fact with its way back. `rows` explains a figure of the warehouse as its rows are now; None for others.

    `now` is what the same question answers now, and `differs` whether that is another figure than the one told: None
    where it cannot be compared.
    """

    told: JsonObject
    rows: Explanation | None = None
    now: Json = None
    differs: bool | None = None

    def as_json(self) -> JsonObject:
        return {
            **self.told,
            "now": self.now,
            "differs": self.differs,
            "rows": None if self.rows is None else self.rows.as_json(),
        }


def facts_of(steps: Sequence[Row]) -> list[JsonObject]:
    """Every fact that a run's steps have told, in document order: as it was kept, with `told_by`, the step's path."""
    return [fact for _, fact in _facts(steps)]


def traced(
    records: Records,
    warehouse: Warehouse,
    snapshots: Snapshots,
    run: Row,
    fact_id: str,
    *,
    step: str | None = None,
    limit: int = 20,
) -> Traced:
    """Follow one fact of a run. `step` says which step told it, by id or path; without it, the run's only report.

    Raises `NotFound` for a fact that the run has not; `InvalidInput` where several steps have one with this id.
    """
    steps = records.runs.steps(run["id"])
    teller, fact = _one(steps, fact_id, step)
    finder = next((row for row in steps if row["path"] == (fact.get("step") or teller["path"])), None)
    figure = _at_its_path(fact, finder, run["results"] or {})
    told: JsonObject = {
        **fact,
        "run_id": run["id"],
        "playbook_id": run["playbook_id"],
        "version": run["version"],
        "told_by": _named(teller),
        "found_by": None if finder is None else _named(finder),
        **_origin(fact, finder),
    }
    if not isinstance(figure, dict) or figure.get("metric") not in sheets():
        return Traced(told)
    told |= {"figure": {name: figure[name] for name in KNOWN if name in figure}}
    rows = _rows(warehouse, snapshots, figure, ZoneInfo(run["timezone"]), limit)
    if rows is None or "cut" in figure:  # the sheet explains the whole, of which this is a part
        return Traced(told, rows)
    now = rows.figure.get("observed", rows.figure["value"])
    before = figure.get("observed", figure.get("value"))
    return Traced(told, rows, now, now != before)


def _facts(steps: Sequence[Row]) -> Iterator[tuple[Row, JsonObject]]:
    for row in steps:
        details: Mapping[str, Any] = (row["outcome"] or {}).get("details") or {}
        for fact in details.get("facts") or ():
            yield row, {**plain(fact), "told_by": row["path"]}  # type: ignore[dict-item]


def _one(steps: Sequence[Row], fact_id: str, step: str | None) -> tuple[Row, JsonObject]:
    every = [(row, fact) for row, fact in _facts(steps) if step is None or step in (row["path"], row["step_id"])]
    found = [(row, fact) for row, fact in every if fact["id"] == fact_id]
    if not found:
        known = [str(fact["id"]) for _, fact in every]
        cure = f"It has {known[0]} to {known[-1]}." if known else "No step of it tells facts."
        raise NotFound(f"The run has no fact {fact_id}" + (f" of {step}." if step else "."), cure=cure)
    reports = [(row, fact) for row, fact in found if "places" in row["outcome"]["details"]]
    found = reports if len(reports) == 1 else found  # what people read the id in
    if len(found) > 1:
        places = ", ".join(dict.fromkeys(str(row["path"]) for row, _ in found))
        raise InvalidInput(
            f"{len(found)} steps of the run tell a fact {fact_id}.", field="step", cure=f"Name one of: {places}."
        )
    return found[0]


def _named(row: Row) -> JsonObject:
    return {"path": row["path"], "id": row["step_id"], "type": row["type"], "name": row["name"]}


def _at_its_path(fact: Mapping[str, Any], finder: Row | None, results: Mapping[str, Json]) -> Json:
    """What stands at the fact's path in what its step found; None where the path leads elsewhere."""
    path = str(fact.get("path") or "")
    if finder is None or not path:
        return None
    outcome, root = finder["outcome"] or {}, str(fact.get("source") or "").partition(".")[0]
    of_step = {"output": outcome.get("value"), "figures": outcome.get("figures") or {}}
    try:
        found = evaluate(path, {**results, root: outcome.get("value"), "steps": {finder["step_id"]: of_step}})
    except InvalidDefinition:
        return None
    return plain(found)


def _origin(fact: Mapping[str, Any], finder: Row | None) -> JsonObject:
    """Who was asked, what for, and the time and window that the answer is true for."""
    details: Mapping[str, Any] = ((finder or {}).get("outcome") or {}).get("details") or {}
    tools, source = details.get("tools") or {}, str(fact.get("source") or "")
    about: Mapping[str, Any] = tools.get(source.partition(".")[2]) or tools.get(source) or details
    asked = ("tool", "source", "as_of", "window")
    return {f"asked_{name}" if name == "source" else name: plain(about.get(name)) for name in asked}


def _rows(
    warehouse: Warehouse, snapshots: Snapshots, figure: Mapping[str, Any], zone: ZoneInfo, limit: int
) -> Explanation | None:
    name, window = str(figure["metric"]), figure.get("window") or {}
    end = datetime.fromisoformat(str(window.get("end") or figure["as_of"]))
    days: int | None = None
    if sheets()[name].window is not None and window.get("start"):
        length = end - datetime.fromisoformat(str(window["start"]))
        if length % DAY:
            return None  # a window that is no whole days: nobody can ask for it by name
        days = length // DAY
    return explain(warehouse, name, end, days=days, limit=limit, snapshots=snapshots, zone=zone)
