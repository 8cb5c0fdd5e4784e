"""Who sits at the command line: a person of the settings, never merely a name that somebody types.

An account of this machine that a person's `os_user` names is that person, and nobody else. A person without an
`os_user` may be named with `--as`, or is meant where the settings name a single one: whoever has an account here that
reads the settings and the store is trusted that far, and the audit keeps the account.
"""

from __future__ import annotations

import os
import pwd
from collections.abc import Mapping
from difflib import get_close_matches

from opsbook.inbox.people import People, Person
from opsbook.sdk.errors import CallerMistake, InvalidInput, NotAllowed
from opsbook.sdk.values import Json


def account() -> str:
    """The account that this process runs under, whatever its environment says."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())


def at_the_keyboard(people: People, named: str | None) -> Person | CallerMistake:
    """The person, or why nobody can tell who it is."""
    here = account()
    mine = next((one for one in people.people.values() if one.os_user == here), None)
    if mine is not None:
        if named in (None, mine.name):
            return mine
        said = f"The account {here} is {mine.name}'s, so nobody decides here as {named}."
        return NotAllowed(said, cure="Leave out --as.", code="other_account")
    if named is None:
        only = list(people.people.values())
        if len(only) != 1:
            names = ", ".join(sorted(people.people)) or "nobody"
            cure = f"Say who you are: --as NAME. People of the settings: {names}."
            return InvalidInput("Nobody can tell who decides.", field="--as", cure=cure)
        return _unbound(only[0], here)
    person = people.named(named)
    if person is not None:
        return _unbound(person, here)
    near = get_close_matches(named, people.people, 1, 0.6)
    cure = f"Did you mean {near[0]}?" if near else f"There are: {', '.join(sorted(people.people)) or 'none'}."
    said = f"Nobody in the settings is called {named[:80]!r}."
    return NotAllowed(said, cure=cure, code="unknown_person")


def _unbound(person: Person, here: str) -> Person | CallerMistake:
    if person.os_user is None:
        return person
    said = f"{person.name} decides from the account {person.os_user}, and this is {here}."
    return NotAllowed(said, cure="Sign in to that account.", code="other_account")


def actor(people: People) -> str:
    """Who starts a run here, as its record says it: a person where the account tells, else the command line."""
    here = account()
    mine = next((one for one in people.people.values() if one.os_user == here), None)
    return f"person:{mine.name}" if mine else "cli"


def proof(named: str | None) -> Mapping[str, Json]:
    """What the audit keeps of how somebody was known."""
    return {"account": account(), **({"as": named} if named else {})}
