"""The page of integrations: every outside system and the settings that open it."""

from __future__ import annotations

from pathlib import Path

from opsbook import integrations
from opsbook.cli.reference._markdown import (
    about,
    code,
    codes,
    default_words,
    environment_of,
    key_of,
    table,
    type_words,
)
from opsbook.integrations.catalog import ids, kinds, names
from opsbook.integrations.configuration import system_class
from opsbook.integrations.hooks import callers

INTRODUCTION = """# Integrations

A system is configured in `opsbook.toml` under `[integrations.<id>]`, or by the environment. A system without its
settings is `not_configured`: it is listed, never probed, never taken for healthy, and never alerts.
`opsbook probe <id>` asks one now.
"""


def page() -> str:
    overview = table(("Id", "Name", "Kind"), [(code(key), names()[key], kinds()[key]) for key in ids()])
    return "\n".join([INTRODUCTION, overview, *map(_section, ids())])


def _section(key: str) -> str:
    system = system_class(key)
    rows = [
        (code(key_of(name, field)), type_words(field), codes(environment_of(field)), default_words(field), about(field))
        for name, field in system.Config.model_fields.items()
    ]
    sends = (Path(integrations.__path__[0]) / key / "actions.py").exists()
    carries = " It carries messages to people." if sends else ""
    calls = f" It calls `POST /hooks/{key}`." if key in callers() else ""
    more = f"[More](../../src/opsbook/integrations/{key}/README.md)."
    slow = f"Judged slow above {system.slow_after_ms:g} ms.{carries}{calls} {more}\n"
    return f"## {code(key)}: {names()[key]}\n\n{slow}\n" + table(
        ("Setting", "Type", "Environment", "Default", "What it is"), rows
    )
