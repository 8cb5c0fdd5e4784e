"""The fields of a result as the JSON Schema that a model is given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from opsbook.sdk.work import Wanted

A_FACT = r"^\[\[f\d+\]\]$"
RESTS_ON = "the tokens of the facts that it rests on, one at least"
AS_TEXT = "Plain sentences; every figure, time, name and status as the token of its fact, like [[f3]]."
AS_NUMBER = "The token of the one fact that is this figure, like [[f3]]."


def asked_of_a_model(output: Mapping[str, Wanted]) -> dict[str, Wanted]:
    """The fields that a model is asked for: all without a formula."""
    return {name: wanted for name, wanted in output.items() if wanted.formula is None}


def schema_of(output: Mapping[str, Wanted]) -> dict[str, Any]:
    """The schema of one answer. No field is required: what no fact tells is left out, and is unknown then."""
    fields = asked_of_a_model(output)
    return _object({name: _field(wanted) for name, wanted in fields.items()})


def _field(wanted: Wanted) -> dict[str, Any]:
    about = f"{wanted.description.rstrip('.')}. " if wanted.description else ""
    if wanted.type == "array" and wanted.items is not None:
        return {
            "type": "array",
            "description": about.strip(),
            "maxItems": wanted.max_items,
            "items": _field(wanted.items),
        }
    if wanted.type == "object":
        inner = {name: _field(one) for name, one in wanted.properties.items()}
        return {**_object(inner), "description": about.strip()}
    if wanted.type == "number":
        unit = f" Its unit: {wanted.unit}." if wanted.unit else ""
        return {"type": "string", "pattern": A_FACT, "description": f"{about}{AS_NUMBER}{unit}"}
    if wanted.type == "boolean" or wanted.enum:
        value: dict[str, Any] = {"type": "string", "enum": list(wanted.enum)} if wanted.enum else {"type": "boolean"}
        rests_on = {
            "type": "array",
            "description": RESTS_ON,
            "minItems": 1,
            "items": {"type": "string", "pattern": A_FACT},
        }
        judged = _object({"value": value, "rests_on": rests_on})
        return {**judged, "required": ["value", "rests_on"], "description": about.strip()}
    return {"type": "string", "description": f"{about}{AS_TEXT}"}


def _object(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": dict(properties), "additionalProperties": False}
