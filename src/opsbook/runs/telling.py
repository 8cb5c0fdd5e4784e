"""What a run's texts tell: the facts that a message or a thread carries, and the links on those of a report. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from opsbook.agents.marks import linked
from opsbook.agents.page import Fact
from opsbook.playbooks.expressions import evaluate, parse, said_in
from opsbook.playbooks.model import Playbook
from opsbook.runs.journal import Entry
from opsbook.sdk.values import Json, JsonObject, plain, unknown_in

_BRANCH = re.compile(r"/\w+\[[^\]]*\]")
_BRACKETS = re.compile(r"\[[^\]]*\]")
LONGEST = 200  # characters of a text that is a name or a status, and no report


def told_in(
    texts: Iterable[str], names: Mapping[str, Json], entries: Iterable[Entry], lent: Mapping[str, str]
) -> list[JsonObject]:
    """The facts of templates, each once: `path` is its expression, `source` the name that it begins with.

    `lent` are the names of branches, by the expressions that they stand for (see `lent_at`).

    What could not be measured is no fact, and neither is a report, whose facts stand where it was written.
    """
    steps = {name: entry.path for entry in entries for name in (entry.step_id, *entry.names)}
    found: dict[tuple[str, str], Fact] = {}
    for said in (one for text in texts for one in said_in(text, names, lent)):
        value = said.value
        if unknown_in(value) or not said.text or len(said.text) > LONGEST or "\n" in said.text:
            continue
        measured = value.get("value") if isinstance(value, dict) else value
        figure = measured if isinstance(measured, int | float) and not isinstance(measured, bool) else None
        unit = str(value.get("unit") or "count") if isinstance(value, dict) else "count"
        unit = "text" if figure is None else unit
        source, step = _begins(said.source, steps)
        fact = Fact(f"f{len(found) + 1}", said.source, said.text, source, figure, unit, said.source, step)
        found.setdefault((said.source, said.text), fact)
    return [plain(fact.as_json()) for fact in found.values()]  # type: ignore[misc]


def lent_at(playbook: Playbook, path: str, names: Mapping[str, Json]) -> dict[str, str]:
    """What the names that loops lend to a place of a run stand for: the list and the item's place in it."""
    steps, found = dict(playbook.every_step()), dict[str, str]()
    for branch in _BRANCH.finditer(path):
        fields = getattr(steps.get(_BRACKETS.sub("", path[: branch.start()])), "fields", None)
        items, name = getattr(fields, "items", None), getattr(fields, "as_", None)
        listed = evaluate(items, names) if isinstance(items, str) and name else None
        if isinstance(listed, list) and names.get(str(name)) in listed:
            found[str(name)] = f"({items})[{listed.index(names[str(name)])}]"
    return found


def with_links(body: str, entries: Iterable[Entry], facts: str) -> str | None:
    """The body with a link on each fact of every report that it carries as it was written; None where it has none.

    `facts` is the address of the run's facts.
    """
    shown = body
    for entry in entries:
        places, text = entry.details.get("places"), entry.value
        if isinstance(places, list) and places and isinstance(text, str) and text.strip() in shown:
            ids = {str(place[2]) for place in places}  # type: ignore[index]
            addresses = {fact_id: f"{facts}/{fact_id}?step={entry.step_id}" for fact_id in ids}
            shown = shown.replace(text.strip(), linked(text, places, addresses).strip())  # type: ignore[arg-type]
    return None if shown == body else shown


def facts_path(run_id: str) -> str:
    """Where the facts of a run are read."""
    return f"/api/v1/runs/{run_id}/facts"


def footnote(run_id: str, public_url: str) -> str:
    """The line under a report that says how its figures are followed: plain text, for a report holds no live link."""
    also = f" or {public_url}{facts_path(run_id)}" if public_url else ""
    return f"_Every figure can be followed to its rows: opsbook runs fact {run_id}{also}_"


def _begins(source: str, steps: Mapping[str, Any]) -> tuple[str, str]:
    """The first name that an expression reads, and the path of the step that gave it."""
    for path in sorted(parse(source).paths):
        name = path[1] if path[0] == "steps" and len(path) > 1 else path[0]
        if name in steps:
            return name, str(steps[name])
    return "", ""
