"""Which systems there are. Cheap: a listing of folders, no client is loaded."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pathlib import Path

from opsbook.sdk.errors import NeverWorks


@cache
def ids() -> tuple[str, ...]:
    """The id of every system, sorted: the name of its folder."""
    here = Path(__file__).parent
    return tuple(sorted(path.parent.name for path in here.glob("[a-z]*/client.py")))


def names() -> dict[str, str]:
    """What people call each system, by id."""
    return {key: _said(key, "NAME") for key in ids()}


def kinds() -> dict[str, str]:
    """`platform`, `integration`, `delivery` or `plumbing`, by id."""
    return {key: _said(key, "KIND") for key in ids()}


def _said(key: str, what: str) -> str:
    found = getattr(import_module(f"{__package__}.{key}"), what, None)
    if not isinstance(found, str) or not found:
        raise NeverWorks(f"integrations/{key}/__init__.py does not say its {what}.", code="bad_integration")
    return found
