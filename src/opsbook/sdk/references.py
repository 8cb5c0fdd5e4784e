"""Settings that name a secret kept elsewhere: `sm://NAME`, `sm://NAME@7`, `sm://NAME@previous`.

`sm` is Google's Secret Manager. Without a version the latest one is meant; `previous` is the one right before the
latest, as long as it is enabled: what is still accepted while a secret is rotated. Pure: nothing is fetched here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from opsbook.sdk.errors import InvalidInput

SCHEME = "sm://"
DEEPEST = 20  # levels of sections: no setting lies deeper, whatever a file holds
LATEST, PREVIOUS = "latest", "previous"
WRITTEN = re.compile(r"sm://([A-Za-z0-9_-]{1,255})(?:@([1-9][0-9]{0,9}|[A-Za-z][A-Za-z0-9_-]{0,62}))?")


@dataclass(frozen=True)
class Reference:
    """One version of one secret: a number, an alias, `latest` or `previous`."""

    name: str
    version: str = LATEST


@dataclass(frozen=True)
class Secret:
    """What is behind a reference. `trimmed`: a line break stood at its end and was left out."""

    text: str = field(repr=False)
    version: str
    trimmed: bool = False


@runtime_checkable
class SecretStore(Protocol):
    """A system that keeps secrets."""

    async def secret(self, reference: Reference) -> Secret | None:
        """The secret; None when `previous` is asked for and there is none that is enabled. Safe to repeat.

        Raises `NotFound`, `Conflict` (the version is disabled or destroyed), `PersonNeeded` (`credentials`),
        `RetryLater`, `NeverWorks` (`bad_reply`); no message holds what was read.
        """


def is_reference(value: object) -> bool:
    """Whether a setting's value is meant as a reference, well written or not."""
    return isinstance(value, str) and value.strip().startswith(SCHEME)


def read_reference(setting: str, value: str) -> Reference:
    """The reference in a setting. Raises `InvalidInput`, which names the setting and repeats nothing of its value."""
    found = WRITTEN.fullmatch(value.strip())
    if found is None:
        raise InvalidInput(
            f"The setting {setting} begins with {SCHEME} and names no secret.",
            field=setting,
            cure=f"Write {SCHEME}NAME, {SCHEME}NAME@7 for one version, or {SCHEME}NAME@previous.",
        )
    return Reference(found[1], found[2] or LATEST)


def references_in(value: object, place: str = "") -> Iterator[tuple[str, Reference]]:
    """Every reference among nested settings with its dotted place, in order. Raises `InvalidInput`."""
    if place.count(".") >= DEEPEST:
        return
    if is_reference(value):
        yield place, read_reference(place, str(value))
    for key, inner in _parts(value):
        yield from references_in(inner, f"{place}.{key}" if place else key)


def replaced(values: Mapping[str, Any], found: Mapping[str, str | None]) -> dict[str, Any]:
    """The settings with every reference replaced by what `found` has at its place, and left out where it has none."""
    return dict(_filled(values, found, ""))


def _filled(value: object, found: Mapping[str, str | None], place: str) -> Iterator[tuple[str, Any]]:
    """The parts of a section or a list, without those references that nothing is found for."""
    for key, inner in _parts(value):
        where = f"{place}.{key}" if place else key
        if where.count(".") >= DEEPEST:
            yield key, inner
        elif isinstance(inner, Mapping):
            yield key, dict(_filled(inner, found, where))
        elif isinstance(inner, list | tuple):
            yield key, [one for _, one in _filled(inner, found, where)]
        elif not is_reference(inner):
            yield key, inner
        elif (text := found.get(where)) is not None:
            yield key, text


def _parts(value: object) -> Iterator[tuple[str, object]]:
    if isinstance(value, Mapping):
        yield from ((str(key), inner) for key, inner in value.items())
    elif isinstance(value, list | tuple):
        yield from ((str(index), inner) for index, inner in enumerate(value))
