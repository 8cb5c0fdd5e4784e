"""Finds the step types in this folder."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from opsbook.playbooks.fields import StepFields
from opsbook.sdk.errors import NeverWorks
from opsbook.sdk.step import StepType


@cache
def step_types() -> dict[str, StepType[Any]]:
    """Every step type by name. Raises `NeverWorks` when a file holds none."""
    found: dict[str, StepType[Any]] = {}
    package = __name__.rpartition(".")[0]
    for module in iter_modules(import_module(package).__path__):
        if module.name.startswith("_"):
            continue
        step = getattr(import_module(f"{package}.{module.name}"), "STEP", None)
        if not isinstance(step, StepType):
            raise NeverWorks(f"steps/{module.name}.py holds no STEP.", cure="Every file there is one step type.")
        found[module.name.rstrip("_")] = step
    return found


def grammars() -> dict[str, type[StepFields]]:
    """The grammar of every step type, for the catalog."""
    return {name: step.grammar for name, step in step_types().items()}
