"""Switches off what does not hold: a step with an error is kept as it was, and never runs."""

from __future__ import annotations

import json
from typing import Any

from opsbook.playbooks.catalog import Catalog
from opsbook.playbooks.importers._notes import Notes
from opsbook.playbooks.load import check_playbook
from opsbook.sdk.errors import Problem

KEPT = "switched_off_steps"


def mended(document: dict[str, Any], catalog: Catalog, notes: Notes) -> dict[str, Any]:
    """The document with every step that is in error switched off, and criteria and rules that are in error left out.

    What is switched off stands under `labels`, word for word.
    """
    for _ in range(len(document.get("steps", [])) + 2):
        playbook, problems = check_playbook(json.dumps(document), catalog)
        wrong = [problem for problem in problems if problem.severity == "error"]
        if playbook is not None or not _mend(document, wrong, notes):
            break
    return document


def switched_off(step: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    """The step that stands in for one that cannot run: it gives the same names, and is never reached."""
    labels = document.setdefault("labels", {})
    labels.setdefault(KEPT, {})[step["id"]] = {key: value for key, value in step.items() if key != "id"}
    names = [step[key] for key in ("save_as", "sets") if isinstance(step.get(key), str)]
    values: dict[str, Any] = dict.fromkeys(names or [f"{step['id']}_result"])
    name = f"Switched off: {step.get('name') or step['id']}"
    return {"id": step["id"], "type": "set", "name": name[:200], "when": "false", "values": values}


def _mend(document: dict[str, Any], wrong: list[Problem], notes: Notes) -> bool:
    """Whether something was mended."""
    mended_one = False
    for kind in ("steps", "success", "alerts"):
        items = document.get(kind, [])
        first: dict[int, Problem] = {}
        for problem in wrong:
            if (index := _index(problem, kind)) is not None and index < len(items):
                first.setdefault(index, problem)
        for index, why in sorted(first.items(), reverse=True):
            where = {"steps": "steps", "success": "criteria", "alerts": "alertRules"}[kind]
            if kind == "steps":
                items[index] = switched_off(items[index], document)
                what = f"The step {items[index]['id']} is switched off"
            else:
                what = f"The {'criterion' if kind == 'success' else 'alert rule'} {items.pop(index)['id']} is left out"
            notes.warn(f"{where}/{index}", f"{what}: {why.sentence}", why.cure, "switched_off")
            mended_one = True
    return mended_one


def _index(problem: Problem, kind: str) -> int | None:
    parts = problem.path.split("/")
    return int(parts[1]) if parts[0] == kind and len(parts) > 1 and parts[1].isdigit() else None
