"""Values as people read them in a text."""

from __future__ import annotations

from typing import Any

from opsbook.playbooks.expressions.lists import shown
from opsbook.playbooks.expressions.operators import kind_of
from opsbook.playbooks.expressions.source import Misfit
from opsbook.sdk.values import Unknown, unknown_in


def measured_in(value: Any) -> Any:
    """The value of a figure that was measured, `{"value": 42, "status": "ok"}`; any other value is itself."""
    if type(value) is dict and value.get("status") == "ok" and "value" in value:
        return value["value"]
    return value


def unknown_text(lost: Unknown) -> str:
    return f"unknown ({lost.reason})" if lost.reason else "unknown"


def displayed(value: Any) -> str:
    """A value inside a text. Raises `Misfit` for lists and objects: a text never holds a dump."""
    lost = unknown_in(value)
    if lost is not None:
        return unknown_text(lost)
    value = measured_in(value)
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | dict):
        cure = "Give it a form: `| bullets`, `| table`, a field of it, or {% for %}."
        raise Misfit(f"{kind_of(value).capitalize()} has no form inside a text.", cure)
    return shown(value)


def displayable(value: Any) -> bool:
    return unknown_in(value) is not None or not isinstance(measured_in(value), list | dict)
