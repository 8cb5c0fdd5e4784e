"""The terms that figures are made by, as data: a `Warehouse` is made with them, by default with those below.

`definitions.sql` and `metrics/*.sql` say how a figure is counted; what counts is said here. Words are compared in lower
case.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

LONGEST_WORD = 60


def _spelt(words: tuple[str, ...]) -> tuple[str, ...]:
    found = sorted({word.strip().lower() for word in words})
    for word in found:
        if not word or len(word) > LONGEST_WORD or not word.isprintable():
            raise ValueError(f"a word has 1 to {LONGEST_WORD} characters, all of them printable")
    return tuple(found)


def _exact(words: tuple[str, ...]) -> tuple[str, ...]:
    if starred := next((word for word in words if "*" in word), None):
        raise ValueError(f"it takes whole words only, and {starred} holds a *")
    return words


def _starred(words: tuple[str, ...]) -> tuple[str, ...]:
    if wrong := next((word for word in words if "*" in word[:-1] or word == "*"), None):
        raise ValueError(f"a * stands at the end of a word's beginning, as in brand*, and not as in {wrong}")
    return words


def _as_source(words: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted({word.replace("-", "_").replace(" ", "_") for word in words}))


Spelt = Annotated[tuple[str, ...], Field(min_length=1), AfterValidator(_spelt)]
Words = Annotated[Spelt, AfterValidator(_exact)]
Beginnings = Annotated[Spelt, AfterValidator(_starred)]
Captures = Annotated[Beginnings, AfterValidator(_as_source)]
Days = Annotated[int, Field(ge=1, le=366)]
Match = Literal["any", "all"]


class Part(BaseModel):
    """One section of the definitions."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Families(Part):
    """Words in families: the word itself wins over a beginning with a `*`, a longer beginning over a shorter one."""

    @model_validator(mode="after")
    def _each_in_one(self) -> Self:
        seen: dict[str, str] = {}
        for family, word in self.pairs():
            if word in seen:
                raise ValueError(f"{word} is in {seen[word]} and in {family}; a word has one family")
            seen[word] = family
        return self

    def pairs(self) -> Iterator[tuple[str, str]]:
        """Each family with each of its words."""
        for family, words in self.model_dump().items():
            for word in words:
                yield family, word

    def terms(self) -> dict[str, Any]:
        """As the macro `family_of` reads them: names beside words, and names beside beginnings, the longest first."""
        whole = [(family, word) for family, word in self.pairs() if not word.endswith("*")]
        begun = [(family, word[:-1]) for family, word in self.pairs() if word.endswith("*")]
        begun.sort(key=lambda one: (-len(one[1]), one[1]))
        return {
            "words": [word for _, word in whole],
            "of_words": [family for family, _ in whole],
            "beginnings": [start for _, start in begun],
            "of_beginnings": [family for family, _ in begun],
        }


class Roles(Families):
    """Role families, the cohorts of signups; any other role is `other`. `internal` counts in no total."""

    customer: Beginnings = Field(default=("customer",), description="consumers; they work for no organisation")
    dispensary: Beginnings = Field(default=("budtender", "dispensary*"), description="people of dispensaries")
    brand: Beginnings = Field(default=("brand*",), description="people of brands")
    internal: Beginnings = Field(default=("intern", "super_*"), description="the platform's own people")


class Sources(Families):
    """Where leads are captured; any other place is `other`. A blank or a hyphen in a source is read as `_`."""

    vibe_studio: Captures = Field(default=("mobile_vibe*", "vibe*"), description="captures of Vibe Studio")
    academy: Captures = Field(default=("academy*",), description="captures of the academy")
    training: Captures = Field(default=("training*",), description="captures of trainings")
    age_gate: Captures = Field(default=("age_gate", "agegate"), description="captures of the age gate")


class People(Part):
    """Which accounts and addresses are people's, and who is written to."""

    placeholder_endings: Words = Field(
        default=(".local",), description="endings of addresses that an import invents; nobody is counted by one"
    )
    signup_events: Words = Field(
        default=("user.signup.platform",), description="types of event that say where a signup came from"
    )
    contact_roles: Words = Field(
        default=("brand", "brand_admin", "dispensary", "dispensary_admin"),
        description="roles, beside the owner, to whom an organisation's letters go",
    )
    refused: Words = Field(
        default=("disabled", "rejected"), description="approval statuses of accounts that nobody writes to"
    )


