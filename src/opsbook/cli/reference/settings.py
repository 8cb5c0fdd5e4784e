"""The page of settings: every field of the one typed class, where it may be given."""

from __future__ import annotations

from opsbook.cli.reference._markdown import about, code, codes, default_words, fields_table, table, type_words
from opsbook.settings import ENVIRONMENT, PersonSettings, Settings

INTRODUCTION = """# Settings

One file, `opsbook.toml` in the working directory (or where `OPSBOOK_CONFIG` says), and the environment, which wins.
Secrets print as stars. A setting that does not exist or holds an unsafe value refuses to start, names itself and says
how to mend it.
"""


def page() -> str:
    rows = [
        (code(name), type_words(field), codes(_variables(name)), default_words(field), about(field))
        for name, field in Settings.model_fields.items()
    ]
    return "\n".join(
        [
            INTRODUCTION,
            table(("Setting", "Type", "Environment", "Default", "What it is"), rows),
            "## `[people.<name>]`\n\nA section for each person; playbooks name them by `<name>`.\n",
            fields_table(PersonSettings),
            "## `[integrations.<id>]`\n\nA section for each system: see [integrations](integrations.md).\n",
        ]
    )


def _variables(setting: str) -> list[str]:
    return [variable for variable, name in ENVIRONMENT.items() if name == setting]
