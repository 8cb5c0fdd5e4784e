"""Makes the systems of a deployment from its settings: one section a system, and the environment, which wins."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module
from typing import Any

from pydantic import AliasChoices, SecretStr, ValidationError
from pydantic.fields import FieldInfo

from opsbook.integrations._system import AnySystem, System, SystemConfig
from opsbook.integrations.catalog import ids
from opsbook.sdk.errors import InvalidInput, NeverWorks
from opsbook.sdk.http import HttpClient
from opsbook.sdk.integration import Integration
from opsbook.sdk.references import is_reference
from opsbook.sdk.values import Json


def configure(
    sections: Mapping[str, Mapping[str, Any]], environment: Mapping[str, str], http: HttpClient
) -> dict[str, Integration[Any]]:
    """Every system by id, configured or not. Its secrets are known to the client's redactor from here on.

    A system without settings, or with only some of those that it needs, is not configured: it is never asked, and its
    `credential_state` says what is missing.

    Raises `InvalidInput` for a section or a setting that does not exist, and for one with a wrong value; it names the
    setting and never the value.
    """
    for name in sections:
        if name not in ids():
            raise _unknown(f"integrations.{name}", name, ids())
    return {key: configure_one(key, sections.get(key, {}), environment, http) for key in ids()}


def system_class(key: str) -> type[AnySystem]:
    """The class of one system. Raises `NeverWorks` when its folder breaks the rules of this room."""
    found = getattr(import_module(f"{__package__}.{key}.client"), "INTEGRATION", None)
    if not (isinstance(found, type) and issubclass(found, System) and found.id == key):
        raise NeverWorks(
            f"integrations/{key}/client.py holds no INTEGRATION with the id {key}.", code="bad_integration"
        )
    return found


def configure_one(
    key: str, section: Mapping[str, Any], environment: Mapping[str, str], http: HttpClient
) -> Integration[Any]:
    """One system, as `configure` makes it."""
    made = system_class(key)
    given = _Given(key, made.Config, section, environment)
    http.redactor.learn(given.secrets())
    state = given.state()
    config = given.config()
    if config is not None:
        _check_addresses(key, config, http)
    return made(config, http, state)


@dataclass(frozen=True)
class _Given:
    """What is set for one system."""

    key: str
    model: type[SystemConfig]
    section: Mapping[str, Any]
    environment: Mapping[str, str]

    def values(self) -> dict[str, Any]:
        """By field. Blanks around a text are an accident of pasting; an empty one counts as not given."""
        for name in self.section:
            if name not in self.model.model_fields:
                raise _unknown(f"integrations.{self.key}.{name}", name, list(self.model.model_fields))
        found: dict[str, Any] = {}
        for name, field in self.model.model_fields.items():
            value = next((self.environment[one] for one in names_of(field) if self.environment.get(one)), None)
            value = self.section.get(name) if value is None else value
            value = value.strip() if isinstance(value, str) else value
            if is_reference(value):
                raise _not_fetched(setting_name(self.key, name, self.model))
            if value not in (None, ""):
                found[name] = value
        return found

    def missing(self) -> list[str]:
        """The fields that are needed and not given; of alternatives those of the nearest."""
        given = set(self.values())
        found = [name for name, field in self.model.model_fields.items() if field.is_required() and name not in given]
        if self.model.needs:
            left = [[name for name in group if name not in given] for group in self.model.needs]
            sizes = [len(rest) - len(group) for rest, group in zip(left, self.model.needs, strict=True)]
            if all(left):
                found += left[sizes.index(min(sizes))]
        return found

    def state(self) -> dict[str, Json]:
        given, missing = set(self.values()), set(self.missing())
        words = {name: "missing" if name in missing else "absent" for name in self.model.model_fields}
        words.update(dict.fromkeys(given, "present"))
        asked_for = (name for name in words if name not in SystemConfig.model_fields)
        return {setting_name(self.key, name, self.model): words[name] for name in asked_for}

    def secrets(self) -> Iterator[str]:
        for name, value in self.values().items():
            if SecretStr in _types_of(self.model.model_fields[name]) and isinstance(value, str):
                yield value

    def config(self) -> SystemConfig | None:
        """The settings, None when something that is needed is missing. A wrong value is refused in either case."""
        try:
            made = self.model.model_validate(self.values())
        except ValidationError as error:
            found = error.errors(include_url=False, include_input=False, include_context=False)
        else:
            return None if self.missing() else made
        first = next((one for one in found if one["type"] != "missing"), None)
        if first is None:
            return None
        place = str(first["loc"][0]) if first["loc"] else ""
        raise InvalidInput(
            f"The setting {setting_name(self.key, place, self.model)} is refused: "
            f"{first['msg'].removeprefix('Value error, ')}.",
            field=f"integrations.{self.key}.{place}".rstrip("."),
            cure=f"See integrations.{self.key} in the reference of settings.",
        )


def names_of(field: FieldInfo) -> tuple[str, ...]:
    """The environment names of a field, the one to show first."""
    alias = field.validation_alias
    if isinstance(alias, AliasChoices):
        return tuple(str(one) for one in alias.choices)
    return (str(alias),) if alias else ()


def setting_name(key: str, name: str, model: type[SystemConfig]) -> str:
    """What a person sets: the environment name of a field, or its place in the settings file."""
    field = model.model_fields.get(name)
    names = names_of(field) if field else ()
    return names[0] if names else f"integrations.{key}.{name}".rstrip(".")


def _check_addresses(key: str, config: SystemConfig, http: HttpClient) -> None:
    """Addresses that a person chose are refused here, and not at the first request."""
    for name in sorted(config.model_fields_set):
        value = getattr(config, name)
        if not name.endswith("_url"):
            continue
        try:
            http.check(value.get_secret_value() if isinstance(value, SecretStr) else value)
        except InvalidInput as error:
            raise InvalidInput(
                f"The setting {setting_name(key, name, type(config))} is refused. {error.sentence}",
                field=f"integrations.{key}.{name}",
                cure=error.cure,
            ) from None


def _types_of(field: FieldInfo) -> tuple[Any, ...]:
    return getattr(field.annotation, "__args__", ()) or (field.annotation,)


def _not_fetched(setting: str) -> InvalidInput:
    """What a reference is where nobody fetched it: a secret's name must never be used as the secret."""
    cure = "Give it as it is: what Secret Manager is asked with cannot be kept there."
    return InvalidInput(f"The setting {setting} refers to a secret that was not fetched.", field=setting, cure=cure)


def _unknown(place: str, name: str, known: Sequence[str]) -> InvalidInput:
    near = get_close_matches(name, known, n=1)
    cure = f"Did you mean {near[0]}?" if near else f"There are: {', '.join(sorted(known))}."
    return InvalidInput(f"There is no setting {place}.", field=place, cure=cure)