class Organizations(Part):
    """When an organisation is gone."""

    canceled: Words = Field(default=("canceled", "cancelled"), description="statuses of organisations that have left")


class Orders(Part):
    """Which orders do not count. One that does not say its mode is live."""

    uncounted_modes: Words = Field(default=("demo",), description="modes of orders that were none")
    uncounted_statuses: Words = Field(default=("canceled", "cancelled"), description="statuses of orders taken back")


class Contracts(Families):
    """What a contract's status means for recurring revenue. A status that is not named here counts nothing."""

    active: Words = Field(default=("active",), description="paid")
    past_due: Words = Field(default=("past_due",), description="paid, and shown apart as well")
    trial: Words = Field(default=("trial", "trialing"), description="counts 0 and is listed")
    ended: Words = Field(
        default=("canceled", "cancelled", "ended", "expired", "replaced", "unpaid"),
        description="was paid while it ran",
    )

    @property
    def paid(self) -> tuple[str, ...]:
        return (*self.active, *self.past_due)


class Tickets(Part):
    """When a ticket is done with."""

    resolved: Words = Field(default=("closed", "resolved"), description="statuses of tickets that are done with")


class Errors(Families):
    """Levels of what the platform logs that are errors."""

    error: Words = Field(default=("error",), description="errors")
    critical: Words = Field(default=("critical", "fatal"), description="errors that are critical as well")


class Inactive(Part):
    """When an organisation is inactive: no login, no orders, no campaigns.

    Explanations ask by it; a step of a playbook says its own.
    """

    match: Match = Field(default="all", description="whether all three are silent or any one")


class AtRisk(Part):
    """When an organisation may leave: no login, no campaign, an open ticket.

    Explanations ask by it; a step of a playbook says its own.
    """

    login_days: Days = Field(default=14, description="days without a login")
    campaign_days: Days = Field(default=30, description="days without a campaign")
    match: Match = Field(default="any", description="whether any one of the three is enough or all are needed")


class Definitions(Part):
    """Every section, with its defaults. Refuses an unknown key, an empty list and a word in two families."""

    roles: Roles = Field(default_factory=Roles, description="role families")
    sources: Sources = Field(default_factory=Sources, description="places of capture")
    people: People = Field(default_factory=People, description="accounts and addresses")
    organizations: Organizations = Field(default_factory=Organizations, description="organisations that are gone")
    orders: Orders = Field(default_factory=Orders, description="orders that count")
    contracts: Contracts = Field(default_factory=Contracts, description="statuses of contracts")
    tickets: Tickets = Field(default_factory=Tickets, description="statuses of tickets")
    errors: Errors = Field(default_factory=Errors, description="levels of the log")
    inactive: Inactive = Field(default_factory=Inactive, description="when an organisation is inactive")
    at_risk: AtRisk = Field(default_factory=AtRisk, description="when an organisation may leave")

    def terms(self) -> Mapping[str, Any]:
        """What `definitions.sql` asks for by name, as plain lists."""
        consumers = [word for word in self.roles.customer if not word.endswith("*")]
        return {
            "roles": self.roles.terms(),
            "sources": self.sources.terms(),
            "consumers": consumers or [""],
            "consumers_begin": len(consumers) < len(self.roles.customer),
            "placeholder_endings": list(self.people.placeholder_endings),
            "signup_events": list(self.people.signup_events),
            "contact_roles": list(self.people.contact_roles),
            "refused_accounts": list(self.people.refused),
            "canceled_organizations": list(self.organizations.canceled),
            "uncounted_modes": list(self.orders.uncounted_modes),
            "uncounted_statuses": list(self.orders.uncounted_statuses),
            "paid_contracts": list(self.contracts.paid),
            "past_due_contracts": list(self.contracts.past_due),
            "trial_contracts": list(self.contracts.trial),
            "once_paid_contracts": [*self.contracts.paid, *self.contracts.ended],
            "resolved_tickets": list(self.tickets.resolved),
            "errors": [*self.errors.error, *self.errors.critical],
            "critical_errors": list(self.errors.critical),
        }


def part_named(name: str) -> type[Part]:
    """The class of a section of `Definitions`."""
    found = Definitions.model_fields[name].annotation
    assert isinstance(found, type)
    return found
