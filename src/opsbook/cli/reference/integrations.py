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
from opsbook.integrations.catalog import families, ids, kinds, names, one_of
from opsbook.integrations.configuration import system_class
from opsbook.integrations.hooks import callers
from opsbook.integrations.quality import RULES, State, contract, grades

INTRODUCTION = """# Integrations

A system is configured in `opsbook.toml` under `[integrations.<id>]`, or by the environment. A system without its
settings is `not_configured`: it is listed, never probed, never taken for healthy, and never alerts.
`opsbook probe <id>` asks one now.
"""

QUALITY = """## Quality

Every system says of each rule whether it is done, still to do, or does not apply, in its `quality.yaml`. The suite
tries the rules on the folders and fails where a file says otherwise. Confidence is that of the contract: solid is the
vendor's own documentation or a real server, medium several sources that agree, weak one source, or some that disagree.
"""


def page() -> str:
    overview = table(("Id", "Name", "Kind"), [(code(key), names()[key], kinds()[key]) for key in ids()])
    return "\n".join([INTRODUCTION, overview, _quality(), *map(_section, ids())])


def _quality() -> str:
    """The rules of the scale, then what each system says of them."""
    rules = table(("Rule", "What it asks"), [(code(rule), asks) for rule, asks in RULES.items()])
    found = table(("Id", "Contract", "Confidence", "Done", "To do", "Exempt"), [_graded(key) for key in ids()])
    return f"{QUALITY}\n{rules}\n{found}"


def _graded(key: str) -> tuple[str, ...]:
    """One system's row."""
    said, source = grades(key), contract(key)
    done = sum(grade.state is State.DONE for grade in said.values())
    reasons = [
        " ".join(f"{code(rule)}: {grade.reason}" for rule, grade in said.items() if grade.state is state)
        for state in (State.OPEN, State.EXEMPT)
    ]
    named = (source.source, source.confidence) if source else ("", "")
    return (code(key), *named, str(done), *reasons)


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
    many = f"As many as you name, each under an id of its own: `[{one_of(key).place}]`. " if key in families() else ""
    slow = f"{many}Judged slow above {system.slow_after_ms:g} ms.{carries}{calls} {more}\n"
    return f"## {code(key)}: {names()[key]}\n\n{slow}\n" + table(
        ("Setting", "Type", "Environment", "Default", "What it is"), rows
    )
