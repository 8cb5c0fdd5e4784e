"""Language models: which may be asked, and the prose that comes back once it has been checked.

Nothing here imports a vendor's client: that is done when a model is asked for the first time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import copy
from typing import Any, NamedTuple

from opsbook.agents.jobs import Job, Worked
from opsbook.agents.page import Fact
from opsbook.agents.privacy import Screen
from opsbook.agents.spending import Charge, Meter
from opsbook.agents.tiers import TIERS, ModelSettings, Prose, Tier
from opsbook.sdk.errors import InvalidInput, PersonNeeded

__all__ = ["TIERS", "ModelSettings", "Models", "Prose", "Tier"]


class Models:
    """Every request goes through `meter`. `make` gives the model of a tier instead of a vendor's (local, a test's).

    `screen` makes the screen of one piece of work: what a model sees, it sees through it.
    """

    def __init__(
        self,
        settings: ModelSettings,
        meter: Meter,
        *,
        make: Callable[[Tier], Any] | None = None,
        screen: Callable[[], Screen] = Screen,
    ) -> None:
        self.settings = settings
        self.meter = meter
        self.screen = screen
        self._make = make
        self._vendors: Any = None  # `vendors.Vendors`, once a model was asked

    @property
    def configured(self) -> bool:
        """Whether any model may be asked."""
        return bool(self._make or self.settings.anthropic_api_key or self.settings.gemini_api_key)

    def name_of(self, tier: str) -> str:
        """The model that a tier asks first: Claude's when it has a key, else Gemini's."""
        found = self.settings.tiers.get(tier)
        if found is None:
            return "none"
        return found.claude if self._make or self.settings.anthropic_api_key else found.gemini

    async def write(self, charge: Charge, tier: str, title: str, facts: Sequence[Fact]) -> Prose:
        """Ask for prose about the facts. A model that fails, lies or takes too long gives no sections, never an error.

        Raises:
            BudgetUsedUp: a limit would be broken, and the playbook fails then instead of going on without a model.
            PersonNeeded: code `missing_extra`, a key is set and the client is not installed.
            InvalidInput: there is no such tier.
        """
        model, asking = self._model(charge, tier), _clients().asking
        timeout = self.settings.timeout
        prose: Prose = await asking.ask_for_prose(model, charge, title, facts, timeout, self.meter, self.screen())
        return prose

    async def work(self, charge: Charge, tier: str, job: Job) -> Worked:
        """Have a model do a piece of delegated work. One that fails, lies or takes too long gives no answer.

        Raises as `write` does.
        """
        model, working = self._model(charge, tier), _clients().working
        worked: Worked = await working.work(model, charge, job, self.meter, self.settings.timeout)
        return worked

    def _model(self, charge: Charge, tier: str) -> Any:
        """The models of a tier, behind the meter."""
        if tier not in self.settings.tiers:
            cure = f"There are: {', '.join(sorted(self.settings.tiers))}."
            raise InvalidInput(f"There is no model tier {tier}.", field="model_tier", cure=cure)
        clients, chosen = _clients(), self.settings.tiers[tier]
        if self._make is None and self._vendors is None:
            self._vendors = clients.vendors.Vendors(self.settings)
        models = [self._make(chosen)] if self._make else self._vendors.of(chosen)
        return clients.asking.metered(models, self.meter, charge)

    def answered_by(self, make: Callable[[Tier], Any], meter: Meter) -> Models:
        """The same models but for who answers and where it is booked."""
        twin = copy(self)
        twin.meter, twin._make, twin._vendors = meter, make, None
        return twin

    async def close(self) -> None:
        """Let go of the vendors' connections; whoever is asked afterwards is connected to anew."""
        kept, self._vendors = self._vendors, None
        if kept is not None:
            await kept.close()


class _Clients(NamedTuple):
    """The modules that ask models."""

    asking: Any
    vendors: Any
    working: Any


def _clients() -> _Clients:
    try:
        from opsbook.agents import asking, vendors, working  # noqa: PLC0415 the vendors' clients take a second to import
    except ImportError as error:
        raise PersonNeeded(
            "A model's key is set, but the package that asks models is not installed.",
            cure="Run: pip install 'opsbook[models]', or take the key out of the settings.",
            code="missing_extra",
        ) from error
    return _Clients(asking, vendors, working)
