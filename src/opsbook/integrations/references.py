"""Fetches the secrets that settings refer to, before anything is made of the settings. See `sdk/references.py`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from opsbook.integrations.catalog import ids, one_of
from opsbook.integrations.configuration import configure_one, names_of, system_class
from opsbook.sdk.errors import InvalidInput, OpsbookError, PersonNeeded, RetryLater
from opsbook.sdk.http import HttpClient
from opsbook.sdk.references import (
    Reference,
    Secret,
    SecretStore,
    is_reference,
    read_reference,
    references_in,
    replaced,
)

STORE = "secret_manager"
ATTEMPTS = 3
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.5, 10.0

Sleep = Callable[[float], Awaitable[None]]
Wanted = Mapping[str, Reference]


@dataclass(frozen=True)
class Fetched:
    """What is behind the references, by setting (None: nothing is, and that is well). `told` is for a person."""

    texts: Mapping[str, str | None] = field(repr=False)
    told: tuple[str, ...] = ()

    store: Mapping[str, Any] = field(default_factory=dict, repr=False)  # the section that the store was asked with

    def into(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """A settings file's values with the secrets in them; the store's probe reads one of those that are in use."""
        made = replaced(values, self.texts)
        if self.store:
            sections = made.get("integrations", {})
            if isinstance(sections, Mapping):
                made["integrations"] = {**sections, STORE: dict(self.store)}
        return made


def wanted_by_environment(environment: Mapping[str, str], names: Collection[str]) -> dict[str, Reference]:
    """The references among the variables that are ours: `names`, and those of the systems. Raises `InvalidInput`."""
    found = {name: value for name, value in environment.items() if is_reference(value)}
    if not found:
        return {}
    ours = {
        one
        for key in ids()
        for one_field in system_class(key).Config.model_fields.values()
        for one in names_of(one_field)
    }
    ours.update(name for name in found if name in names or name.startswith("OPSBOOK_"))
    return {name: read_reference(name, value) for name, value in found.items() if name in ours}


def wanted_by_file(values: Mapping[str, Any]) -> dict[str, Reference]:
    """The references in a settings file, by dotted place. Raises `InvalidInput`."""
    return dict(references_in(values))


async def fetch(
    wanted: Wanted, values: Mapping[str, Any], environment: Mapping[str, str], http: HttpClient, sleep: Sleep
) -> Fetched:
    """Every secret, each once, all at a time. The store's own settings are those in `values` and `environment`.

    Raises an error of the same family as the store's that names the first setting whose secret cannot be had, and
    `PersonNeeded` (`not_configured`) when the store cannot be asked at all. Nothing holds what was read but `texts`.
    """
    if not wanted:
        return Fetched({})
    section = _section(values, next(iter(wanted.values())))
    store = _store(next(iter(wanted)), section, environment, http)
    unique = list(dict.fromkeys(wanted.values()))
    answers = await asyncio.gather(*(_patiently(store, one, sleep) for one in unique), return_exceptions=True)
    found = dict(zip(unique, answers, strict=True))
    texts: dict[str, str | None] = {}
    told = []
    for setting, reference in wanted.items():
        answer = found[reference]
        if isinstance(answer, OpsbookError):
            raise _naming(setting, answer)
        if isinstance(answer, BaseException):
            raise answer
        if answer is not None and answer.trimmed:
            told.append(f"The secret behind {setting} ends with a line break; it was left out.")
        texts[setting] = answer.text if answer else None
    return Fetched(texts, tuple(told), section)


def _section(values: Mapping[str, Any], first: Reference) -> dict[str, Any]:
    sections = values.get("integrations")
    section = sections.get(STORE) if isinstance(sections, Mapping) else None
    return {"probe_secret": first.name, **(section if isinstance(section, Mapping) else {})}


def _store(first: str, section: Mapping[str, Any], environment: Mapping[str, str], http: HttpClient) -> SecretStore:
    system = configure_one(one_of(STORE), section, environment, http)
    if not isinstance(system, SecretStore):
        raise TypeError(f"{STORE} keeps no secrets")
    if not system.configured:
        missing = [name for name, word in system.credential_state().items() if word == "missing"]
        raise PersonNeeded(
            f"The setting {first} is kept in Secret Manager, which cannot be asked: {', '.join(missing)} is missing.",
            cure="Set it, or give the secret itself.",
            code="not_configured",
        )
    return system


async def _patiently(store: SecretStore, reference: Reference, sleep: Sleep) -> Secret | None:
    """Reading is safe to repeat: what may work later is tried again, twice."""
    for attempt in range(1, ATTEMPTS):
        try:
            return await store.secret(reference)
        except RetryLater as error:
            pause = FIRST_PAUSE_SECONDS * 2**attempt if error.after_seconds is None else error.after_seconds
            await sleep(min(pause, LONGEST_PAUSE_SECONDS))
    return await store.secret(reference)


def _naming(setting: str, error: OpsbookError) -> OpsbookError:
    """The same in kind, about the setting."""
    said = f"The setting {setting} could not be fetched. {error.sentence}"
    if isinstance(error, RetryLater):
        return RetryLater(said, after_seconds=error.after_seconds, cure=error.cure, code=error.code)
    if isinstance(error, PersonNeeded):
        return PersonNeeded(said, cure=error.cure, code=error.code)
    return InvalidInput(said, field=setting, cure=error.cure)
