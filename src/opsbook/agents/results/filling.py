"""What stands in a result without a model: formulas, what is written under `otherwise`, figures of the same name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from opsbook.agents.results.reading import Answered
from opsbook.playbooks.expressions import evaluate
from opsbook.sdk.values import Json, JsonObject, Unknown, plain, unknown_in
from opsbook.sdk.work import Wanted

KINDS = {"string": "a text", "number": "a number", "boolean": "true or false", "array": "a list", "object": "an object"}


def computed(output: Mapping[str, Wanted], names: Mapping[str, Any]) -> JsonObject:
    """The fields with a formula. Raises `InvalidDefinition` for a formula that cannot be worked out at all."""
    return {name: _worked_out(one, one.formula, names) for name, one in output.items() if one.formula is not None}


def put_together(
    output: Mapping[str, Wanted],
    formulas: JsonObject,
    answered: Answered | None,
    figures: Mapping[str, Json],
    names: Mapping[str, Any],
) -> tuple[JsonObject, JsonObject]:
    """Every field's value, and of every field `{from, facts}`: what it comes from, and the facts it rests on.

    `from` is formula, model, otherwise, figure or nobody; a field from nobody is unknown. `answered` is a model's
    answer that may be used, or None. Raises `InvalidDefinition` for an `otherwise` that cannot be worked out.
    """
    values: JsonObject = {}
    origins: JsonObject = {}
    for name, wanted in output.items():
        facts: list[str] = []
        if name in formulas:
            values[name], origin = formulas[name], "formula"
        elif answered is not None and name in answered.values:
            values[name], origin, facts = answered.values[name], "model", answered.rests_on[name]
        else:
            values[name], origin = _without_a_model(name, wanted, answered, figures, names)
        origins[name] = {"from": origin, "facts": list(facts)}
    return values, origins


def _without_a_model(
    name: str,
    wanted: Wanted,
    answered: Answered | None,
    figures: Mapping[str, Json],
    names: Mapping[str, Any],
) -> tuple[Json, str]:
    if wanted.otherwise is not None:
        return _worked_out(wanted, wanted.otherwise, names), "otherwise"
    figure = figures.get(name) if wanted.type == "number" else None
    if isinstance(figure, dict) and not unknown_in(figure) and wanted.unit in (None, figure.get("unit", "count")):
        return figure.get("value"), "figure"
    why = "the agent found no fact that tells it" if answered else "only a model could tell it, and none has"
    return Unknown(why).as_json(), "nobody"


def _worked_out(wanted: Wanted, expression: str | None, names: Mapping[str, Any]) -> Json:
    """The value of an expression when it is what the field holds; otherwise unknown, and why."""
    value = evaluate(expression or "", names)
    if unknown := unknown_in(value):
        return unknown.as_json()
    found = plain(value)
    if misfit := fault_in(found, wanted):
        return Unknown(misfit).as_json()
    return found


def fault_in(value: Json, wanted: Wanted) -> str:
    """Why a value is not what a field holds; empty when it is. A part that is unknown may stand anywhere."""
    if unknown_in(value):
        return ""
    kinds: dict[str, Any] = {"string": str, "number": int | float, "boolean": bool, "array": list, "object": dict}
    if not isinstance(value, kinds[wanted.type]) or (wanted.type == "number" and isinstance(value, bool)):
        return f"its rule gave something else than {KINDS[wanted.type]}"
    if wanted.enum and value not in wanted.enum:
        return f"its rule gave none of {', '.join(wanted.enum)}"
    if isinstance(value, list) and wanted.items is not None:
        if len(value) > wanted.max_items:
            return f"its rule gave more than {wanted.max_items} entries"
        return next((fault for item in value if (fault := fault_in(item, wanted.items))), "")
    if isinstance(value, dict):
        if strange := next((key for key in value if key not in wanted.properties), None):
            return f"its rule gave {strange}, which it does not have"
        return next((fault for key, one in value.items() if (fault := fault_in(one, wanted.properties[key]))), "")
    return ""


def as_facts(output: Mapping[str, Wanted], formulas: JsonObject) -> list[tuple[str, float, str]]:
    """The figures that formulas came to as label, value and unit, for a model that may tell them."""
    return [
        (name.replace("_", " "), value, output[name].unit or "count")
        for name, value in formulas.items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    ]
