"""Who is who: the people of the settings, and where each of them is reached on each channel."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from opsbook.sdk.errors import InvalidInput

EVERYBODY = "*"  # a notification on the dashboard that is for whoever looks


def phone_digits(text: object) -> object:
    """A number as people write it, without what only helps to read it; what is no text is left to others.

    Raises `ValueError` for what is not 11 digits of which the first is a 1.
    """
    if not isinstance(text, str):
        return text
    digits = re.sub(r"[ ()./-]", "", text).removeprefix("+")
    if not re.fullmatch(r"1[0-9]{10}", digits):
        raise ValueError("it is a number of 11 digits that begins with 1, such as +1 555 010 0123")
    return digits


@dataclass(frozen=True)
class Person:
    """One person. `slack_user` is their user id there; `roles` say what they may decide; `phone` is digits only.

    `os_user` is their account on the machine where the command line is used; `approve_token_sha256` proves them to the
    HTTP API.
    """

    name: str
    email: str
    slack_user: str | None = None
    roles: tuple[str, ...] = ()
    phone: str | None = None
    os_user: str | None = None
    approve_token_sha256: str | None = None


class People:
    """`slack_channel` is where alerts go on Slack; with it, Slack gets one message and not one for each person.

    Implements `effects.delivery.Addresses`.
    """

    def __init__(self, people: Mapping[str, Person], slack_channel: str | None = None) -> None:
        self.people = dict(people)
        self.slack_channel = slack_channel
        self._by_address = {person.email.lower(): person for person in self.people.values()}

    def names(self) -> Mapping[str, str]:
        """What expressions see as `people`: name to e-mail address."""
        return {name: person.email for name, person in self.people.items()}

    def resolve(self, names: Iterable[str], field: str = "to") -> list[Person]:
        """The people meant by names or addresses, in their order and once each.

        Raises `InvalidInput` with the nearest name for whoever is not in the settings, addresses too.
        """
        found = {person.name: person for person in (self._person(name, field) for name in names)}
        return list(found.values())

    def owners(self) -> list[Person]:
        """Who answers for what nobody was named for: those with the role `owner`, else the person of that name,
        else everybody.

        Raises `InvalidInput` when the settings name nobody at all.
        """
        if not self.people:
            raise InvalidInput(
                "The settings name no people, so nobody would own this.",
                field="people",
                cure="Add a section such as [people.owner] with an e-mail address to the settings.",
                code="no_people",
            )
        owning = [person for person in self.people.values() if "owner" in person.roles]
        if not owning and "owner" in self.people:
            owning = [self.people["owner"]]
        return owning or list(self.people.values())

    def named(self, name: str) -> Person | None:
        """The person of exactly this name."""
        return self.people.get(name)

    def on_slack(self, slack_user: str) -> Person | None:
        found = [person for person in self.people.values() if person.slack_user == slack_user]
        return found[0] if len(found) == 1 else None  # an id that two share names nobody

    def deciders(self, names: Iterable[str], field: str = "to") -> list[str]:
        """Persons and roles as they are kept with a question: `person:ada`, `role:approver`, once each.

        A name means a person where there is one of it, else the role; `role:` in front always means the role. Raises
        `InvalidInput` for a role that nobody has, and for a name that is neither.
        """
        found: list[str] = []
        roles = {role for person in self.people.values() for role in person.roles}
        for name in names:
            role = name.strip().removeprefix("role:")
            if name.strip() in self.people or role not in roles:
                if role != name.strip():
                    raise InvalidInput(
                        f"Nobody has the role {role[:80]!r}.",
                        field=field,
                        cure="Give it to somebody: roles in a person's section of the settings.",
                        code="unknown_role",
                    )
                found.append(f"person:{self._person(name, field).name}")
            else:
                found.append(f"role:{role}")
        return list(dict.fromkeys(found))

    def entitled(self, deciders: Iterable[str]) -> list[Person]:
        """Who is meant by `deciders` today: whoever lost a role since then is not."""
        wanted = frozenset(deciders)
        return [
            person
            for person in self.people.values()
            if f"person:{person.name}" in wanted or any(f"role:{role}" in wanted for role in person.roles)
        ]

    def of(self, channel: str, to: Sequence[str]) -> Sequence[tuple[str, str]]:
        """(item, address) for each recipient of a channel, in order, without repeats.

        The item is the person's name, so it stays the same when their address changes. An empty address means that
        this person cannot be reached there. A message to nobody in particular goes to the alert channel on Slack and
        to everybody on the dashboard; by mail and as a text message it goes nowhere.
        """
        people = self.resolve(to)
        if channel == "slack":
            if self.slack_channel:
                return [("alert_channel", self.slack_channel)]
            return _each_once([(person.name, person.slack_user or "") for person in people])
        if channel == "dashboard":
            return [(person.name, person.name) for person in people] or [("everybody", EVERYBODY)]
        if channel == "sms":
            return _each_once([(person.name, person.phone or "") for person in people])
        return _each_once([(person.name, person.email) for person in people])

    def _person(self, name: str, field: str) -> Person:
        wanted = name.strip()
        person = self.people.get(wanted) or self._by_address.get(wanted.lower())
        if person is not None:
            return person
        raise InvalidInput(
            f"Nobody in the settings is called {wanted[:80]!r}.",
            field=field,
            cure=self._cure(wanted),
            code="unknown_person",
        )

    def _cure(self, wanted: str) -> str:
        known = list(self.people) if "@" not in wanted else [person.email for person in self.people.values()]
        near = get_close_matches(wanted, known, 1, 0.6)
        if near:
            return f"Did you mean {near[0]}?"
        listed = ", ".join(sorted(self.people))
        return f"There are: {listed}." if listed else "Add them under [people] in the settings."


def _each_once(found: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Two people may share an address: it gets the message once, in the first one's name."""
    first: dict[str, tuple[str, str]] = {}
    for name, address in found:
        first.setdefault(address.lower() or f"nowhere:{name}", (name, address))
    return list(first.values())
