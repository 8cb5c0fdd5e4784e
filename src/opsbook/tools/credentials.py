"""Credentials: which settings are there, and what was refused with them last. Never a value."""

from __future__ import annotations

import asyncio

from pydantic import Field

from opsbook.sdk.integration import NOT_STATED, ErrorClass
from opsbook.sdk.tool import EffectClass, ToolArgs, ToolContext, ToolResult
from opsbook.sdk.values import JsonObject, measured, plain
from opsbook.tools._services import ServedTool, known_ids


class CheckCredentialsArgs(ToolArgs):
    """`integrations` are ids; none given means every system."""

    integrations: tuple[str, ...] | None = Field(default=None, max_length=50)


class CheckCredentials(ServedTool[CheckCredentialsArgs]):
    name = "checkCredentials"
    effect = EffectClass.READ
    summary = "Which settings of a system are there, whether they were refused, and when they end; never a value."
    Args = CheckCredentialsArgs

    async def run(self, args: CheckCredentialsArgs, context: ToolContext) -> ToolResult:
        """A list of `{id, name, configured, state, last_refused, expires_at}`.

        `last_refused` is the last refusal on record. `expires_at` is what the last probe's answer stated, with `of`
        (which credential) and `renews` (without a person); unknown where no answer states it.
        """
        ids = known_ids(self.services, args.integrations)
        refusals = await asyncio.to_thread(self.services.probes.last_with, ids, ErrorClass.AUTH.value)
        states = {row["integration"]: row for row in await asyncio.to_thread(self.services.probes.states)}
        value = []
        for key in ids:
            system = self.services.integrations[key]
            row: JsonObject = {
                "id": key,
                "name": system.name,
                "configured": system.configured,
                "state": plain(dict(system.credential_state())),
                "last_refused": plain(refusals.get(key)),
                **(states.get(key, {}).get("credentials") or {"expires_at": NOT_STATED.as_json()}),
            }
            value.append(row)
        refused = sum(1 for row in value if row["last_refused"])
        figures = {
            "checked": measured(len(ids)),
            "configured": measured(sum(1 for row in value if row["configured"])),
            "ever_refused": measured(refused),
        }
        return ToolResult(plain(value), self.services.clock.now(), "settings and stored probes", figures=figures)


TOOLS = (CheckCredentials,)
