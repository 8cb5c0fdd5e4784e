"""Makes the systems of a deployment from its settings: one section a system, and the environment, which wins."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from pydantic import AliasChoices, SecretStr, ValidationError
from pydantic.fields import FieldInfo

from opsbook.integrations._system import AnySystem, System, SystemConfig
from opsbook.integrations.catalog import Origin, Sections, systems, unknown_setting
from opsbook.sdk.errors import InvalidInput, NeverWorks
from opsbook.sdk.http import HttpClient
from opsbook.sdk.integration import Integration
from opsbook.sdk.references import is_reference
from opsbook.sdk.values import Json

ANY_ID = "<ID>"  # in the environment names of a family's settings


def configure(sections: Sections, environment: Mapping[str, str], http: HttpClient) -> dict[str, Integration[Any]]:
    """Every system by id, configured or not. Its secrets are known to the client's redactor from here on.

    A system without settings, or with only some of those that it needs, is not configured: it is never asked, and its
    `credential_state` says what is missing.

    Raises `InvalidInput` for a section or a setting that does not exist, and for one with a wrong value; it names the
    setting and never the value.
    """
    return {
        key: configure_one(origin, origin.section(sections), environment, http)
        for key, origin in systems(sections).items()
    }


def system_class(folder: str) -> type[AnySystem]:
    """The class that makes a folder's systems. Raises `NeverWorks` when the folder breaks the rules of this room."""
    found = getattr(import_module(f"{__package__}.{folder}.client"), "INTEGRATION", None)
    if not (isinstance(found, type) and issubclass(found, System) and found.id == folder):
        raise NeverWorks(
            f"integrations/{folder}/client.py holds no INTEGRATION with the id {folder}.", code="bad_integration"
        )
    return found


def configure_one(
    origin: Origin, section: Mapping[str, Any], environment: Mapping[str, str], http: HttpClient
) -> Integration[Any]:
    """One system, as `configure` makes it."""
    made = system_class(origin.folder)
    given = _Given(origin, made.Config, section, environment)
    http.redactor.learn(given.secrets())
    state = given.state()
    config = given.config()
    if config is not None:
        _check_addresses(origin, config, http)
    return made(config, http, state).called(origin.id)


@dataclass(frozen=True)
class _Given:
    """What is set for one system."""

    origin: Origin
    model: type[SystemConfig]
    section: Mapping[str, Any]
    environment: Mapping[str, str]

    def values(self) -> dict[str, Any]:
        """By field. Blanks around a text are an accident of pasting; an empty one counts as not given."""
        for name in self.section:
            if name not in self.model.model_fields:
                raise unknown_setting(f"{self.origin.place}.{name}", name, list(self.model.model_fields))
        found: dict[str, Any] = {}
        for name, field in self.model.model_fields.items():
            variables = (one for one in names_of(field, self.origin.id) if self.environment.get(one))
            value = next((self.environment[one] for one in variables), None)
            value = self.section.get(name) if value is None else value
            value = value.strip() if isinstance(value, str) else value
            if is_reference(value):
                raise _not_fetched(setting_name(self.origin, name, self.model))
            if value not in (None, ""):
                found[name] = value
        return found

    def state(self) -> dict[str, Json]:
        given = set(self.values())
        missing = set(self.model.missing(given))
        words = {name: "missing" if name in missing else "absent" for name in self.model.model_fields}
        words.update(dict.fromkeys(given, "present"))
        asked_for = (name for name in words if name not in SystemConfig.model_fields)
        return {setting_name(self.origin, name, self.model): words[name] for name in asked_for}

    def secrets(self) -> Iterator[str]:
        for name, value in self.values().items():
            if SecretStr in _types_of(self.model.model_fields[name]) and isinstance(value, str):
                yield from self.model.secrets_in(name, value)

    def config(self) -> SystemConfig | None:
        """The settings, None when something that is needed is missing. A wrong value is refused in either case."""
        try:
            made = self.model.model_validate(self.values())
        except ValidationError as error:
            found = error.errors(include_url=False, include_input=False, include_context=False)
        else:
            return None if self.model.missing(set(self.values())) else made
        first = next((one for one in found if one["type"] != "missing"), None)
        if first is None:
            return None
        place = str(first["loc"][0]) if first["loc"] else ""
        raise InvalidInput(
            f"The setting {setting_name(self.origin, place, self.model)} is refused: "
            f"{first['msg'].removeprefix('Value error, ')}.",
            field=f"{self.origin.place}.{place}".rstrip("."),
            cure=f"See integrations.{self.origin.folder} in the reference of settings.",
        )


def names_of(field: FieldInfo, key: str | None = None) -> tuple[str, ...]:
    """The environment names of a field, the one to show first.

    Those of a family's settings hold `<ID>`, in whose place each of its systems has its id, `key`, in capitals.
    """
    alias = field.validation_alias
    names = alias.choices if isinstance(alias, AliasChoices) else [alias or ()]
    return tuple(str(one) if key is None else str(one).replace(ANY_ID, key.upper()) for one in names if one)


def setting_name(origin: Origin, name: str, model: type[SystemConfig]) -> str:
    """What a person sets: the environment name of a field, or its place in the settings file."""
    field = model.model_fields.get(name)
    names = names_of(field, origin.id) if field else ()
    return names[0] if names else f"{origin.place}.{name}".rstrip(".")


def _check_addresses(origin: Origin, config: SystemConfig, http: HttpClient) -> None:
    """Addresses that a person chose are refused here, and not at the first request."""
    for name in sorted(config.model_fields_set):
        value = getattr(config, name)
        if not (name == "url" or name.endswith("_url")):
            continue
        try:
            http.check(value.get_secret_value() if isinstance(value, SecretStr) else value)
        except InvalidInput as error:
            raise InvalidInput(
                f"The setting {setting_name(origin, name, type(config))} is refused. {error.sentence}",
                field=f"{origin.place}.{name}",
                cure=error.cure,
            ) from None


def _types_of(field: FieldInfo) -> tuple[Any, ...]:
    return getattr(field.annotation, "__args__", ()) or (field.annotation,)


def _not_fetched(setting: str) -> InvalidInput:
    """What a reference is where nobody fetched it: a secret's name must never be used as the secret."""
    cure = "Give it as it is: what Secret Manager is asked with cannot be kept there."
    return InvalidInput(f"The setting {setting} refers to a secret that was not fetched.", field=setting, cure=cure)
