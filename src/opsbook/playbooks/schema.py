"""The published JSON Schema (draft 2020-12) of a playbook, for editors and other programs.

It knows the keys of every step type, the tools, agents and channels of a deployment. What it cannot say (names that
expressions read, arguments of tools) is checked by `validate`. Texts that are expressions or hold `{{ }}` are marked
with `x-opsbook`.
"""

from __future__ import annotations

import inspect
import json
from typing import Any

from pydantic import BaseModel

from opsbook.playbooks.catalog import Catalog
from opsbook.playbooks.fields import NAME_PATTERN, duration_text, parse_duration
from opsbook.playbooks.model import Playbook
from opsbook.playbooks.validate.annotations import step_keys

Schema = dict[str, Any]
DRAFT = "https://json-schema.org/draft/2020-12/schema"
TITLE = "opsbook playbook"
_DURATION: Schema = {
    "type": "string",
    "description": "a number and a unit, such as 30s, 10m, 2h or 7d, or ISO 8601",
    "pattern": r"^(\d+(\.\d+)?(ms|s|m|h|d|w)|P(\d+W)?(\d+D)?(T(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?)$",
}
_NAMES = ("tool", "agent", "channel")


def playbook_schema(catalog: Catalog) -> Schema:
    """The schema as plain JSON, the same for the same catalog."""
    found = Playbook.model_json_schema(by_alias=True)
    kinds: Schema = {"duration": _DURATION, "tool": _tools(catalog)}
    kinds["agent"] = _one_of("an agent of the roster", catalog.agents)
    kinds["channel"] = _one_of("a channel", catalog.channels)
    definitions = {name: one for name, one in found.pop("$defs").items() if name not in ("StepFields", "Step")}
    for name, grammar in sorted(catalog.steps.items()):
        own, inner = _grammar(name, grammar)
        definitions.update(inner)
        definitions[f"step_{name}"] = own
    definitions["Step"] = _step(catalog)
    whole = {
        **found,
        "$schema": DRAFT,
        "title": TITLE,
        "$defs": {**kinds, **definitions},
    }
    tidied: Schema = _tidy(whole)
    return tidied


def schema_text(catalog: Catalog) -> str:
    """The schema as it is published: indented, with one line end at its end."""
    return json.dumps(playbook_schema(catalog), indent=2, ensure_ascii=False, sort_keys=True) + "\n"


def _step(catalog: Catalog) -> Schema:
    """What all steps share; which other keys there are follows from `type`."""
    shared = Playbook.model_json_schema(by_alias=True)["$defs"]["Step"]
    properties = {key: value for key, value in shared["properties"].items() if key != "fields"}
    properties["type"] = {"enum": sorted(catalog.steps), "description": "the kind of step"}
    properties["id"] = {"type": "string", "pattern": NAME_PATTERN, "description": "unique in the playbook"}
    return {
        "type": "object",
        "description": "One step: what all types share, and the keys of its type.",
        "properties": {key: properties[key] for key in step_keys(None)},
        "required": ["id", "type"],
        "allOf": [
            {
                "if": {"properties": {"type": {"const": name}}, "required": ["type"]},
                "then": {"$ref": f"#/$defs/step_{name}"},
            }
            for name in sorted(catalog.steps)
        ],
        "unevaluatedProperties": False,
    }


def _grammar(name: str, grammar: type[BaseModel]) -> tuple[Schema, Schema]:
    """A step type's own keys, and the definitions that they use, under names of their own."""
    found = grammar.model_json_schema(by_alias=True)
    inner = found.pop("$defs", {})
    shared = set(Playbook.model_json_schema(by_alias=True)["$defs"])
    renamed = {one: f"{name}_{one}" for one in inner if one not in shared}
    own = _renamed(found, renamed)
    own.pop("additionalProperties", None)
    module = inspect.getdoc(inspect.getmodule(grammar)) or ""
    own["description"] = " ".join([module.split("\n", 1)[0], own.get("description", "")]).strip()
    return own, {new: _renamed(inner[old], renamed) for old, new in renamed.items()}


def _renamed(value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, dict):
        reference = str(value.get("$ref", "")).removeprefix("#/$defs/")
        if reference in names:
            return {**value, "$ref": f"#/$defs/{names[reference]}"}
        return {key: _renamed(one, names) for key, one in value.items()}
    return [_renamed(one, names) for one in value] if isinstance(value, list) else value


def _tidy(value: Any) -> Any:
    """Without generated titles; durations and names by reference; line breaks of docstrings as blanks."""
    if isinstance(value, list):
        return [_tidy(one) for one in value]
    if not isinstance(value, dict):
        return value
    more = {key: one for key, one in value.items() if key in ("description", "default")}
    if value.get("format") == "duration":
        if isinstance(value.get("default"), str):
            more["default"] = duration_text(parse_duration(value["default"]))
        return {"$ref": "#/$defs/duration", **more}
    if value.get("x-opsbook") in _NAMES:
        return {"$ref": f"#/$defs/{value['x-opsbook']}", **more}
    found = {}
    for key, one in value.items():
        if key == "title" and isinstance(one, str) and one != TITLE:
            continue
        found[key] = " ".join(one.split()) if key == "description" and isinstance(one, str) else _tidy(one)
    return found


def _tools(catalog: Catalog) -> Schema:
    if not catalog.tools:
        return {"type": "string", "description": "a tool"}
    each = [{"const": name, "description": tool.summary} for name, tool in sorted(catalog.tools.items())]
    return {"description": "a tool", "oneOf": each}


def _one_of(what: str, names: Any) -> Schema:
    found = sorted(names)
    return {"description": what, "enum": found} if found else {"description": what, "type": "string"}
