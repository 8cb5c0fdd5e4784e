"""Small arithmetic on measurements: what is unknown stays so, and a ratio of nothing is no number."""

from __future__ import annotations

from opsbook.sdk.values import Json, JsonObject, Unknown, measured, unknown_in


def figure(value: Json | Unknown, unit: str = "") -> JsonObject:
    """A measurement of a value, or the unknown that stands for it. `unit` is cents, ratio or nothing for a count."""
    if isinstance(value, Unknown):
        return value.as_json()
    return measured(value, unit=unit) if unit else measured(value)


def ratio(part: int, whole: int, why_not: str) -> JsonObject:
    """`part / whole`, to six places; unknown, for the reason given, when the whole is 0."""
    return measured(round(part / whole, 6), unit="ratio") if whole else Unknown(why_not).as_json()


def against(now: JsonObject, before: JsonObject) -> JsonObject:
    """A measurement with the one before it and the relative change between them."""
    return {**now, "previous": before, "change": _change(now, before)}


def _change(now: JsonObject, before: JsonObject) -> JsonObject:
    for one in (now, before):
        if unknown := unknown_in({"value": one.get("value"), "status": one.get("status"), "reason": one.get("reason")}):
            return unknown.as_json()
    value, base = now["value"], before["value"]
    if not isinstance(value, int | float) or not isinstance(base, int | float) or base == 0:
        return Unknown("it was 0 before").as_json()
    return measured(round((value - base) / base, 6), unit="ratio")
