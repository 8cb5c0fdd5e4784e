"""What a campaign's words may not say, and what a campaign must carry. Rules only; deterministic.

The words of the customers themselves (an organisation's or a person's name, our own postal address) are not judged:
"Harbor Clinic" is a name, "clinically proven" is a claim.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from opsbook.sdk.errors import NotAllowed
from opsbook.sdk.values import JsonObject

AILMENTS = r"(?:pain|anxiety|insomnia|depression|cancer|epilepsy|seizures?|ptsd|inflammation|stress|nausea)"
WORDING = {
    "medical_claim": re.compile(
        rf"\b(?:cur(?:es?|ing)|heal(?:s|ing)?|remed(?:y|ies)|therapeutic|therapy|medicinal|relie(?:ves?|f)"
        rf"|(?:treats?|prevents?|reduces?|fights?|helps? with)\s+(?:\w+\s+)?{AILMENTS}|{AILMENTS})\b",
        re.IGNORECASE,
    ),
    "appeal_to_minors": re.compile(
        r"\b(?:kid(?:s|dies)?|child(?:ren)?|teen(?:s|agers?)?|minors|toddlers?|schools?|cartoons?|toys?"
        r"|cand(?:y|ies)|lollipops?)\b",
        re.IGNORECASE,
    ),
    "clinical_wording": re.compile(
        r"\b(?:patients?|dos(?:e|es|age|ing)|prescri(?:be[sd]?|ptions?)|diagnos\w+|symptoms?|clinical(?:ly)?"
        r"|clinics?|medications?|side effects?|doctor[- ]recommended)\b",
        re.IGNORECASE,
    ),
}
MOST_LISTED = 100  # violations in a result; all of them count
CHANNELS = ("email",)


class ComplianceStatus(StrEnum):
    """What the rules came to."""

    PASSED = "passed"
    WARNING = "warning"  # a person may approve it, and says that they saw this
    FAILED = "failed"  # nobody can approve it as it is


@dataclass(frozen=True)
class Violation:
    """One broken rule. `found` is the word at fault; without a `contact_id` it is about the whole campaign."""

    rule: str
    severity: str
    message: str
    contact_id: str | None = None
    found: str | None = None

    def as_json(self) -> JsonObject:
        return {
            "rule": self.rule,
            "severity": self.severity,
            "message": self.message,
            "contact_id": self.contact_id,
            "found": self.found,
        }


def check_channel(channel: str) -> None:
    """Raises `NotAllowed`: a discount leaves by e-mail and by nothing else; the carriers forbid it in text messages."""
    if channel not in CHANNELS:
        raise NotAllowed(
            f"A campaign with a discount does not go out by {channel[:20]}.",
            cure="Use the channel email: text messages may not carry promotions.",
            code="channel_not_allowed",
        )


def wording(text: str, names: Iterable[str] = ()) -> list[tuple[str, str]]:
    """(rule, word) for each rule that a text breaks, the first word each. `names` are not judged."""
    found = _hits(text)
    own = sorted({name for name in names if name}, key=len, reverse=True)
    if not found or not own:
        return found
    return _hits(re.sub(rf"(?<!\w)(?:{'|'.join(re.escape(name) for name in own)})(?!\w)", " ", text))


def _hits(text: str) -> list[tuple[str, str]]:
    hits = ((rule, pattern.search(text)) for rule, pattern in WORDING.items())
    return [(rule, hit.group()) for rule, hit in hits if hit]


def braces(text: str) -> bool:
    """Whether a text still holds what a template or a JSON value leaves behind."""
    return "{" in text or "}" in text


def check_letter(contact_id: str, subject: str, body: str, names: Iterable[str]) -> list[Violation]:
    """What is wrong with one letter as it would leave."""
    found = [
        Violation(rule, "error", f"The letter uses {rule.replace('_', ' ')}.", contact_id, word)
        for rule, word in wording(f"{subject}\n{body}", names)
    ]
    if braces(subject + body):
        found.append(Violation("unfilled_text", "error", "The letter holds braces.", contact_id))
    return found


def check_campaign(postal_address: str, unsubscribe: bool, secure: bool) -> list[Violation]:
    """What every letter of the campaign lacks."""
    found = []
    if not postal_address.strip():
        cure = "Set OPSBOOK_POSTAL_ADDRESS."
        found.append(Violation("no_postal_address", "warning", f"The letters carry no postal address. {cure}"))
    if not unsubscribe:
        cure = "Set OPSBOOK_PUBLIC_URL."
        found.append(Violation("no_unsubscribe", "warning", f"unsubscribe: not configured. {cure}"))
    elif not secure:
        message = "The unsubscribe link is not https, so mail programs offer no one-click unsubscribing."
        found.append(Violation("unsubscribe_not_https", "warning", message))
    return found


def verdict(violations: Sequence[Violation]) -> JsonObject:
    """`{status, violations, count}`: the errors first, at most 100 of them listed."""
    ordered = sorted(violations, key=lambda one: one.severity != "error")
    status = ComplianceStatus.PASSED
    if ordered:
        status = ComplianceStatus.FAILED if ordered[0].severity == "error" else ComplianceStatus.WARNING
    return {
        "status": status.value,
        "violations": [one.as_json() for one in ordered[:MOST_LISTED]],
        "count": len(ordered),
    }
