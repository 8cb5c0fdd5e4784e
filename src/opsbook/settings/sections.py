"""Sections of the settings that belong to no single room: people, what they decide about, and planned work."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from opsbook.inbox.people import phone_digits
from opsbook.inbox.rules import Rules
from opsbook.playbooks.fields import Duration

MAILBOX = r"^[^@\s\x00-\x1f\x7f]+@[^@\s\x00-\x1f\x7f]+\.[^@\s\x00-\x1f\x7f]+$"


def is_a_digest(text: str) -> str:
    if not re.fullmatch(r"[0-9a-f]{64}", text):
        raise ValueError("it is the SHA-256 of the token, 64 hexadecimal digits: `printf %s TOKEN | sha256sum`")
    return text


class PersonSettings(BaseModel):
    """One person who gets messages or answers threads."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    email: Annotated[str, Field(description="where their mail goes", pattern=MAILBOX)]
    slack_user: str | None = Field(default=None, description="their Slack user id")
    phone: Annotated[str | None, BeforeValidator(phone_digits)] = Field(
        default=None, description="where their text messages go: 11 digits that begin with 1"
    )
    roles: tuple[str, ...] = Field(default=(), description="what they may decide; `approver`: every campaign")
    os_user: str | None = Field(default=None, description="their account on the machine of the command line")
    approve_token_sha256: Annotated[str, AfterValidator(is_a_digest)] | None = Field(
        default=None, repr=False, description="SHA-256 of the token by which they decide over HTTP"
    )


class ApprovalSettings(BaseModel):
    """What holds for every decision that people are asked for."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    campaign_deadline: Duration = Field(default=timedelta(hours=24), description="how long a campaign waits")
    large_send: int = Field(default=200, ge=0, description="more recipients than this need more persons")
    large_quorum: int = Field(default=2, ge=1, le=10, description="so many persons must approve a large campaign")
    self_approval: bool = Field(
        default=False, description="the only person that there is may decide about what they asked for or edited"
    )

    @property
    def rules(self) -> Rules:
        return Rules(self.campaign_deadline, self.large_send, self.large_quorum, self.self_approval)


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
