"""The doors for inbound events: one for each system whose folder has `hooks.py`, and those of the settings."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from opsbook.integrations._cloud_events import CloudEvents
from opsbook.integrations._standard_webhooks import StandardWebhooks, key_of
from opsbook.integrations.catalog import ids
from opsbook.sdk.errors import InvalidInput, NeverWorks
from opsbook.sdk.hook import Endpoint, Hook
from opsbook.sdk.http import HttpClient
from opsbook.sdk.integration import Integration

SHORTEST_SECRET = 16  # characters; 128 bits when it is drawn as hexadecimal, see the cron door
ID = re.compile(r"[a-z][a-z0-9_]{0,39}")
KINDS: Mapping[str, type[Hook[Endpoint]]] = {"standard": StandardWebhooks, "cloudevents": CloudEvents}


class HookSettings(BaseModel):
    """One door of your own for inbound events, `POST /hooks/<id>`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["standard", "cloudevents"] = Field(
        default="standard", description="`standard`: signed by Standard Webhooks; `cloudevents`: a bearer secret"
    )
    secrets: tuple[SecretStr, ...] = Field(
        default=(), max_length=2, description="the present one and, during a rotation, the one before; 16+ characters"
    )

    @field_validator("secrets")
    @classmethod
    def _long_enough(cls, secrets: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        if any(len(one.get_secret_value().strip()) < SHORTEST_SECRET for one in secrets):
            raise ValueError(f"needs at least {SHORTEST_SECRET} characters; draw one with `openssl rand -hex 32`")
        return tuple(SecretStr(one.get_secret_value().strip()) for one in secrets)


@dataclass(frozen=True)
class Entrance:
    """One door: who knocks there, how they prove it, and with what configuration; None while it is not configured."""

    id: str
    hook: Hook[Any]
    config: Any
    system: Integration[Any] | None = None

    @property
    def open(self) -> bool:
        """Whether there is anything to check a delivery against."""
        return self.config is not None and len(self.hook.secrets(self.config)) > 0


@cache
def callers() -> tuple[str, ...]:
    """The id of every system that can call us: its folder holds `hooks.py`."""
    here = Path(__file__).parent
    return tuple(key for key in ids() if (here / key / "hooks.py").exists())


def hook_of(key: str) -> Hook[Any]:
    """How one system calls us. Raises `NeverWorks` when its folder breaks the rules of this room."""
    found = getattr(import_module(f"{__package__}.{key}.hooks"), "HOOK", None)
    if not (isinstance(found, type) and issubclass(found, Hook)):
        raise NeverWorks(f"integrations/{key}/hooks.py holds no HOOK.", code="bad_integration")
    return found()


def entrances(
    integrations: Mapping[str, Integration[Any]], sections: Mapping[str, HookSettings], http: HttpClient
) -> dict[str, Entrance]:
    """Every door by id. Raises `InvalidInput` for a section with a system's name, no name or a bad secret."""
    found = {key: Entrance(key, hook_of(key), integrations[key].config, integrations[key]) for key in callers()}
    for name, section in sections.items():
        if name in ids() or not ID.fullmatch(name):
            raise InvalidInput(
                f"The setting hooks.{name[:40]} is refused: it is a system's name or no name.",
                field=f"hooks.{name[:40]}",
                cure="Choose another: lower-case letters, digits and underscores, 40 at most.",
            )
        for secret in section.secrets:
            key_of(secret)
        http.redactor.learn(one.get_secret_value() for one in section.secrets)
        found[name] = Entrance(name, KINDS[section.kind](), Endpoint(section.secrets))
    return found
