"""Which systems there are. Cheap: a listing of folders, no client is loaded.

A folder is one system, whose id is the folder's name, or a family: then the settings say which systems there are of it
and what each is called, `[integrations.<folder>.<id>]`. Nothing but this file knows the difference.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from opsbook.sdk.errors import InvalidInput, NeverWorks

ID = re.compile(r"[a-z][a-z0-9_]{0,39}")
MADE_UP = "shop"  # what one of a family is called in examples

Sections = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Origin:
    """One system of a deployment: its id, and the folder that it is made by."""

    id: str
    folder: str

    @property
    def place(self) -> str:
        """Where its settings stand: `integrations.hubspot`, or `integrations.<family>.shop`."""
        return f"integrations.{self.folder}" + (f".{self.id}" if self.folder in families() else "")

    def section(self, sections: Sections) -> Mapping[str, Any]:
        """What is set for it among the sections of all folders; nothing is an empty section."""
        found: Mapping[str, Any] = sections.get(self.folder, {})
        return found.get(self.id, {}) if self.folder in families() else found


@cache
def ids() -> tuple[str, ...]:
    """The name of every folder, sorted: the id of a system, or the name of a family."""
    here = Path(__file__).parent
    return tuple(sorted(path.parent.name for path in here.glob("[a-z]*/client.py")))


@cache
def families() -> frozenset[str]:
    """The folders whose systems the settings name: their package says `FAMILY = True`."""
    return frozenset(key for key in ids() if getattr(import_module(f"{__package__}.{key}"), "FAMILY", False) is True)


def systems(sections: Sections) -> dict[str, Origin]:
    """Every system of a deployment with these settings, by id and sorted by it.

    Raises `InvalidInput` for a section that no folder takes, and for a system of a family whose id is none or is
    taken, or that is no section.
    """
    for name in sections:
        if name not in ids():
            raise unknown_setting(f"integrations.{name[:40]}", name, ids(), _of_your_own())
    found = {key: Origin(key, key) for key in ids() if key not in families()}
    for family in sorted(families()):
        for name, section in sections.get(family, {}).items():
            if not isinstance(section, Mapping):
                raise _refused(f"{family}.{name[:40]}", "it stands outside of a section", _of_your_own())
            _check_id(family, name, (*ids(), *found))
            found[name] = Origin(name, family)
    return dict(sorted(found.items()))


def one_of(folder: str) -> Origin:
    """A system of a folder: the only one, or of a family a made-up one, to show what is set for each."""
    return Origin(MADE_UP if folder in families() else folder, folder)


def names() -> dict[str, str]:
    """What people call each folder's system, or its family, by the folder's name."""
    return {key: _said(key, "NAME") for key in ids()}


def kinds() -> dict[str, str]:
    """`platform`, `integration`, `delivery` or `plumbing`, by the folder's name."""
    return {key: _said(key, "KIND") for key in ids()}


def unknown_setting(place: str, name: str, known: Sequence[str], more: str = "") -> InvalidInput:
    """What is said of a name that is no setting; `more` is the rest of the cure."""
    near = get_close_matches(name, known, n=1)
    cure = f"Did you mean {near[0]}?" if near else f"There are: {', '.join(sorted(known))}."
    return InvalidInput(f"There is no setting {place}.", field=place, cure=f"{cure} {more}".rstrip())


def _check_id(family: str, name: str, taken: Sequence[str]) -> None:
    where = f"{family}.{name[:40]}"
    if not ID.fullmatch(name):
        plain = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
        cure = "Lower-case letters, digits and underscores, a letter first, 40 at most"
        near = f": {plain}." if ID.fullmatch(plain) and plain not in taken else "."
        raise _refused(where, "its name is no id", cure + near)
    if name in taken:
        raise _refused(where, f"there is {name} already", "Choose another id for it.")


def _refused(where: str, why: str, cure: str) -> InvalidInput:
    return InvalidInput(
        f"The setting integrations.{where} is refused: {why}.", field=f"integrations.{where}", cure=cure
    )


def _of_your_own() -> str:
    """Where a system goes that has no folder."""
    places = " or ".join(f"[{one_of(family).place}]" for family in sorted(families()))
    return f"A system of your own has a section with its id: {places}."


def _said(key: str, what: str) -> str:
    found = getattr(import_module(f"{__package__}.{key}"), what, None)
    if not isinstance(found, str) or not found:
        raise NeverWorks(f"integrations/{key}/__init__.py does not say its {what}.", code="bad_integration")
    return found
