"""Any system that answers over HTTP: one request, and what a deployment expects of the answer to it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, SecretStr, field_validator, model_validator

from opsbook.integrations._system import System, SystemConfig
from opsbook.integrations._verdicts import at, code_in, failure_by_status, online, peek
from opsbook.integrations.http import KIND, NAME
from opsbook.integrations.http.types import BEARER, HEADER, SECRET, as_text, text_of, whole_numbers, words
from opsbook.sdk.http import Reply
from opsbook.sdk.integration import ErrorClass, Observation, Status
from opsbook.sdk.redaction import SHORTEST

LONGEST_SECONDS = 5.0  # the monitor gives no probe more


class HttpConfig(SystemConfig):
    """One address, and what its answer must be like. A header without its secret is not configured."""

    url: str = Field(
        validation_alias="OPSBOOK_HTTP_<ID>_URL", description="the address that is asked; nothing secret belongs in it"
    )
    name: str | None = Field(
        default=None,
        validation_alias="OPSBOOK_HTTP_<ID>_NAME",
        max_length=60,
        description="what people call it; without one its id",
    )
    method: Literal["GET", "HEAD"] = Field(
        default="GET", validation_alias="OPSBOOK_HTTP_<ID>_METHOD", description="HEAD brings no body to look at"
    )
    header: str | None = Field(
        default=None,
        validation_alias="OPSBOOK_HTTP_<ID>_HEADER",
        max_length=200,
        description=f"header that carries the secret: its name, or a form such as {BEARER}, which it is without one",
    )
    secret: SecretStr | None = Field(
        default=None, validation_alias="OPSBOOK_HTTP_<ID>_SECRET", description="what is sent in the header"
    )
    expect_status: Annotated[tuple[int, ...], BeforeValidator(whole_numbers)] = Field(
        default=(200,), validation_alias="OPSBOOK_HTTP_<ID>_EXPECT_STATUS", description="statuses that are well"
    )
    expect_text: str | None = Field(
        default=None,
        validation_alias="OPSBOOK_HTTP_<ID>_EXPECT_TEXT",
        max_length=200,
        description="text that the body must hold",
    )
    expect_path: str | None = Field(
        default=None,
        validation_alias="OPSBOOK_HTTP_<ID>_EXPECT_PATH",
        max_length=200,
        description="dotted place in a body of JSON where something must stand, such as checks.0.status",
    )
    expect_value: Annotated[str | None, BeforeValidator(as_text)] = Field(
        default=None,
        validation_alias="OPSBOOK_HTTP_<ID>_EXPECT_VALUE",
        max_length=200,
        description="what must stand there; without it anything but null",
    )
    degraded_values: Annotated[tuple[str, ...], BeforeValidator(words)] = Field(
        default=(),
        validation_alias="OPSBOOK_HTTP_<ID>_DEGRADED_VALUES",
        description="what may stand there instead and means degraded",
    )
    timeout_seconds: float = Field(
        default=LONGEST_SECONDS,
        validation_alias="OPSBOOK_HTTP_<ID>_TIMEOUT_SECONDS",
        gt=0,
        le=LONGEST_SECONDS,
        description="how long it may take to answer",
    )

    @classmethod
    def missing(cls, given: Collection[str]) -> list[str]:
        lacking = ["secret"] if "header" in given and "secret" not in given else []
        return super().missing(given) + lacking

    @field_validator("name")
    @classmethod
    def _on_one_line(cls, name: str | None) -> str | None:
        if name is not None and not name.isprintable():
            raise ValueError("it holds a line break or a control character")
        return name

    @field_validator("header")
    @classmethod
    def _has_a_place_for_the_secret(cls, header: str | None) -> str | None:
        if header is not None and not HEADER.fullmatch(header):
            raise ValueError(f"it is a header's name such as X-Api-Key, or a form such as {BEARER}")
        return header

    @field_validator("secret")
    @classmethod
    def _fits_a_header_and_can_be_hidden(cls, secret: SecretStr | None) -> SecretStr | None:
        text = secret.get_secret_value() if secret else ""
        if not (text.isascii() and text.isprintable()):
            raise ValueError("it holds a line break or another character that no header can carry")
        if secret and len(text) < SHORTEST:
            raise ValueError(f"it has fewer than {SHORTEST} characters, too few to be kept out of texts")
        return secret

    @field_validator("expect_status")
    @classmethod
    def _are_statuses(cls, statuses: tuple[int, ...]) -> tuple[int, ...]:
        if not statuses or not all(200 <= status <= 599 for status in statuses):
            raise ValueError("a status is a whole number from 200 to 599, such as 200")
        return statuses

    @field_validator("expect_path")
    @classmethod
    def _is_a_place(cls, path: str | None) -> str | None:
        if path is not None and not all(part and part.isprintable() for part in path.split(".")):
            raise ValueError("it is a dotted place such as checks.0.status")
        return path

    @model_validator(mode="after")
    def _fit_together(self) -> Self:
        if self.expect_path is None and (self.expect_value is not None or self.degraded_values):
            raise ValueError("expect_value and degraded_values need expect_path, which says where they stand")
        if self.degraded_values and self.expect_value is None:
            raise ValueError("degraded_values need expect_value, which says what is well")
        if self.method == "HEAD" and (self.expect_text or self.expect_path):
            raise ValueError("a HEAD request brings no body, so expect_text and expect_path need the method GET")
        return self


class Http(System[HttpConfig]):
    id = "http"
    name = NAME
    kind = KIND
    Config = HttpConfig

    def called(self, key: str) -> Self:
        """People call it what its settings say, or else by its id."""
        self.name = (self.config.name if self.config else None) or key
        return super().called(key)

    async def ask(self, config: HttpConfig) -> Observation:
        """One request. A redirect is not followed: where it leads was not set by anybody."""
        reply = await self.http.request(
            config.method, config.url, headers=headers(config), total_seconds=config.timeout_seconds
        )
        return judge(reply, config)


def headers(config: HttpConfig) -> dict[str, str]:
    """What is sent with the request, the secret in its place."""
    lines = {"accept": "application/json" if config.expect_path else "*/*"}
    if config.secret is not None:
        name, _, form = (config.header or BEARER).partition(":")
        lines[name.lower()] = (form.strip() or SECRET).replace(SECRET, config.secret.get_secret_value())
    return lines


def judge(reply: Reply, config: HttpConfig) -> Observation:
    """A status that is expected, then the body. What is missing in it means offline, as with every system."""
    if reply.status not in config.expect_status:
        return _by_status(reply, config)
    if config.expect_text is not None and config.expect_text not in reply.text():
        return _other(reply, "Its answer does not hold the text that is expected (expect_text).")
    if config.expect_path is not None:
        return _by_value(reply, config, config.expect_path)
    return online(reply)


def _by_status(reply: Reply, config: HttpConfig) -> Observation:
    if 300 <= reply.status < 400:
        said = f"It answered with a redirect (status {reply.status}), which is not followed: set where it leads to."
        return _other(reply, said)
    expected = " or ".join(map(str, config.expect_status))
    bad = None if reply.ok else failure_by_status(reply)
    return bad or _other(reply, f"It answered with status {reply.status}, and {expected} is expected.")


def _by_value(reply: Reply, config: HttpConfig, path: str) -> Observation:
    found = at(peek(reply), path)
    if found is None:
        return _other(reply, f"Its answer is not JSON that holds anything at {path}.")
    said = text_of(found)
    if config.expect_value in (None, said):
        return online(reply)
    if said in config.degraded_values:
        told = f"It says {said} at {path}, and {config.expect_value} is well."
        return Observation(Status.DEGRADED, reply.elapsed_ms, ErrorClass.SERVER, told)
    shown = code_in(reply, path) or "something else"
    return _other(reply, f"It says {shown} at {path}, and {config.expect_value} is expected.")


def _other(reply: Reply, said: str) -> Observation:
    return Observation(Status.OFFLINE, reply.elapsed_ms, ErrorClass.BAD_REPLY, said)


INTEGRATION = Http
