"""What an integration is: one outside system, its configuration, its probe and what it can do for us."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, Generic, TypeVar

from pydantic import BaseModel, ConfigDict

from opsbook.sdk.documents import DocumentStore
from opsbook.sdk.effects import Connector
from opsbook.sdk.feeds import Feed
from opsbook.sdk.http import HttpClient
from opsbook.sdk.memory import Memory
from opsbook.sdk.values import Json, JsonObject, Unknown, plain

NOT_STATED = Unknown("it does not say when its credentials end")


class Status(StrEnum):
    """How a system is. `not_configured` is reported and never alerts; `unknown` is never taken for healthy."""

    ONLINE = "online"
    DEGRADED = "degraded"  # slow, throttled or partly failing
    OFFLINE = "offline"
    NOT_CONFIGURED = "not_configured"
    UNKNOWN = "unknown"


class ErrorClass(StrEnum):
    """Why a probe did not find a system online."""

    SLOW = "slow"
    THROTTLED = "throttled"
    AUTH = "auth"  # our credentials
    NETWORK = "network"  # DNS, TLS, connection refused
    TIMEOUT = "timeout"
    SERVER = "server"  # their 5xx
    BAD_REPLY = "bad_reply"  # an answer that is not what they document
    CLIENT = "client"  # a 4xx that says our request is wrong
    NO_PROBE = "no_probe"  # no harmless call exists


@dataclass(frozen=True)
class Expiry:
    """When credentials in use end, as the system's own answer states it. `of` names them: access token, refresh token.

    `renews`: we fetch the next ones without a person.
    """

    at: datetime
    of: str
    renews: bool

    def as_json(self) -> JsonObject:
        return {"expires_at": plain(self.at), "of": self.of, "renews": self.renews}


@dataclass(frozen=True)
class Observation:
    """What one request found. `latency_ms` is None when nothing answered; `message` is redacted, one line.

    `expiry` is None where the answer does not state it.
    """

    status: Status
    latency_ms: float | None = None
    error_class: ErrorClass | None = None
    message: str = ""
    quota: JsonObject | None = None
    expiry: Expiry | None = None


@dataclass(frozen=True)
class MaintenanceWindow:
    """From `start` until before `until` nobody is to be alarmed about a system. Times have a zone."""

    system: str
    start: datetime
    until: datetime
    reason: str


@dataclass(frozen=True)
class ProbeReport:
    """What a monitor says of one system after probing it: the last observation and its history.

    `held` is the status reported instead of the observed one, while too few probes in a row confirm the change.
    `settled` is the last status reported that says up or down, None before there was one.
    """

    id: str
    name: str
    observation: Observation
    checked_at: datetime
    last_success_at: datetime | None
    consecutive_failures: int
    attempts: int = 1
    consecutive_successes: int = 0
    held: Status | None = None
    settled: Status | None = None
    maintenance: MaintenanceWindow | None = None

    @property
    def status(self) -> Status:
        """What is reported."""
        return self.held or self.observation.status

    def as_json(self) -> JsonObject:
        """`status` is what is reported, `observed` what this probe found; `credentials.expires_at` may be unknown."""
        seen = self.observation
        error: Json = None
        if seen.error_class:
            error = {"class": seen.error_class.value, "message": seen.message}
        return {
            "id": self.id,
            "name": self.name,
            "status": self.status.value,
            "observed": seen.status.value,
            "latency_ms": None if seen.latency_ms is None else round(seen.latency_ms, 1),
            "checked_at": plain(self.checked_at),
            "last_success_at": plain(self.last_success_at),
            "consecutive_failures": self.consecutive_failures,
            "consecutive_successes": self.consecutive_successes,
            "error": error,
            "quota": seen.quota,
            "credentials": seen.expiry.as_json() if seen.expiry else {"expires_at": NOT_STATED.as_json()},
            "maintenance": self.maintenance is not None,
            "maintenance_window": self._window(),
        }

    def _window(self) -> Json:
        window = self.maintenance
        return {"until": plain(window.until), "reason": window.reason} if window else None


class IntegrationConfig(BaseModel):
    """Settings of one system. Secrets are `SecretStr`; every field is described.

    Each field can be given in the settings file under `[integrations.<folder>]` or in the environment under the
    name in its `validation_alias`; for one of a family it is `[integrations.<folder>.<id>]` and a name with `<ID>`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


C = TypeVar("C", bound=IntegrationConfig)


class Integration(ABC, Generic[C]):
    """One system. Its folder's name is its id; `integrations/<id>/client.py` holds `INTEGRATION`.

    A folder can be a family as well: then each system that the settings name in it has an id of its own.
    """

    id: str
    name: str
    kind: ClassVar[str]  # "platform" (the health check's five) | "integration" | "delivery" | "plumbing"
    Config: ClassVar[type[Any]]
    slow_after_ms: ClassVar[float] = 500.0
    stands_in: ClassVar[bool] = False  # its ways out reach nobody: they are used where no other opens the channel

    def __init__(self, config: C | None, http: HttpClient) -> None:
        self.config = config
        self.http = http

    @property
    def configured(self) -> bool:
        return self.config is not None

    @abstractmethod
    async def probe(self) -> Observation:
        """The cheapest call without side effects; never raises for what the other side does. Safe to repeat.

        Called only when configured. Its caller keeps the time limit and judges slowness.
        """

    def asked_with(self) -> str:
        """The setting whose credentials count, where there are several ways to give them; empty otherwise."""
        return ""

    def connectors(self) -> Sequence[Connector]:
        """The ways out to people that this configuration opens."""
        return ()

    @property
    def mirrors(self) -> bool:
        """Whether our records are to be written to its documents as well."""
        return False

    def documents(self, sleep: Callable[[float], Awaitable[None]]) -> DocumentStore | None:
        """Its documents, where it is a store of them and configured."""
        return None

    def feed(self, name: str, sleep: Callable[[float], Awaitable[None]]) -> Feed | None:
        """Its records of that name, where it tells of any and is configured."""
        return None

    def memory(self) -> Memory | None:
        """Where what came of runs is kept for agents, where it is told to be."""
        return None

    def credential_state(self) -> Mapping[str, Json]:
        """Which settings are present or missing, and expiry where it can be known; never a value."""
        return {}
