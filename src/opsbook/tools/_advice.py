"""What the way in which a system fails says: whose side it is on, and what to do first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from opsbook.sdk.integration import ErrorClass, Status
from opsbook.sdk.values import JsonObject


@dataclass(frozen=True)
class Advice:
    """`side` is one of ours, theirs, credentials, network, unclear; `steps` come in the order to try them."""

    side: str
    because: str
    steps: tuple[str, ...]


# What each class can and cannot show is the table of probe results in `sdk/integration.py`.
_BY_CLASS: Mapping[str, Advice] = {
    ErrorClass.AUTH: Advice(
        "credentials",
        "it answered and refused our credentials",
        ("Renew the credentials in the settings", "Check that the account is still active with the vendor"),
    ),
    ErrorClass.NETWORK: Advice(
        "network",
        "no connection came about (name, certificate or refusal)",
        (
            "Check the address in the settings and its DNS name",
            "Try it from another network",
            "Read the vendor's status page",
        ),
    ),
    ErrorClass.TIMEOUT: Advice(
        "network",
        "nothing answered within the time limit, which is their service or the way to it",
        ("Read the vendor's status page", "Try it from another network"),
    ),
    ErrorClass.SERVER: Advice(
        "theirs",
        "it answered with an error of its own",
        ("Read the vendor's status page", "Open a ticket with the vendor if it lasts"),
    ),
    ErrorClass.BAD_REPLY: Advice(
        "theirs",
        "it answered with something it does not document",
        ("Check that the address in the settings is the vendor's", "Open a ticket with the vendor"),
    ),
    ErrorClass.CLIENT: Advice(
        "ours",
        "it says that our request is wrong",
        ("Check the settings of this system", "Look for a change announced by the vendor"),
    ),
    ErrorClass.THROTTLED: Advice(
        "ours",
        "it limits how much we ask",
        ("Find what uses up the quota", "Ask the vendor for a higher limit"),
    ),
    ErrorClass.SLOW: Advice("theirs", "it answers, but slowly", ("Watch whether it gets slower",)),
}
_UNCLEAR = Advice("unclear", "the probe does not say why", ("Read the probe rows and the error log",))


def advise(error_class: str | None) -> Advice:
    """What an error class says; a class that is not known here, or none, is unclear."""
    return _BY_CLASS.get(error_class or "", _UNCLEAR)


def recommend(item: Mapping[str, Any]) -> JsonObject | None:
    """One recommendation for one status item, with its evidence; None for a system that is well or under maintenance.

    Priority: high for an offline system, normal for one that could not be judged, low for a slow or throttled one.
    """
    status = item["status"]
    if status in (Status.ONLINE, Status.NOT_CONFIGURED) or item["maintenance"]:
        return None
    error = item["error"] or {}
    evidence = {
        name: item.get(name) for name in ("id", "status", "checked_at", "consecutive_failures", "last_success_at")
    }
    evidence["error"] = error or None
    name = item["name"]
    if status == Status.UNKNOWN:
        reason = "its probe gave no answer that can be judged"
        return {"text": f"Find out how {name} is: {reason}.", "priority": "normal", "evidence": evidence}
    advice = advise(error.get("class"))
    priority = "high" if status == Status.OFFLINE else "low"
    return {"text": f"{name}: {advice.because}. {advice.steps[0]}.", "priority": priority, "evidence": evidence}
