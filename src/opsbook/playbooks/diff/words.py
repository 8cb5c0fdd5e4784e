"""Schedules and changes in words."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from opsbook.playbooks.diff.compare import Change, Diff

DAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
SIGNS = {"added": "+", "removed": "-", "moved": ">", "changed": "~"}
LONGEST = 100  # characters of a value in a line
_NUMBER = re.compile(r"\d+")


def schedule_words(cron: str, timezone: str) -> str:
    """`Monday to Friday at 09:00, America/New_York`; what has no short words is given as cron."""
    fields = cron.split()
    if len(fields) != 5:
        return f"cron {cron}, {timezone}"
    minute, hour, day, month, weekday = fields
    when = _time(minute, hour)
    days = _days(weekday) if day == "*" and month == "*" else None
    if when is None or days is None:
        return f"cron {cron}, {timezone}"
    return f"{when}, {timezone}" if days == "every day" and when.startswith("every") else f"{days} {when}, {timezone}"


def render(diff: Diff) -> str:
    """A line for each change, those that let the playbook reach further marked with an exclamation mark."""
    if not diff.changes:
        return "The two playbooks mean the same.\n"
    return "".join(f"{line}\n" for change in diff.changes for line in _lines(change))


def _lines(change: Change) -> Iterator[str]:
    sign = "!" if change.grants else SIGNS[change.kind]
    if change.what == "capability":
        what = f"{change.key.removesuffix('s')} {change.id}"
        more = ", which does more than read" if change.after == "acts" else ""
        yield f"{sign} may now use {what}{more}" if change.kind == "added" else f"{sign} no longer uses {what}"
        return
    name = f"{change.what} {change.id}".strip()
    if change.kind == "moved":
        yield f"{sign} {name}: moved from {change.before} to {change.after}"
    elif change.key:
        yield f"{sign} {name}: {change.key}: {_change(change)}"
    elif change.what == "trigger":
        yield f"{sign} {name}: {_trigger(change.after or change.before)}"
    else:
        yield f"{sign} {name} {change.kind}: {_value(change.after if change.kind == 'added' else change.before)}"


def _change(change: Change) -> str:
    if change.kind == "added":
        return _value(change.after)
    if change.kind == "removed":
        return f"{_value(change.before)} is gone"
    if change.what == "trigger" and change.key == "cron":
        return f"{change.before} → {change.after} ({schedule_words(str(change.after), '').rstrip(', ')})"
    return f"{_value(change.before)} → {_value(change.after)}"


def _trigger(trigger: Any) -> str:
    if isinstance(trigger, dict) and "cron" in trigger:
        return schedule_words(str(trigger["cron"]), str(trigger.get("timezone", "")))
    return _value(trigger)


def _value(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _time(minute: str, hour: str) -> str | None:
    if _NUMBER.fullmatch(minute) and _NUMBER.fullmatch(hour):
        return f"at {int(hour):02}:{int(minute):02}"
    if hour == "*" and _NUMBER.fullmatch(minute):
        return "every hour" if int(minute) == 0 else f"every hour at minute {int(minute)}"
    if hour == "*" and (step := re.fullmatch(r"\*/(\d+)", minute)):
        return f"every {step[1]} minutes"
    return "every minute" if minute == hour == "*" else None


def _days(field: str) -> str | None:
    if field == "*":
        return "every day"
    if span := re.fullmatch(r"([0-7])-([0-7])", field):
        return f"{DAYS[int(span[1]) % 7]} to {DAYS[int(span[2]) % 7]}"
    if re.fullmatch(r"[0-7](,[0-7])*", field):
        names = [DAYS[int(day) % 7] for day in field.split(",")]
        return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
    return None
