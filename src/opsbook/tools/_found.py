"""Finds the tool families in this folder."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from opsbook.playbooks.catalog import ToolEntry
from opsbook.sdk.errors import NeverWorks
from opsbook.sdk.tool import EffectClass, Tool
from opsbook.tools._services import ServedTool, Services

NO_FAMILIES = frozenset({"gateway", "mcp", "snapshotting"})


def build(services: Services) -> dict[str, Tool[Any]]:
    """Every tool by name, made with the services."""
    return {name: tool(services) for name, tool in _classes().items()}


@cache
def entries() -> dict[str, ToolEntry]:
    """Every tool as the language sees it. Cheap: no family imports what it works with."""
    return {
        name: ToolEntry(name, tool.effect.value, tool.Args, tool.summary) for name, tool in sorted(_classes().items())
    }


@cache
def _classes() -> dict[str, type[ServedTool[Any]]]:
    found: dict[str, type[ServedTool[Any]]] = {}
    for family, tools in _families():
        for tool in tools:
            if not isinstance(getattr(tool, "effect", None), EffectClass):
                raise NeverWorks(f"{tool.__name__} in tools/{family}.py declares no effect class.", code="no_effect")
            if tool.name in found:
                raise NeverWorks(f"Two tools are named {tool.name}; one is in tools/{family}.py.", code="same_name")
            found[tool.name] = tool
    return found


def _families() -> Iterator[tuple[str, tuple[type[ServedTool[Any]], ...]]]:
    package = __name__.rpartition(".")[0]
    for module in iter_modules(import_module(package).__path__):
        if module.name.startswith("_") or module.name in NO_FAMILIES:
            continue
        tools = getattr(import_module(f"{package}.{module.name}"), "TOOLS", None)
        if not isinstance(tools, tuple) or not tools:
            raise NeverWorks(f"tools/{module.name}.py lists no TOOLS.", cure="Every file there is one family of tools.")
        yield module.name, tools
