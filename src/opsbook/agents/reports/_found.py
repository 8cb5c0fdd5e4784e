"""Finds the report kinds in this folder."""

from __future__ import annotations

from difflib import get_close_matches
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from opsbook.agents.reports._sections import ReportKind
from opsbook.sdk.errors import InvalidInput, NeverWorks


@cache
def report_kinds() -> dict[str, ReportKind]:
    """Every report kind by name. Raises `NeverWorks` when a file holds none."""
    package = __name__.rpartition(".")[0]
    found: dict[str, ReportKind] = {}
    for module in iter_modules(import_module(package).__path__):
        if module.name.startswith("_"):
            continue
        report = getattr(import_module(f"{package}.{module.name}"), "REPORT", None)
        if not isinstance(report, ReportKind):
            raise NeverWorks(f"agents/reports/{module.name}.py holds no REPORT.", cure="Every file there is one kind.")
        found[module.name] = report
    return found


def report_kind(name: str, sections: tuple[str, ...] = ()) -> ReportKind:
    """One kind; raises `InvalidInput` for a kind or a section that does not exist, with the nearest."""
    kinds = report_kinds()
    if name not in kinds:
        raise InvalidInput(f"There is no report kind {name}.", field="kind", cure=_near(name, list(kinds)))
    known = [section.id for section in kinds[name].sections]
    for section in sections:
        if section not in known:
            raise InvalidInput(f"A {name} has no section {section}.", field="sections", cure=_near(section, known))
    return kinds[name]


def _near(name: str, known: list[str]) -> str:
    near = get_close_matches(name, known, n=1, cutoff=0.5)
    return f"Did you mean {near[0]}?" if near else f"There are: {', '.join(known)}."
