"""The page of the command line: every verb with its arguments and options, and the exit codes."""

from __future__ import annotations

from typing import Any

from opsbook.cli.main import Lazy, Verbs, command
from opsbook.cli.reference._markdown import code, codes, paragraphs, table

INTRODUCTION = """# Command line

`opsbook <verb>`. With `--json` a verb that prints prints one object, or `{"items": [...]}`; an error is `{"error":
{"code", "message", "cure"}}`.
"""
EXIT_CODES = (
    (0, "it worked"),
    (
        1,
        "the run failed or was partial; a system is offline (`probe`); something is wrong (`doctor`); "
        "nothing was loaded (`load`); a file is not in canonical form (`fmt --check`)",
    ),
    (2, "usage: an argument, a file or a setting is refused"),
    (3, "a definition is invalid"),
    (4, "criteria are not met (with `--strict`)"),
    (5, "the run waits: for a time or another run"),
    (6, "the run timed out"),
    (7, "the run was cancelled"),
    (8, "there is no such playbook, run or thread"),
    (9, "not allowed; the playbook is disabled"),
    (10, "conflict: a second server on the store, a run that is over, a key used before"),
    (11, "the budget is used up"),
    (130, "interrupted"),
)


def page() -> str:
    root: Verbs = command()
    context: Any = root.make_context("opsbook", [], resilient_parsing=True)
    codes_table = table(("Exit code", "Meaning"), [(str(number), meaning) for number, meaning in EXIT_CODES])
    sections = [INTRODUCTION, codes_table]
    for name in root.list_commands(context):
        verb = root.get_command(context, name)
        assert isinstance(verb, Lazy)
        sections.append(_section(f"opsbook {name}", verb.loaded(), 2))
    return "\n".join(sections)


def _section(words: str, verb: Any, level: int) -> str:
    """One verb; a verb with verbs of its own is followed by theirs."""
    lines = [f"{'#' * level} {code(words)}\n", paragraphs(verb.help), ""]
    shown = [_parameter(parameter) for parameter in verb.params if not getattr(parameter, "hidden", False)]
    if shown:
        lines.append(table(("Parameter", "Default", "What it is"), shown))
    for name, inner in getattr(verb, "commands", {}).items():
        lines.append(_section(f"{words} {name}", inner, level + 1))
    return "\n".join(lines)


def _parameter(parameter: Any) -> tuple[str, str, str]:
    named = parameter.param_type_name == "option"
    names = codes([*parameter.opts, *parameter.secondary_opts]) if named else code(parameter.name)
    default = parameter.default
    plain = default is None or default in ("", False, ()) or callable(default) or "UNSET" in repr(default)
    return names, "required" if parameter.required else "" if plain else code(default), parameter.help or ""
