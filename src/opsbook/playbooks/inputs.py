"""Typed inputs: what a run is started with, and what a form is answered with, against what was declared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from opsbook.sdk.errors import InvalidInput
from opsbook.sdk.values import Json, JsonObject, plain

KINDS: dict[str, Any] = {"string": str, "number": (int, float), "boolean": bool, "array": list, "object": dict}


def checked_inputs(declared: Mapping[str, Any], given: Mapping[str, Json]) -> JsonObject:
    """The inputs with defaults filled in. Raises `InvalidInput` naming the field."""
    unknown = sorted(set(given) - set(declared))
    if unknown:
        known = ", ".join(sorted(declared)) or "none"
        raise InvalidInput(f"There is no input {unknown[0]}.", field=unknown[0], cure=f"Inputs here: {known}.")
    inputs: JsonObject = {}
    for name, spec in declared.items():
        if name not in given:
            if spec.get("required"):
                raise InvalidInput(f"The input {name} is required.", field=name, cure=f"Give a {spec['type']}.")
            inputs[name] = spec.get("default")
            continue
        value = given[name]
        fits = isinstance(value, KINDS[spec["type"]]) and not (spec["type"] == "number" and isinstance(value, bool))
        if not fits:
            raise InvalidInput(f"The input {name} must be a {spec['type']}.", field=name)
        inputs[name] = plain(value)
    return inputs
