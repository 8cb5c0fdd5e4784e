"""Where settings come from: one file, and the environment, which wins."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from opsbook.sdk.errors import InvalidInput
from opsbook.sdk.references import replaced
from opsbook.sdk.toml_file import read_toml
from opsbook.settings.model import Settings
from opsbook.settings.refusals import refusal

SOURCE_URL = re.compile(r"OPSBOOK_SOURCE_([A-Z][A-Z0-9_]*)_URL")
HOOK_SECRET = re.compile(r"OPSBOOK_HOOK_([A-Z][A-Z0-9_]*)_SECRET")
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
    "OTEL_EXPORTER_OTLP_ENDPOINT": "telemetry_endpoint",
}


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
        raise refusal(error, Settings.model_fields) from None


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
