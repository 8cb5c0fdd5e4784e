"""A canary for every secret that a deployment can be given, and the search for them in every form they travel in."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

from pydantic import BaseModel

from integrations.samples import SAMPLES
from opsbook.integrations.catalog import ids
from opsbook.integrations.configuration import system_class
from opsbook.integrations.hooks import HookSettings
from opsbook.settings import Settings

SIGNS = '+/"%&='  # each is written in another way in an address, in JSON or in base64


@dataclass(frozen=True)
class Canary:
    """One made-up secret. Its `core` is letters and digits, so it stands unchanged in addresses and in JSON.

    Every other one is the core alone: it looks like a code of a vendor's, and codes are what messages repeat.
    """

    place: str

    @property
    def core(self) -> str:
        return "cnry" + hashlib.sha256(self.place.encode()).hexdigest()[:24]

    @property
    def text(self) -> str:
        return self.core if int(self.core[-1], 16) % 2 else f"{self.core}{SIGNS}"

    def forms(self) -> set[bytes]:
        """As it is, URL-encoded, inside JSON and in base64, where it may begin at any of three places in a group."""
        texts = {self.core, self.text, quote(self.text, safe=""), quote_plus(self.text), json.dumps(self.text)[1:-1]}
        return {text.encode() for text in texts} | {_within_base64(self.core.encode(), before) for before in range(3)}

    def is_in(self, content: bytes) -> bool:
        return any(form in content for form in self.forms())


def _within_base64(core: bytes, before: int) -> bytes:
    """What is the same in every base64 text in which the core stands, `before` bytes after the start of a group.

    It is the same in both alphabets: letters and digits never come out as one of the signs in which those differ.
    """
    whole = base64.b64encode(b"\0" * before + core + b"\0" * 3)
    return whole[-(-8 * before // 6) : (before + len(core)) * 8 // 6]


def secrets_of(model: type[BaseModel]) -> list[str]:
    """The fields of a class of settings that hold a secret, whatever it is wrapped in."""
    return [name for name, field in model.model_fields.items() if "SecretStr" in repr(field.annotation)]


def settings_secrets() -> dict[str, Canary]:
    return {name: Canary(name) for name in secrets_of(Settings)}


def system_secrets() -> dict[str, dict[str, Canary]]:
    """By system and field."""
    return {
        key: {name: Canary(f"{key}.{name}") for name in found}
        for key in ids()
        if (found := secrets_of(system_class(key).Config))
    }


def hook_secrets() -> list[Canary]:
    """The secret of a door and the one before."""
    assert secrets_of(HookSettings) == ["secrets"]
    return [Canary("hooks.doorbell.present"), Canary("hooks.doorbell.previous")]


def every_canary() -> list[Canary]:
    systems = [canary for found in system_secrets().values() for canary in found.values()]
    return [*settings_secrets().values(), *systems, *hook_secrets()]


def sections(base: str, smtp: Mapping[str, Any], outbox: Path) -> dict[str, dict[str, Any]]:
    """Every system with all of its secrets; each is asked at an address of its own below `base`."""
    bare: dict[str, Mapping[str, Any]] = {key: sample.settings for key, sample in SAMPLES.items()}
    bare |= {"smtp": smtp, "outbox": {"folder": str(outbox)}}
    found: dict[str, dict[str, Any]] = {}
    for key, canaries in ((key, system_secrets().get(key, {})) for key in ids()):
        fields = system_class(key).Config.model_fields
        addresses = {name: f"{base}/{key}" for name in ("base_url", "token_url", "url") if name in fields}
        secrets = {name: _given(name, one, f"{base}/{key}") for name, one in canaries.items()}
        found[key] = {**bare[key], **addresses, **secrets}
        if "client_id" in fields:
            found[key]["client_id"] = "opsbook"
    found["mailjet"]["sender"] = "ops@example.com"
    return found


def _given(name: str, one: Canary, base: str) -> str:
    """A secret as its setting takes it: in an address, in a service account's key, or as it is."""
    if name == "credentials":
        pem = f"-----BEGIN PRIVATE KEY-----\n{one.text}\n-----END PRIVATE KEY-----\n"
        return json.dumps({"type": "service_account", "client_email": "ops@example.com", "private_key": pem})
    return f"{base}/{quote(one.text, safe='')}" if name.endswith("_url") else one.text


def written(plain: Mapping[str, Any], sections: Mapping[str, Mapping[str, Any]]) -> str:
    """A settings file: what JSON writes is TOML for texts, numbers, flags and lists of texts."""
    lines = [f"{name} = {json.dumps(value)}" for name, value in plain.items()]
    for heading, section in sections.items():
        lines += ["", f"[{heading}]", *(f"{name} = {json.dumps(value)}" for name, value in section.items())]
    return "\n".join(lines) + "\n"


def leaks(canaries: Iterable[Canary], evidence: Mapping[str, bytes]) -> set[tuple[str, str]]:
    """Which secret stands where."""
    return {(one.place, name) for one in canaries for name, content in evidence.items() if one.is_in(content)}
