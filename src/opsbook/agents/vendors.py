"""The vendors' models. Imported only when a model is asked: their clients take a second to load.

A client holds connections and takes twenty to sixty milliseconds to make, so each vendor has one for as long as the app
is open. Neither client tries again by itself: that would be a request that nobody reserved.
"""

from __future__ import annotations

from anthropic import AsyncAnthropic
from pydantic_ai.models import Model
from pydantic_ai.models.anthropic import AnthropicModel
from pydantic_ai.models.google import GoogleModel
from pydantic_ai.providers.anthropic import AnthropicProvider
from pydantic_ai.providers.google import GoogleProvider

from opsbook.agents.tiers import ModelSettings, Tier


class Vendors:
    """Claude, then Gemini; or the one of them that has a key. To be used in one event loop, and closed in it."""

    def __init__(self, settings: ModelSettings) -> None:
        self._claude: AsyncAnthropic | None = None
        self._gemini: GoogleProvider | None = None
        self._models: dict[Tier, list[Model]] = {}
        if settings.anthropic_api_key:
            self._claude = AsyncAnthropic(
                api_key=settings.anthropic_api_key,
                base_url=settings.anthropic_base_url,
                max_retries=0,
                timeout=settings.timeout.total_seconds(),
            )
        if settings.gemini_api_key:
            self._gemini = GoogleProvider(api_key=settings.gemini_api_key, base_url=settings.gemini_base_url)

    def of(self, tier: Tier) -> list[Model]:
        """The models of a tier, the one that is asked first at the front."""
        if tier not in self._models:
            self._models[tier] = self._made(tier)
        return self._models[tier]

    def _made(self, tier: Tier) -> list[Model]:
        models: list[Model] = []
        if self._claude:
            models.append(AnthropicModel(tier.claude, provider=AnthropicProvider(anthropic_client=self._claude)))
        if self._gemini:
            models.append(GoogleModel(tier.gemini, provider=self._gemini))
        return models

    async def close(self) -> None:
        """Let go of the connections."""
        if self._claude:
            await self._claude.close()
        if self._gemini:
            async with self._gemini:  # a provider closes its client when it is left
                pass
