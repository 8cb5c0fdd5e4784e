"""pydantic's error kinds in our words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from opsbook.playbooks.fields import ID_PATTERN
from opsbook.playbooks.text.nodes import Node, Path
from opsbook.playbooks.text.reader import shown

KINDS = {
    "string_type": "a text",
    "string_sub_type": "a text",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "list_type": "a list",
    "tuple_type": "a list",
    "dict_type": "an object of keys and values",
    "model_type": "an object of keys and values",
    "model_attributes_type": "an object of keys and values",
}
_LIMITS = {
    "greater_than_equal": ("ge", "This must be at least {}."),
    "greater_than": ("gt", "This must be more than {}."),
    "less_than_equal": ("le", "This must be at most {}."),
    "less_than": ("lt", "This must be less than {}."),
    "string_too_short": ("min_length", "This text must have at least {} character(s)."),
    "string_too_long": ("max_length", "This text must have at most {} characters."),
    "too_short": ("min_length", "There must be at least {} here."),
    "too_long": ("max_length", "There must be at most {} here."),
}
_CURES = {
    "timezone": "Add `timezone: America/New_York`, or another zone whose wall clock the schedule follows.",
    "cron": "Add five fields: minute, hour, day of month, month, day of week, such as 0 9 * * 1-5.",
    "id": "Give it an id of small letters, digits and underscores.",
    "type": "Say what kind of step it is, such as `type: tool_call`.",
    "steps": "Add `steps:` with at least one step.",
    "name": "Add a name that people read.",
    "if": "Add `if:` with an expression that is true or false.",
    "expr": "Add `expr:` with an expression that is true or false.",
    "tool": "Name the tool.",
}


@dataclass(frozen=True)
class Said:
    """An error in words. `choices` are the values that would do."""

    sentence: str
    cure: str
    code: str
    choices: tuple[str, ...] = ()


def said_of(raw: Mapping[str, Any], node: Node) -> Said:
    """The words for one of pydantic's errors at a node."""
    kind, context = raw["type"], raw.get("ctx") or {}
    last = str(raw["loc"][-1]) if raw["loc"] else ""
    if kind == "missing":
        return Said(f"The key {shown(last)} is missing here.", f"Add `{last}:`.", "missing_key")
    if kind == "extra_forbidden":
        return Said(f"There is no key {shown(last)} here.", "", "unknown_key")
    if kind in ("literal_error", "enum"):
        choices = tuple(re.findall(r"'([^']*)'", str(context.get("expected", ""))))
        return Said(f"{_value(node)} is not one of the values allowed here.", "", "wrong_value", choices)
    if kind == "string_pattern_mismatch":
        return _pattern(str(context.get("pattern")), node, last)
    if kind == "value_error":
        sentence, _, cure = str(context.get("error", raw["msg"])).partition(": ")
        return Said(_sentence(sentence), _sentence(cure), "wrong_value")
    if kind in KINDS:
        return Said(f"Here must be {KINDS[kind]}, not {_kind(node)}.", _type_cure(kind, node), "wrong_type")
    if kind in _LIMITS:
        name, sentence = _LIMITS[kind]
        return Said(sentence.format(context.get(name)), "", "wrong_length" if "length" in name else "out_of_range")
    return Said(_sentence(str(raw["msg"])), "", "wrong_value")


def cure_for(raw: Mapping[str, Any], path: Path) -> str:
    """The cure for a key that is missing."""
    return _CURES.get(str(path[-1]), "") if raw["type"] == "missing" and path else ""


def is_echo(raw: Mapping[str, Any], node: Node) -> bool:
    """Whether a list counts as too short only because its items were refused, each with an error of its own."""
    size = len(node.items) if node.kind == "list" else len(node.pairs)
    return bool(raw["type"] == "too_short" and size >= raw["ctx"]["min_length"])


def _pattern(pattern: str, node: Node, last: str) -> Said:
    what = f"The key {shown(last)}" if last == "[key]" else _value(node)
    if pattern == ID_PATTERN:
        cure = "An id has 3 to 64 small letters, digits and underscores, and begins with a letter."
        return Said(f"{what} is not an id.", cure, "bad_id")
    if "." in pattern:
        return Said(f"{what} is not an event's name.", "Write it like customer.created, or order.* for all.", "bad_id")
    cure = "A name has letters, digits and underscores, and begins with a letter."
    return Said(f"{what} is not a name.", cure, "bad_id")


def _value(node: Node) -> str:
    if node.kind != "scalar":
        return f"{_kind(node).capitalize()}"
    return "Nothing" if node.value is None else shown(str(node.value))


def _kind(node: Node) -> str:
    if node.kind != "scalar":
        return "a list" if node.kind == "list" else "an object"
    if node.value is None:
        return "nothing"
    if isinstance(node.value, bool):
        return str(node.value).lower()
    return "a text" if isinstance(node.value, str) else "a number"


def _type_cure(kind: str, node: Node) -> str:
    if kind.startswith("string") and node.kind == "scalar" and node.value is not None:
        return "Put it in quotes."
    if kind in ("tuple_type", "list_type"):
        return "Begin each item with a dash, or write [a, b]."
    if kind.startswith("bool"):
        return "Write true or false."
    return ""


def _sentence(text: str) -> str:
    text = text.removeprefix("Value error, ").strip()
    if not text:
        return ""
    return text[0].upper() + text[1:] + ("" if text.endswith((".", "?")) else ".")
