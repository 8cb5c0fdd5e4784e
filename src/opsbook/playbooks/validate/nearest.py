"""The nearest name that there is, for cures. Searches are counted: a hostile document must not buy thousands."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

LONGEST = 64
MOST_SEARCHES = 40
MOST_KNOWN = 300


class Nearest:
    """One check's searches."""

    def __init__(self) -> None:
        self.searches = 0

    def cure(self, name: str, known: Iterable[str], what: str = "There is") -> str:
        """`Did you mean x?`, else what there is, else nothing."""
        names = sorted({one for one in known if one})
        close: list[str] = []
        if self.searches < MOST_SEARCHES and len(name) <= LONGEST and len(names) <= MOST_KNOWN:
            self.searches += 1
            close = get_close_matches(name, names, 1, 0.6) or _same_letters(name, names)
        if close:
            return f"Did you mean {close[0]}?"
        if not names:
            return ""
        more = " …" if len(names) > 12 else ""
        return f"{what}: {', '.join(names[:12])}{more}."


def _same_letters(name: str, names: list[str]) -> list[str]:
    """Names that differ in case and underscores only, so that `maxAttempts` finds `max_attempts`."""
    plain = name.replace("_", "").replace("-", "").lower()
    return [one for one in names if one.replace("_", "").lower() == plain][:1]
