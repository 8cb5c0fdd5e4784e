"""How far each system is grown up: every rule of the scale, and what its folder says of it in `quality.yaml`.

    settings_described: done
    coverage_95: {todo: why it is not done}
    paging_bounded: {exempt: why it does not apply}

The suite in `tests/integrations` tries the rules on the folders: what a file says and what is found must agree.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from opsbook.integrations.catalog import ids
from opsbook.sdk.errors import NeverWorks

RULES: Mapping[str, str] = {
    "probe_cheapest_call": "the probe asks once, twice where a token or a second page is needed, and begins nothing",
    "probe_verdicts": "good, 401, 403, 429, 5xx, silence and another body are told apart",
    "errors_mapped": "refused and broken connections, redirects and other refusals have their class and a sentence",
    "secrets_redacted": "no secret comes out, not even one that the vendor repeats",
    "retry_after_honoured": "a wait that the vendor asks for is told, and kept before a message is sent again",
    "paging_bounded": "what is read page by page ends after a number of pages that is written down, and says so",
    "settings_described": "every setting has a description, a name in the environment and a line in the README",
    "effect_class_declared": "each way out to people says what can be proven about a send that was lost",
    "idempotency_declared": "the README says what keeps a repeat from being sent twice, or that nothing does",
    "contract_source": "the README names where the contract is from and how sure it is",
    "never_tried_said": "the README says what it was never tried against",
    "docs_headings": "the README has the headings of its siblings, in their order",
    "coverage_95": "the suite runs at least 95 % of the folder's lines",
}
CONTRACT = re.compile(r"^Contract: (.+?); confidence: ((?:solid|medium|weak)\b[^.]*)\.$", re.M)


class State(StrEnum):
    """What a folder says of one rule."""

    DONE = "done"
    OPEN = "todo"  # it applies and is not met
    EXEMPT = "exempt"  # it does not apply


@dataclass(frozen=True)
class Grade:
    """What a folder says of one rule; `reason` is empty for what is done."""

    state: State
    reason: str = ""


@dataclass(frozen=True)
class Contract:
    """Where a system's contract is from, and how sure it is: solid, medium or weak, with what is meant by it."""

    source: str
    confidence: str


def grades(key: str) -> dict[str, Grade]:
    """What the system's `quality.yaml` says, by rule in the order of `RULES`.

    Raises `NeverWorks` where the file is not there, is not readable, does not list exactly the rules, or gives no
    reason where one is due.
    """
    try:
        found = YAML(typ="safe", pure=True).load((folder(key) / "quality.yaml").read_text(encoding="utf-8"))
    except (OSError, YAMLError) as error:
        raise _bad(key, f"cannot be read ({type(error).__name__})") from None
    return read(key, found)


def read(key: str, found: Any) -> dict[str, Grade]:
    """The same for what stands in a file."""
    if not isinstance(found, dict):
        raise _bad(key, "lists no rules")
    for rule in [*RULES, *found]:
        if (rule in RULES) != (rule in found):
            raise _bad(key, f"{'does not list' if rule in RULES else 'lists an unknown rule,'} {rule}")
    return {rule: _grade(key, rule, found[rule]) for rule in RULES}


def contract(key: str) -> Contract | None:
    """What the system's README says of its contract; None when it says nothing."""
    found = CONTRACT.search((folder(key) / "README.md").read_text(encoding="utf-8"))
    return Contract(found[1], found[2]) if found else None


def folder(key: str) -> Path:
    """Where a system's files are. Raises `NeverWorks` when there is no such system."""
    if key not in ids():
        raise NeverWorks(f"There is no integration {key}.", code="no_integration")
    return Path(__file__).parent / key


def _grade(key: str, rule: str, said: Any) -> Grade:
    if said == State.DONE:
        return Grade(State.DONE)
    if isinstance(said, dict) and len(said) == 1:
        word, reason = next(iter(said.items()))
        if word in (State.OPEN, State.EXEMPT) and isinstance(reason, str) and reason.strip():
            return Grade(State(word), reason.strip())
    raise _bad(key, f"says neither done nor todo or exempt with a reason of {rule}")


def _bad(key: str, what: str) -> NeverWorks:
    return NeverWorks(f"integrations/{key}/quality.yaml {what}.", code="bad_integration")
