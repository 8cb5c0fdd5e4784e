"""The page of step types: what all steps share, then one section a type."""

from __future__ import annotations

import sys

from opsbook.cli.reference._markdown import code, fields_and_parts, paragraphs
from opsbook.playbooks.model import Playbook, Step
from opsbook.steps._found import step_types

INTRODUCTION = """# Playbooks and their steps

A playbook is YAML or JSON. Unknown keys are refused with the nearest known one. A *condition* is an expression that
yields a boolean or an unknown, a *duration* is `30s`, `10m`, `2h`, `7d` or ISO 8601, and what is *filled* may hold
`{{ expression }}`.
"""


def page() -> str:
    sections = [
        INTRODUCTION,
        "## The document\n",
        fields_and_parts(Playbook, 3),
        "## What all steps share\n",
        fields_and_parts(Step, 3),
    ]
    return "\n".join([*sections, *map(_section, sorted(step_types()))])


def _section(name: str) -> str:
    step = step_types()[name]
    told = paragraphs(sys.modules[type(step).__module__].__doc__)
    keys = fields_and_parts(step.grammar, 3) if step.grammar.model_fields else "No keys of its own.\n"
    notes = paragraphs(step.grammar.__doc__)
    return f"## {code(name)}\n\n{told}\n\n{keys}" + (f"\n{notes}\n" if notes else "")
