"""Every setting of a deployment, in one typed class."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationInfo,
    field_validator,
    model_validator,
)

from opsbook.agents.prices import Price
from opsbook.inbox.pace import Pace
from opsbook.integrations.catalog import ids as systems
from opsbook.integrations.hooks import HookSettings
from opsbook.sdk.references import references_in
from opsbook.sdk.values import listed
from opsbook.settings.checks import BearerSecret, PublicUrl, StoreFolder, VendorKey
from opsbook.settings.mcp import McpSettings
from opsbook.settings.sections import ApprovalSettings, MaintenanceSettings, PersonSettings
from opsbook.warehouse.contracts import ContractSettings
from opsbook.warehouse.definitions import Definitions
from opsbook.warehouse.sheets import only_metrics
from opsbook.warehouse.sources.sql.declared import declared


class Settings(BaseModel):
    """Every setting. Made by `read_settings`; tests make it directly.

    A section of one room's own is a class of that room; this page says that it is there.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    home: StoreFolder = Field(default=Path(".opsbook"), description="folder of the embedded store and of the warehouse")
    database_url: str | None = Field(default=None, description="SQLAlchemy URL; default: SQLite in the home folder")
    public_url: PublicUrl | None = Field(
        default=None, description="where people reach this server; unsubscribe links begin with it"
    )
    people: dict[str, PersonSettings] = Field(default_factory=dict, description="who playbooks can name")
    approvals: ApprovalSettings = Field(default_factory=ApprovalSettings, description="how people decide")
    watchers: tuple[str, ...] = Field(default=(), description="people whom alert rules tell; default: everybody")
    cron_secret: BearerSecret | None = Field(default=None, description="bearer secret of the cron door, 16+ characters")
    cron_secret_previous: BearerSecret | None = Field(default=None, description="the secret before, during a rotation")
    api_token: BearerSecret | None = Field(default=None, description="bearer token of the REST API")
    anthropic_api_key: VendorKey | None = Field(default=None, description="Claude, first choice for texts")
    gemini_api_key: VendorKey | None = Field(default=None, description="Gemini, when Claude is overloaded or out")
    model_economy: str = Field(default="", description="model of the economy tier")
    model_premium: str = Field(default="", description="model of the premium tier")
    model_flagship: str = Field(default="", description="model of the flagship tier")
    model_prices: dict[str, Price] = Field(
        default_factory=dict, description="US dollars for a million tokens, by model; the product's own list is behind"
    )
    postal_address: str = Field(default="", description="postal address in the footer of campaign mail")
    email_order: Annotated[tuple[str, ...], BeforeValidator(listed)] = Field(
        default=("mailjet", "ses", "smtp", "gmail"),
        description="systems in the order in which mail is tried; one that is not named comes last",
    )
    campaigns: Pace = Field(default_factory=Pace, description="how campaigns are sent")
    roster: Path | None = Field(default=None, description="folder of agents that override or add to our own")
    integrations: dict[str, dict[str, Any]] = Field(
        default_factory=dict, repr=False, description="one section for each system"
    )
    sources: dict[str, dict[str, Any]] = Field(
        default_factory=dict, repr=False, description="one section for each database that is read into the warehouse"
    )
    metrics: Annotated[dict[str, ContractSettings], AfterValidator(only_metrics)] = Field(
        default_factory=dict, description="one section for each metric that is judged under other conditions"
    )
    definitions: Definitions = Field(default_factory=Definitions, description="the terms that figures are made by")
    hooks: dict[str, HookSettings] = Field(default_factory=dict, description="one section for each door of your own")
    mcp: McpSettings = Field(
        default_factory=McpSettings, description="other agents: who may ask here, and which servers are asked"
    )
    maintenance: tuple[MaintenanceSettings, ...] = Field(default=(), description="planned work at systems")
    telemetry_endpoint: PublicUrl | None = Field(
        default=None, description="OpenTelemetry collector, http(s)://host:port; without it nothing is traced"
    )
    allow_loopback: bool = Field(default=False, description="plain http to this machine: samples and tests only")

    @model_validator(mode="before")
    @classmethod
    def _are_fetched(cls, values: Any) -> Any:
        """The name of a secret must never be taken for the secret."""
        if isinstance(values, dict) and (place := next((place for place, _ in references_in(values)), None)):
            raise ValueError(f"{place} refers to a secret that was not fetched")
        return values

    @field_validator("people")
    @classmethod
    def _have_names(cls, people: dict[str, PersonSettings]) -> dict[str, PersonSettings]:
        if any(not name.strip() or not name.isprintable() for name in people):
            raise ValueError("a person's name is empty or holds a control character")
        for what in ("approve_token_sha256", "os_user"):
            given = [found for person in people.values() if (found := getattr(person, what)) is not None]
            if len(given) != len(set(given)):
                raise ValueError(f"two of them have the same {what}, so nobody could tell who decides")
        return people

    @field_validator("approvals")
    @classmethod
    def _separates(cls, approvals: ApprovalSettings, known: ValidationInfo) -> ApprovalSettings:
        if approvals.self_approval and len(known.data.get("people") or ()) > 1:
            raise ValueError("self_approval is for a deployment with one person, and here are more")
        return approvals

    @field_validator("watchers")
    @classmethod
    def _are_people(cls, watchers: tuple[str, ...], known: ValidationInfo) -> tuple[str, ...]:
        people = known.data.get("people")
        if people is not None and (unknown := sorted(set(watchers) - set(people))):
            there = ", ".join(sorted(people)) or "nobody"
            raise ValueError(f"it names {', '.join(unknown)}, and people are: {there}")
        return watchers

    @field_validator("sources")
    @classmethod
    def _can_be_read(cls, sources: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
        declared(sources)
        return sources

    @field_validator("email_order")
    @classmethod
    def _are_systems(cls, order: tuple[str, ...]) -> tuple[str, ...]:
        if unknown := sorted(set(order) - set(systems())):
            raise ValueError(f"it names {', '.join(unknown)}, and systems are: {', '.join(systems())}")
        return order

    @property
    def url(self) -> str:
        return self.database_url or f"sqlite:///{self.home.absolute() / 'opsbook.db'}"

    @property
    def warehouse(self) -> Path:
        return self.home / "warehouse"

    @property
    def cron_secrets(self) -> tuple[SecretStr, ...]:
        """The live secrets of the cron door: the present one, and the one before during a rotation."""
        return tuple(secret for secret in (self.cron_secret, self.cron_secret_previous) if secret)

    @property
    def api_tokens(self) -> tuple[SecretStr, ...]:
        return (self.api_token,) if self.api_token else ()
