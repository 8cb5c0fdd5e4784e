"""The page of settings: every field of the one typed class, where it may be given."""

from __future__ import annotations

from opsbook.cli.reference._markdown import (
    about,
    code,
    codes,
    default_words,
    fields_table,
    paragraphs,
    table,
    type_words,
)
from opsbook.inbox.pace import Pace
from opsbook.integrations.hooks import HookSettings
from opsbook.settings import ENVIRONMENT, ApprovalSettings, MaintenanceSettings, PersonSettings, Settings
from opsbook.settings.mcp import TokenSettings
from opsbook.tools.mcp.configured import OutsideToolSettings, ServerSettings
from opsbook.warehouse.contracts import ContractSettings
from opsbook.warehouse.definitions import Definitions, part_named
from opsbook.warehouse.sources.sql.declared import QuerySettings, SourceSettings

INTRODUCTION = """# Settings

One file, `opsbook.toml` in the working directory (or where `OPSBOOK_CONFIG` says), and the environment, which wins.
A text in either may name a secret that is kept in Google's Secret Manager, as `sm://NAME`: see
[its page](../../src/opsbook/integrations/secret_manager/README.md). Secrets print as stars. A setting that does not
exist or holds an unsafe value refuses to start, names itself and says how to mend it.
"""
HOOKS = """## `[hooks.<id>]`

A section for each door of your own, see [webhooks](../howto/webhooks.md). Its secrets may come from the environment:
`OPSBOOK_HOOK_<ID>_SECRET` and, during a rotation, `OPSBOOK_HOOK_<ID>_SECRET_PREVIOUS`.
"""

APPROVALS = """## `[approvals]`

How people decide about what waits for them: see [approve](../howto/approve.md).
"""
CAMPAIGNS = """## `[campaigns]`

When approved campaigns leave, and how fast: see [send a campaign](../howto/send-a-campaign.md).
"""
TOKENS = """## `[mcp.tokens.<name>]`

A section for each agent that may ask this deployment over the Model Context Protocol, see
[other agents](../howto/mcp.md). Its calls are kept under `mcp:<name>`.
"""
SERVERS = """## `[mcp.servers.<name>]`

A section for each server of the protocol whose tools this deployment may use. A tool that is not named does not exist
here; one that is named is called `<name>.<tool>`.
"""
METRICS = """## `[metrics.<name>]`

Other conditions under which a metric's figure is judged; outside them it is unknown and keeps what was seen. The
metrics and their own conditions: [warehouse](warehouse.md#metrics).
"""
SOURCES = """## `[sources.<name>]`

A section for each database that is read into the warehouse, with a section `[sources.<name>.<query>]` for each of its
queries: see [read a database](../howto/sql-source.md). Its address may come from the environment:
`OPSBOOK_SOURCE_<NAME>_URL`.
"""
DEFINITIONS = """## `[definitions.<part>]`

What counts: whose login is an organisation's, which statuses are paid, where leads are captured. A part that is given
replaces the words that it names and leaves the others. Every figure, explanation and report is made by these words. A
change shows at once in all figures but those of stored reports and snapshots, which stay as they were taken.
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
            APPROVALS,
            fields_table(ApprovalSettings),
            CAMPAIGNS,
            fields_table(Pace),
            METRICS,
            fields_table(ContractSettings),
            SOURCES,
            fields_table(SourceSettings),
            "### `[sources.<name>.<query>]`\n",
            fields_table(QuerySettings),
            DEFINITIONS,
            *(_part(name) for name in Definitions.model_fields),
            TOKENS,
            fields_table(TokenSettings),
            SERVERS,
            fields_table(ServerSettings),
            "### `[mcp.servers.<name>.tools.<tool>]`\n",
            fields_table(OutsideToolSettings),
            HOOKS,
            fields_table(HookSettings),
            "## `[[maintenance]]`\n\nA section for each window of planned work: probes go on, nobody is alarmed.\n",
            fields_table(MaintenanceSettings),
            "## `[integrations.<id>]`\n\nA section for each system: see [integrations](integrations.md).\n",
        ]
    )


def _part(name: str) -> str:
    model = part_named(name)
    return f"### `[definitions.{name}]`\n\n{paragraphs(model.__doc__)}\n\n{fields_table(model)}"


def _variables(setting: str) -> list[str]:
    return [variable for variable, name in ENVIRONMENT.items() if name == setting]
