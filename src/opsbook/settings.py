"""What a deployment sets, read once, at the edge, into one typed class.

One file, `opsbook.toml` in the working directory (or where `OPSBOOK_CONFIG` says), and the environment, which wins.
A text in either can be a reference such as `sm://CRON_SECRET`: what is behind it is fetched at the edge, and what
nobody fetched counts as not given. Secrets print as stars; an unsafe value refuses to start and says how to fix it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from opsbook.agents.prices import Price
from opsbook.inbox.people import phone_digits
from opsbook.integrations.catalog import ids as systems
from opsbook.integrations.hooks import SHORTEST_SECRET, HookSettings
from opsbook.sdk.errors import InvalidInput
from opsbook.sdk.references import references_in, replaced
from opsbook.sdk.toml_file import read_toml
from opsbook.sdk.values import listed
from opsbook.warehouse.contracts import ContractSettings
from opsbook.warehouse.definitions import Definitions
from opsbook.warehouse.sheets import only_metrics
from opsbook.warehouse.sources.sql.declared import declared

MAILBOX = r"^[^@\s\x00-\x1f\x7f]+@[^@\s\x00-\x1f\x7f]+\.[^@\s\x00-\x1f\x7f]+$"
REFERENCE = "See docs/reference/settings.md for every setting."
SOURCE_URL = re.compile(r"OPSBOOK_SOURCE_([A-Z][A-Z0-9_]*)_URL")
HOOK_SECRET = re.compile(r"OPSBOOK_HOOK_([A-Z][A-Z0-9_]*)_SECRET")
WORDS = {
    "string_type": "it is a text, in quotes",
    "path_type": "it is a path, in quotes",
    "tuple_type": 'it is a list, such as ["owner"]',
    "dict_type": "it is a section of its own, such as [people.owner]",
    "model_type": "it is a section of its own, such as [people.owner]",
    "bool_type": "it is true or false",
    "bool_parsing": "it is true or false",
    "string_pattern_mismatch": "it is no mail address such as owner@example.com",
    "missing": "it must be there",
    "timezone_aware": "it is a time with its zone, such as 2026-12-01T22:00:00-05:00",
    "datetime_type": "it is a time with its zone, such as 2026-12-01T22:00:00-05:00",
    "datetime_from_date_parsing": "it is a time with its zone, such as 2026-12-01T22:00:00-05:00",
    "datetime_parsing": "it is a time with its zone, such as 2026-12-01T22:00:00-05:00",
}  # what pydantic's kinds of error mean to somebody who writes the file
SAMPLE_HOME = Path(".opsbook-demo")  # where `opsbook demo` puts its platform
ENVIRONMENT = {
    "OPSBOOK_HOME": "home",
    "OPSBOOK_DATABASE_URL": "database_url",
    "OPSBOOK_PUBLIC_URL": "public_url",
    "OPSBOOK_POSTAL_ADDRESS": "postal_address",
    "OPSBOOK_EMAIL_ORDER": "email_order",
    "CRON_SECRET": "cron_secret",
    "CRON_SECRET_PREVIOUS": "cron_secret_previous",
    "OPSBOOK_API_TOKEN": "api_token",
    "ANTHROPIC_API_KEY": "anthropic_api_key",
    "CLAUDE_API_KEY": "anthropic_api_key",
    "GEMINI_API_KEY": "gemini_api_key",
    "GOOGLE_API_KEY": "gemini_api_key",
    "OPSBOOK_MODEL_ECONOMY": "model_economy",
    "OPSBOOK_MODEL_PREMIUM": "model_premium",
    "OPSBOOK_MODEL_FLAGSHIP": "model_flagship",
}


class PersonSettings(BaseModel):
    """One person who gets messages or answers threads."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    email: Annotated[str, Field(description="where their mail goes", pattern=MAILBOX)]
    slack_user: str | None = Field(default=None, description="their Slack user id")
    phone: Annotated[str | None, BeforeValidator(phone_digits)] = Field(
        default=None, description="where their text messages go: 11 digits that begin with 1"
    )
    roles: tuple[str, ...] = Field(default=(), description="what they may decide")


