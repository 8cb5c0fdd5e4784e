"""Finds the dialects in this folder."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from opsbook.playbooks.importers._contract import Dialect
from opsbook.sdk.errors import NeverWorks


@cache
def dialects() -> dict[str, Dialect]:
    """Every dialect by name. Raises `NeverWorks` when a file holds none."""
    package = __name__.rpartition(".")[0]
    found: dict[str, Dialect] = {}
    for module in iter_modules(import_module(package).__path__):
        if module.name.startswith("_"):
            continue
        dialect = getattr(import_module(f"{package}.{module.name}"), "DIALECT", None)
        if not isinstance(dialect, Dialect):
            raise NeverWorks(f"importers/{module.name}.py holds no DIALECT.", cure="Every file there is one dialect.")
        found[module.name] = dialect
    return found
