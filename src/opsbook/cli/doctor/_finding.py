"""One thing that was looked at."""

from __future__ import annotations

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Finding:
    """`state` is `ok`, `note` (worth knowing), or `bad` (something will not work); `cure` says what to do."""

    check: str
    state: str
    found: str
    cure: str = ""

    def as_json(self) -> dict[str, str]:
        return asdict(self)