class MaintenanceSettings(BaseModel):
    """One window of planned work at a system: probes go on, nobody is alarmed."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    system: str = Field(description="id of the system")
    from_: AwareDatetime = Field(alias="from", description="when it begins, with its zone: 2026-12-01T22:00:00-05:00")
    until: AwareDatetime = Field(description="when it is over, with its zone")
    reason: str = Field(min_length=1, max_length=200, description="what is done; reports say it")

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> MaintenanceSettings:
        if self.until <= self.from_:
            raise ValueError("it is over before it begins")
        return self


class Settings(BaseModel):
    """Every setting. Made by `read_settings`; tests make it directly."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    home: Path = Field(default=Path(".opsbook"), description="folder of the embedded store and of the warehouse")
    database_url: str | None = Field(default=None, description="SQLAlchemy URL; default: SQLite in the home folder")
    public_url: str | None = Field(
        default=None, description="where people reach this server; unsubscribe links begin with it"
    )
    people: dict[str, PersonSettings] = Field(default_factory=dict, description="who playbooks can name")
    watchers: tuple[str, ...] = Field(default=(), description="people whom alert rules tell; default: everybody")
    cron_secret: SecretStr | None = Field(default=None, description="bearer secret of the cron door, 16+ characters")
    cron_secret_previous: SecretStr | None = Field(default=None, description="the secret before, during a rotation")
    api_token: SecretStr | None = Field(default=None, description="bearer token of the REST API")
    anthropic_api_key: SecretStr | None = Field(default=None, description="Claude, first choice for texts")
    gemini_api_key: SecretStr | None = Field(default=None, description="Gemini, when Claude is overloaded or out")
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
    maintenance: tuple[MaintenanceSettings, ...] = Field(default=(), description="planned work at systems")
    allow_loopback: bool = Field(default=False, description="plain http to this machine: samples and tests only")

    @model_validator(mode="before")
    @classmethod
    def _are_fetched(cls, values: Any) -> Any:
        """The name of a secret must never be taken for the secret."""
        if isinstance(values, dict) and (place := next((place for place, _ in references_in(values)), None)):
            raise ValueError(f"{place} refers to a secret that was not fetched")
        return values

    @field_validator("cron_secret", "cron_secret_previous", "api_token")
    @classmethod
    def _long_enough(cls, secret: SecretStr | None) -> SecretStr | None:
        if secret is not None and len(secret.get_secret_value().strip()) < SHORTEST_SECRET:
            raise ValueError(f"needs at least {SHORTEST_SECRET} characters; draw one with `openssl rand -hex 32`")
        return secret

    @field_validator("cron_secret", "cron_secret_previous", "api_token", "anthropic_api_key", "gemini_api_key")
    @classmethod
    def _fits_a_header(cls, secret: SecretStr | None) -> SecretStr | None:
        if secret is None:
            return None
        text = secret.get_secret_value().strip()  # blanks around it are an accident of pasting
        if not text.isprintable():
            raise ValueError("it holds a line break or another character that no header can carry")
        return SecretStr(text)

    @field_validator("anthropic_api_key", "gemini_api_key")
    @classmethod
    def _plain(cls, secret: SecretStr | None) -> SecretStr | None:
        if secret is not None and not secret.get_secret_value().isascii():
            raise ValueError("a key has letters, digits and signs of ASCII only")
        return secret

    @field_validator("home")
    @classmethod
    def _can_stand_in_an_address(cls, home: Path) -> Path:
        if "?" in str(home) or any(ord(character) < 32 for character in str(home)):
            raise ValueError("the folder's name holds a ? or a control character; the store's address cannot name it")
        return home

    @field_validator("public_url")
    @classmethod
    def _leads_to_us(cls, url: str | None) -> str | None:
        if url is None:
            return None
        try:
            parts = urlsplit(url)
            sound = parts.scheme in ("http", "https") and bool(parts.hostname) and url.isprintable() and " " not in url
        except ValueError:
            sound = False
        if not sound:
            raise ValueError("it is an address such as https://ops.example.com")
        return url

    @field_validator("people")
    @classmethod
    def _have_names(cls, people: dict[str, PersonSettings]) -> dict[str, PersonSettings]:
        if any(not name.strip() or not name.isprintable() for name in people):
            raise ValueError("a person's name is empty or holds a control character")
        return people

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


