"""What every system shares: how its settings are read, and the frame around its probe."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any, ClassVar, Generic, Self, TypeVar

from pydantic import Field

from opsbook.integrations._verdicts import verdict_of
from opsbook.sdk.errors import OpsbookError
from opsbook.sdk.http import HttpClient
from opsbook.sdk.integration import Expiry, Integration, IntegrationConfig, Observation
from opsbook.sdk.values import Json

ROOMY_MS = 2000.0  # calls of models and of Google often take longer than the usual 500 ms and are well


class SystemConfig(IntegrationConfig):
    """Settings of one system.

    `needs` are alternatives: beside the required fields, all fields of one of these groups must be given.
    """

    needs: ClassVar[tuple[tuple[str, ...], ...]] = ()

    slow_after_ms: float | None = Field(default=None, gt=0, description="from here on it counts as slow, milliseconds")
    offline_after: int = Field(default=1, ge=1, le=100, description="failed checks in a row until it is offline")
    online_after: int = Field(default=1, ge=1, le=100, description="good checks in a row until it is online again")

    @classmethod
    def missing(cls, given: Collection[str]) -> list[str]:
        """The fields that are needed and not given; of alternatives those of the nearest."""
        found = [name for name, field in cls.model_fields.items() if field.is_required() and name not in given]
        if cls.needs:
            left = [[name for name in group if name not in given] for group in cls.needs]
            sizes = [len(rest) - len(group) for rest, group in zip(left, cls.needs, strict=True)]
            if all(left):
                found += left[sizes.index(min(sizes))]
        return found

    @classmethod
    def secrets_in(cls, name: str, value: str) -> Iterable[str]:
        """What must never be shown of a field that is a secret; raises nothing, whatever the value is."""
        return (value,)


C = TypeVar("C", bound=SystemConfig)


class System(Integration[C], Generic[C]):
    """One system of ours. A folder's class says `id`, `name`, `kind`, `Config` and how to `ask`."""

    def __init__(self, config: C | None, http: HttpClient, state: Mapping[str, Json] | None = None) -> None:
        super().__init__(config, http)
        self._state = dict(state or {})

    def called(self, key: str) -> Self:
        """Itself under its id in a deployment: a folder's own, or for one of a family that of its section."""
        self.id = key
        return self

    async def probe(self) -> Observation:
        """Ask, and turn whatever went wrong into what it says of the system."""
        config = self._configured()
        try:
            seen = await self.ask(config)
        except OpsbookError as error:
            seen = verdict_of(error)
        return replace(seen, message=self.http.redactor.clean(seen.message), expiry=seen.expiry or self.expiry())

    @abstractmethod
    async def ask(self, config: C) -> Observation:
        """The cheapest call without side effects. May raise the errors of `HttpClient`."""

    def expiry(self) -> Expiry | None:
        """When the credentials at hand end; None where no answer stated it."""
        return None

    def credential_state(self) -> Mapping[str, Json]:
        """`present`, `missing` (needed and absent) or `absent` of every setting, by its environment name."""
        return dict(self._state)

    def _configured(self) -> C:
        if self.config is None:
            raise RuntimeError(f"{self.id} is not configured, so nobody may ask it.")
        return self.config


def url_of(base: str, path: str) -> str:
    """An address below a system's base address."""
    return f"{base.rstrip('/')}/{path.lstrip('/')}"


AnySystem = System[Any]
