"""Health: how the systems are, by asking them now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pydantic import Field

from opsbook.sdk.integration import Status
from opsbook.sdk.tool import EffectClass, ToolArgs, ToolContext, ToolResult
from opsbook.sdk.values import Json, JsonObject, Unknown, measured
from opsbook.tools._advice import recommend
from opsbook.tools._services import ServedTool, Services, known_ids

if TYPE_CHECKING:
    from opsbook.sdk.integration import ProbeReport

SOURCE = "probes made for this call"


class SystemHealthArgs(ToolArgs):
    """`check_agents` covers the roster and the systems that agents think and remember with."""

    check_firestore: bool = True
    check_auth: bool = True
    check_agents: bool = True
    check_integrations: bool = True


class IntegrationStatusArgs(ToolArgs):
    """`integrations` are ids, in the order wanted; none given means every integration."""

    integrations: tuple[str, ...] | None = Field(default=None, min_length=1, max_length=50)
    include_latency: bool = True
    include_last_ping: bool = True


class GetSystemHealth(ServedTool[SystemHealthArgs]):
    name = "getSystemHealth"
    effect = EffectClass.READ
    summary = "How the platform's own systems, its integrations and its agents are now, and what to do about it."
    Args = SystemHealthArgs

    async def run(self, args: SystemHealthArgs, context: ToolContext) -> ToolResult:
        """`{overall, components, integrations, agents, recommendations}`; what was not asked for is an empty list."""
        platform = [key for key in known_ids(self.services, None, "platform") if _wanted(key, args)]
        integrations = known_ids(self.services, None, "integration") if args.check_integrations else []
        items = await probed(self.services, [*platform, *integrations])
        components, rest = items[: len(platform)], items[len(platform) :]
        agents = [dict(row) for row in self.services.agents()] if args.check_agents else []
        advice = [found for item in items if (found := recommend(item))]
        advice += [_about_agent(row) for row in agents if row["problems"]]
        advice.sort(key=lambda one: ("high", "normal", "low").index(str(one["priority"])))
        value: JsonObject = {
            "overall": overall(components, rest, agents),
            "components": list(components),
            "integrations": list(rest),
            "agents": list(agents),
            "recommendations": list(advice),
        }
        return ToolResult(value, self.services.clock.now(), SOURCE, figures=_counts(items), warnings=_warnings(items))


class GetIntegrationStatus(ServedTool[IntegrationStatusArgs]):
    name = "getIntegrationStatus"
    effect = EffectClass.READ
    summary = "The status of integrations by probing them now: a list, in the order asked."
    Args = IntegrationStatusArgs

    async def run(self, args: IntegrationStatusArgs, context: ToolContext) -> ToolResult:
        """A list of `{id, name, status, latency_ms, checked_at, last_success_at, ...}`, one for each id.

        `last_success_age_seconds` is taken after this probe; unknown for a system that never answered.
        """
        items = await probed(self.services, known_ids(self.services, args.integrations, "integration"))
        left_out = set() if args.include_latency else {"latency_ms"}
        if not args.include_last_ping:
            left_out |= {"last_success_at", "last_success_age_seconds"}
        value: list[Json] = [{key: part for key, part in item.items() if key not in left_out} for item in items]
        return ToolResult(value, self.services.clock.now(), SOURCE, figures=_counts(items), warnings=_warnings(items))


async def probed(services: Services, ids: Sequence[str]) -> list[JsonObject]:
    """Probe the systems and say of each how it is and how long ago it last answered."""
    return [status_item(report) for report in await services.monitor.check(ids)]


def status_item(report: ProbeReport) -> JsonObject:
    return {**report.as_json(), "last_success_age_seconds": _age(report.last_success_at, report.checked_at)}


def overall(
    components: Sequence[Mapping[str, Any]],
    integrations: Sequence[Mapping[str, Any]],
    agents: Sequence[Mapping[str, Any]],
) -> str:
    """`unhealthy`, `degraded`, `unknown` or `healthy`, the worst first.

    A platform system that is offline makes it unhealthy; anything else that is not online, and an agent with a
    problem, degraded. What is not configured or under maintenance counts for nothing; without one system online
    nothing is healthy.
    """
    own = {item["status"] for item in components if not item["maintenance"]}
    every = own | {item["status"] for item in integrations if not item["maintenance"]}
    if Status.OFFLINE in own:
        return "unhealthy"
    if every & {Status.OFFLINE, Status.DEGRADED} or any(row["problems"] for row in agents):
        return "degraded"
    return "unknown" if Status.UNKNOWN in every or Status.ONLINE not in every else "healthy"


def _wanted(key: str, args: SystemHealthArgs) -> bool:
    """The flag whose word is in a platform system's id switches it; every other one belongs to the agents."""
    for word, flag in (("firestore", args.check_firestore), ("auth", args.check_auth)):
        if word in key:
            return flag
    return args.check_agents


def _age(last: datetime | None, now: datetime) -> Json:
    if last is None:
        return Unknown("it has never answered a probe").as_json()
    return round(max(0.0, (now - last).total_seconds()), 1)


def _counts(items: Sequence[Mapping[str, Any]]) -> dict[str, Json]:
    seen = Counter(item["status"] for item in items)
    return {"checked": measured(len(items)), **{status.value: measured(seen[status.value]) for status in Status}}


def _warnings(items: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    missing = [str(item["name"]) for item in items if item["status"] == Status.NOT_CONFIGURED]
    maintained = [f"{item['name']} ({item['maintenance_window']['reason']})" for item in items if item["maintenance"]]
    held = [f"{item['name']} ({item['observed']})" for item in items if item["observed"] != item["status"]]
    told = (
        ("Not configured, so never asked", missing),
        ("Under maintenance, so nobody is alarmed", maintained),
        ("The last probe found another status, too few times in a row to count", held),
    )
    return tuple(f"{words}: {', '.join(names)}." for words, names in told if names)


def _about_agent(row: Mapping[str, Any]) -> JsonObject:
    text = f"{row['id']}: {'; '.join(str(problem) for problem in row['problems'])}."
    return {"text": text, "priority": "normal", "evidence": {"id": row["id"], "problems": row["problems"]}}


TOOLS = (GetSystemHealth, GetIntegrationStatus)
