"""The model tiers, what a deployment sets for models, and what comes of asking one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from opsbook.agents.page import Section
from opsbook.sdk.values import JsonObject


@dataclass(frozen=True)
class Tier:
    """The two models of a tier; Gemini is asked when Claude does not answer."""

    claude: str
    gemini: str


TIERS: Mapping[str, Tier] = {
    "economy": Tier("claude-haiku-5-5", "gemini-2.5-flash"),
    "premium_reasoning": Tier("claude-sonnet-5-5", "gemini-2.5-pro"),
    "flagship": Tier("claude-opus-5-5", "gemini-2.5-pro"),
}


@dataclass(frozen=True)
class ModelSettings:
    """Keys and addresses; an absent key means that this vendor is not asked. `timeout` bounds one piece of writing."""

    anthropic_api_key: str | None = field(default=None, repr=False)
    gemini_api_key: str | None = field(default=None, repr=False)
    anthropic_base_url: str | None = None
    gemini_base_url: str | None = None
    tiers: Mapping[str, Tier] = field(default_factory=lambda: dict(TIERS))
    timeout: timedelta = timedelta(seconds=60)


@dataclass(frozen=True)
class Prose:
    """What came of asking a model: checked sections, or none and the reason in `credit` and `warnings`.

    `cost` is `{model, requests, tokens_in, tokens_out, usd?}`; `usd` is left out when no price is known.
    """

    sections: tuple[Section, ...]
    credit: str
    cost: JsonObject = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
