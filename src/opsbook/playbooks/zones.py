"""Time zones by IANA name, with the nearest name when there is none."""

from __future__ import annotations

from difflib import get_close_matches
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones


@cache
def _names() -> frozenset[str]:
    return frozenset(available_timezones())


def zone(name: str) -> ZoneInfo:
    """The zone of that name. Raises ValueError that names the nearest one; fixed offsets and `EST` are refused."""
    if name == "UTC" or "/" in name:
        try:
            return ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            pass
    near = get_close_matches(name, _names(), 1, 0.5)
    hint = f"did you mean {near[0]}?" if near else "write an IANA name, such as America/New_York"
    raise ValueError(f"no such time zone: {hint}")
