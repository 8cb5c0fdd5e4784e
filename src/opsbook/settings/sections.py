"""Sections of the settings that belong to no single room: people, and planned work."""

from __future__ import annotations

from typing import Annotated

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from opsbook.inbox.people import phone_digits

MAILBOX = r"^[^@\s\x00-\x1f\x7f]+@[^@\s\x00-\x1f\x7f]+\.[^@\s\x00-\x1f\x7f]+$"


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
