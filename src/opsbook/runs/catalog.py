"""What this deployment knows, gathered from the rooms below, for the language to be checked against. Cheap to make."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from opsbook.agents.roster import entries as agent_entries
from opsbook.agents.roster import load_roster
from opsbook.integrations.catalog import systems as systems_of
from opsbook.playbooks.catalog import Catalog, ToolEntry
from opsbook.steps._found import grammars
from opsbook.tools._found import entries as tool_entries

CHANNELS = frozenset({"dashboard", "email", "slack", "sms"})


def catalog(
    roster: Path | None = None,
    playbooks: Iterable[str] = (),
    systems: Collection[str] | None = None,
    outside: Mapping[str, ToolEntry] | None = None,
) -> Catalog:
    """Step types, tools, agents, channels and systems; `playbooks` are the published ones.

    `systems` are the deployment's; not given, those that every deployment has. `outside` are the tools of other
    people's servers that the settings allow.
    """
    return Catalog(
        grammars(),
        {**tool_entries(), **(outside or {})},
        load_roster(roster, outside or ()).entries() if roster else agent_entries(),
        CHANNELS,
        frozenset(systems_of({}) if systems is None else systems),
        frozenset(playbooks),
    )
