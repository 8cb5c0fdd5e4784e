"""Dialect A: the operational JSON of the earlier system.

A playbook has `schedule: cron` with `cronExpression`, `triggerEvents[]` and `steps[]`. On a condition step `condition`
names the flag that it sets; on every other step it is the flag that guards it, `!flag` included.
"""

from __future__ import annotations

import re
from typing import Any

from opsbook.playbooks.catalog import Catalog
from opsbook.playbooks.importers._a_steps import Steps
from opsbook.playbooks.importers._contract import Dialect
from opsbook.playbooks.importers._expressions import expression, template
from opsbook.playbooks.importers._notes import Notes

ZONE = "America/New_York"
LABELS = ("segment", "orgId", "category", "visibility", "version", "createdAt", "updatedAt", "createdBy", "tags")
READ = frozenset(
    {
        "id",
        "name",
        "description",
        "agent",
        "enabled",
        "schedule",
        "cronExpression",
        "timezone",
        "triggerEvents",
        "steps",
        "timeoutSeconds",
        "criteria",
        "alertRules",
    }
)


class DialectA(Dialect):
    def recognises(self, document: dict[str, Any]) -> bool:
        steps = document.get("steps")
        foreign = {"cronExpression", "triggerEvents", "schedule", "orgId"} & document.keys()
        return isinstance(steps, list) and bool(foreign or any(_is_foreign(step) for step in steps))

    def convert(self, document: dict[str, Any], catalog: Catalog, notes: Notes) -> dict[str, Any]:
        found: dict[str, Any] = {"id": _id(document, notes), "name": str(document.get("name") or document.get("id"))}
        if document.get("description"):
            found["description"] = str(document["description"])
        agent = document.get("agent")
        if agent in catalog.agents:
            found["agent"] = agent
        elif agent is not None:
            cure = f"The agents here are: {', '.join(sorted(catalog.agents))}."
            notes.warn("agent", f"There is no agent {agent} here; it is left out.", cure, "unknown_agent")
        if document.get("enabled"):
            notes.warn(
                "enabled", "The playbook was enabled; an import never is.", "Enable it after a dry run.", "disabled"
            )
        found["labels"] = _labels(document, notes)
        if triggers := _triggers(document, notes):
            found["triggers"] = triggers
        if isinstance(seconds := document.get("timeoutSeconds"), int | float) and seconds > 0:
            found["policy"] = {"timeout": f"{seconds:g}s"}
        found["steps"] = Steps(document, found, catalog, notes).all()
        found["success"] = _criteria(document.get("criteria"), notes)
        found["alerts"] = _rules(document.get("alertRules"), notes)
        return {key: value for key, value in found.items() if value not in ([], {})}


DIALECT = DialectA()


def _is_foreign(step: Any) -> bool:
    return isinstance(step, dict) and bool({"storeResultAs", "config", "modelTier"} & step.keys())


def _id(document: dict[str, Any], notes: Notes) -> str:
    """The id; where it is none, one made of it or of the name."""
    given = str(document.get("id") or document.get("name") or "")
    made = re.sub(r"[^a-z0-9]+", "_", given.lower()).strip("_")[:64]
    made = made if re.match(r"[a-z]", made) and len(made) >= 3 else f"imported_{made}"[:64].strip("_")
    if made != document.get("id"):
        notes.warn("id", f"The id is now {made}.", "Ids are small letters, digits and underscores.", "renamed")
    return made


def _labels(document: dict[str, Any], notes: Notes) -> dict[str, Any]:
    labels: dict[str, Any] = {"imported_from": "dialect A"}
    for key, value in document.items():
        if key in LABELS:
            labels[_snake(key)] = value
        elif key not in READ:
            labels[_snake(key)] = value
            notes.warn(key, f"The key {key} means nothing here; it is kept under labels.", code="kept")
    return labels


def _triggers(document: dict[str, Any], notes: Notes) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    cron = document.get("cronExpression")
    if isinstance(cron, str) and cron.strip():
        zone = document.get("timezone")
        if not zone:
            sentence = f"There is no time zone; the schedule follows {ZONE}."
            notes.warn("cronExpression", sentence, "Change `timezone` where that is wrong.", "timezone_assumed")
        found.append({"schedule": {"cron": cron.strip(), "timezone": zone or ZONE}})
    events = document.get("triggerEvents") or []
    for index, event in enumerate(events if isinstance(events, list) else [events]):
        notes.warn(f"triggerEvents/{index}", f"It starts on the event {event} too.", "Check who sends it.", "event")
        found.append({"event": str(event)})
    if not found:
        notes.warn("", "Nothing starts this playbook but a person.", "Add `triggers:`.", "no_trigger")
    return found


def _criteria(items: Any, notes: Notes) -> list[dict[str, Any]]:
    found = []
    for index, item in enumerate(items if isinstance(items, list) else []):
        expr = _comparison(item)
        if expr is None:
            notes.warn(f"criteria/{index}", "This criterion is not understood; it is left out.", code="left_out")
            continue
        found.append({"id": str(item.get("id") or f"criterion_{index + 1}"), "expr": expr})
    return found


def _rules(items: Any, notes: Notes) -> list[dict[str, Any]]:
    found = []
    for index, item in enumerate(items if isinstance(items, list) else []):
        expr = _comparison(item)
        if expr is None:
            notes.warn(f"alertRules/{index}", "This rule is not understood; it is left out.", code="left_out")
            continue
        rule = {"id": str(item.get("id") or f"alert_{index + 1}"), "expr": expr}
        if item.get("severity"):
            rule["severity"] = str(item["severity"])
        if message := template(str(item.get("message") or "")):
            rule["message"] = message
        found.append(rule)
    return found


def _comparison(item: Any) -> str | None:
    """`expression` as it stands, or `metric`, `op` and `value`."""
    if not isinstance(item, dict):
        return None
    if isinstance(item.get("expression"), str):
        return expression(item["expression"])
    if isinstance(item.get("metric"), str) and item.get("op") in ("<", "<=", ">", ">=", "==", "!=", "===", "!=="):
        value = item.get("value")
        shown = f'"{value}"' if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else value
        return expression(f"{item['metric']} {item['op']} {shown}")
    return None


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower()