def read_settings(environment: Mapping[str, str] | None = None, **more: Any) -> Settings:
    """The settings of this process: the file, then the environment, then `more`. References are left out.

    Raises `InvalidInput` that names the setting and the cure, never a value.
    """
    return settings_of(replaced(read_values(environment), {}), **more)


def read_values(environment: Mapping[str, str] | None = None) -> dict[str, Any]:
    """What the file and the environment say, as it is written there: nothing is checked, and references stand in it."""
    env = os.environ if environment is None else environment
    values: dict[str, Any] = _file(env)
    for name, field in ENVIRONMENT.items():
        if env.get(name):
            values[field] = _text(name, env[name])
    _add_hook_secrets(env, values)
    _add_source_urls(env, values)
    return values


def settings_of(values: Mapping[str, Any], **more: Any) -> Settings:
    """The settings that these values make. Raises `InvalidInput`."""
    given = {**values, **{key: value for key, value in more.items() if value is not None}}
    try:
        return Settings.model_validate(given)
    except ValidationError as error:
        raise _refusal(error) from None


def settings_path(env: Mapping[str, str]) -> Path:
    """The file that is read: where OPSBOOK_CONFIG says, else `opsbook.toml` here, whether it is there or not.

    In a folder that holds a sample platform and no deployment it is the sample's.
    """
    if named := env.get("OPSBOOK_CONFIG"):
        return Path(named)
    own, sample = Path("opsbook.toml"), SAMPLE_HOME / "opsbook.toml"
    told = any(env.get(name) for name in ("OPSBOOK_HOME", "OPSBOOK_DATABASE_URL"))
    alone = not told and not os.path.lexists(own) and not os.path.lexists(Settings.model_fields["home"].default)
    return sample if alone and sample.exists() else own


def _file(env: Mapping[str, str]) -> dict[str, Any]:
    elsewhere = "It is a file of your own; OPSBOOK_CONFIG names another one."
    found = read_toml(settings_path(env), "settings file", elsewhere)
    if found is None and env.get("OPSBOOK_CONFIG"):
        said = "The file that OPSBOOK_CONFIG names does not exist."
        raise InvalidInput(said, field="OPSBOOK_CONFIG", cure="Correct it, or unset it.")
    return found or {}


def _add_hook_secrets(env: Mapping[str, str], values: dict[str, Any]) -> None:
    """Secrets of doors: `OPSBOOK_HOOK_<ID>_SECRET`, and `…_SECRET_PREVIOUS` during a rotation."""
    hooks = values.get("hooks", {})
    named = {found[1].lower(): name for name in env if env[name] and (found := HOOK_SECRET.fullmatch(name))}
    if not named or not isinstance(hooks, dict):  # what is no section is refused with the other settings
        return
    kept = dict(hooks)
    for key, name in named.items():
        section = kept.get(key, {})
        if isinstance(section, dict):
            secrets = [_text(one, env[one]) for one in (name, f"{name}_PREVIOUS") if env.get(one)]
            kept[key] = {**section, "secrets": secrets}
    values["hooks"] = kept


def _add_source_urls(env: Mapping[str, str], values: dict[str, Any]) -> None:
    """Addresses of declared databases: `OPSBOOK_SOURCE_<NAME>_URL`."""
    sources = values.get("sources")
    for name in env:
        found = SOURCE_URL.fullmatch(name)
        if found and env[name] and isinstance(sources, dict) and isinstance(sources.get(found[1].lower()), dict):
            sources[found[1].lower()]["url"] = _text(name, env[name])


def _text(name: str, value: str) -> str:
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        raise InvalidInput(f"{name} is not UTF-8.", field=name, cure="Set it again.") from None
    return value


def _refusal(error: ValidationError) -> InvalidInput:
    first = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        near = get_close_matches(place.split(".")[-1], Settings.model_fields, 1)
        cure = f"Did you mean {near[0]}?" if near else REFERENCE
        return InvalidInput(f"There is no setting {place}.", field=place, cure=cure)
    why = WORDS.get(first["type"]) or first["msg"].removeprefix("Value error, ")
    what = f"The setting {place} is" if place else "The settings are"
    return InvalidInput(f"{what} refused: {why}.", field=place or None, cure=REFERENCE)
