"""Moments that somebody types."""

from __future__ import annotations

from datetime import datetime

from opsbook.sdk.errors import InvalidInput


def moment(text: str, option: str) -> datetime:
    """A time with its zone. Raises `InvalidInput` that names the option for anything else."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        cure = "Write it with its zone, such as 2026-11-24T08:00-05:00 or 2026-11-24T13:00Z."
        raise InvalidInput(f"{text[:40]} is no time that says its zone.", field=option, cure=cure)
    return found
