"""The page of tools: effect class, arguments, what comes back."""

from __future__ import annotations

from opsbook.cli.reference._markdown import code, fields_and_parts, paragraphs
from opsbook.playbooks.catalog import ToolEntry
from opsbook.tools._found import entries

INTRODUCTION = """# Tools

A tool declares what it does to the world: `read`, `write`, `notify` or `money`. A dry run carries out `read` only and
keeps a preview of the rest. Arguments may be written in camelCase as well; unknown ones are refused. A figure that
could not be measured comes back as `{"value": null, "status": "unknown", "reason": "…"}`, never as 0.
"""


def page() -> str:
    return "\n".join([INTRODUCTION, *(_section(tool) for tool in entries().values())])


def _section(tool: ToolEntry) -> str:
    arguments = fields_and_parts(tool.args, 3) if tool.args.model_fields else "No arguments.\n"
    notes = paragraphs(tool.args.__doc__)
    return f"## {code(tool.name)}\n\n{tool.summary} Effect: {code(tool.effect)}.\n\n{arguments}" + (
        f"\n{notes}\n" if notes else ""
    )
