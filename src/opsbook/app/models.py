"""The language models of a deployment, and the meter that every request to them passes."""

from __future__ import annotations

from functools import partial

from opsbook.agents.models import TIERS, Models, ModelSettings, Tier
from opsbook.agents.prices import prices_with
from opsbook.agents.privacy import Screen
from opsbook.agents.privacy.declared import As
from opsbook.agents.spending import Meter
from opsbook.app.world import World
from opsbook.records.model_requests import ModelRequests
from opsbook.records.store import Store
from opsbook.runs.events import Bus
from opsbook.sdk.clock import Ids
from opsbook.settings import Settings


def meter(settings: Settings, world: World, store: Store, ids: Ids, bus: Bus) -> Meter:
    prices = prices_with(settings.model_prices)
    return Meter(ModelRequests(store), world.clock, ids, prices, world.http.redactor.clean, world.tracer, bus.watching)


def models(settings: Settings, meter: Meter) -> Models:
    chosen = {
        "economy": settings.model_economy,
        "premium_reasoning": settings.model_premium,
        "flagship": settings.model_flagship,
    }
    tiers = {name: Tier(chosen[name] or tier.claude, tier.gemini) for name, tier in TIERS.items()}
    addresses = {name: settings.integrations.get(name, {}).get("base_url") for name in ("claude", "gemini")}
    return Models(
        ModelSettings(
            settings.anthropic_api_key.get_secret_value() if settings.anthropic_api_key else None,
            settings.gemini_api_key.get_secret_value() if settings.gemini_api_key else None,
            addresses["claude"],
            addresses["gemini"],
            tiers,
        ),
        meter,
        screen=partial(Screen, _declared(settings)),
    )


def _declared(settings: Settings) -> dict[str, dict[str, As]]:
    """What the settings let leave of the answers of other servers' tools, by the name that a tool has here."""
    return {
        f"{server}.{tool}": {field: As(how) for field, how in allowed.leaves.items()}
        for server, known in settings.mcp.servers.items()
        for tool, allowed in known.tools.items()
    }
