"""What the tools of a deployment work with, handed in once by the composition root."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from opsbook.sdk.clock import Clock
from opsbook.sdk.errors import NotFound
from opsbook.sdk.tool import Tool, ToolArgs
from opsbook.sdk.values import JsonObject

if TYPE_CHECKING:
    from opsbook.inbox.campaigns import Campaigns
    from opsbook.records.probes import Probes
    from opsbook.records.snapshots import Snapshots
    from opsbook.sdk.integration import Integration, ProbeReport
    from opsbook.warehouse import Warehouse


class Prober(Protocol):
    """What the tools ask of the monitor."""

    async def check(self, ids: Sequence[str]) -> list[ProbeReport]:
        """One report for each id, in the order asked. Never raises for what a system does."""


@dataclass(frozen=True)
class Services:
    """`agents` answers how each agent is: rows `{id, title, model, configured, problems}`."""

    warehouse: Warehouse
    monitor: Prober
    integrations: Mapping[str, Integration[Any]]
    snapshots: Snapshots
    probes: Probes
    campaigns: Campaigns
    agents: Callable[[], Sequence[JsonObject]]
    clock: Clock


A = TypeVar("A", bound=ToolArgs)


class ServedTool(Tool[A], Generic[A]):
    """A tool that works with the deployment's services. It is made once and keeps no state of its own."""

    def __init__(self, services: Services) -> None:
        self.services = services


def known_ids(services: Services, asked: Sequence[str] | None, kind: str | None = None) -> list[str]:
    """The ids asked for, in their order and once each; none asked: all of a kind (or all), by id.

    Raises `NotFound` with the nearest id for one that is no system of ours.
    """
    if asked is None:
        return sorted(key for key, one in services.integrations.items() if kind is None or one.kind == kind)
    for name in asked:
        if name not in services.integrations:
            near = get_close_matches(name, services.integrations, n=1, cutoff=0.5)
            cure = f"Did you mean {near[0]}?" if near else f"There are: {', '.join(sorted(services.integrations))}."
            raise NotFound(f"There is no integration {name}.", cure=cure, code="no_integration")
    return list(dict.fromkeys(asked))
