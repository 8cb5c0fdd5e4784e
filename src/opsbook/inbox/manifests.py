"""A drafted campaign as one value: what a step answers, and what its digest is made of. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from opsbook.records.rows import Row
from opsbook.sdk.values import JsonObject, measured, plain

SCHEME = "1"  # raised when the way manifests are made changes
SHOWN = (
    "contact_id",
    "organization_id",
    "organization_name",
    "recipient",
    "subject",
    "body",
    "reason",
    "discount_code",
    "evidence",
)
BOUND = ("contact_id", "organization_id", "recipient", "subject", "body", "headers", "discount_code", "evidence")


def value(row: Row) -> JsonObject:
    """A campaign as a step's value: what was drafted, for whom, who was left out and why, what the rules say."""
    messages, exclusions = row["messages"], row["exclusions"]
    return {
        "campaign_id": row["id"] if messages else None,
        "name": row["name"],
        "status": row["status"],
        "channel": row["channel"],
        "recipients": measured(len(messages)),
        "excluded": measured(len(exclusions)),
        "messages": [{name: one[name] for name in SHOWN} for one in messages],
        "exclusions": [
            {
                "contact_id": one["contact_id"] or None,
                "organization_id": one["organization_id"],
                "reason": one["reason"],
            }
            for one in exclusions
        ],
        "compliance": row["compliance"],
        "personalised": personalised(messages),
        "discount": row["discount"],
        "digest": row["digest"] if messages else None,
        "created_at": plain(row["created_at"]),
    }


def manifest(campaign: Mapping[str, Any], messages: Sequence[Mapping[str, Any]]) -> JsonObject:
    """What a campaign's digest is the digest of: all that a recipient gets, and on what ground."""
    letters = ({name: one[name] for name in BOUND} for one in messages)
    return {
        "scheme": SCHEME,
        "campaign_id": campaign["id"],
        "channel": campaign["channel"],
        "goal": campaign["goal"],
        "discount": campaign["discount"],
        "messages": sorted(letters, key=lambda one: str(one["contact_id"])),
    }


def personalised(messages: Sequence[Mapping[str, Any]]) -> bool:
    """Whether no two recipients of different organisations get the same words; codes and links are not words."""
    seen: dict[tuple[str, str], str] = {}
    for one in messages:
        words = one["body"]
        for mark in (one["discount_code"], str(one["headers"].get("List-Unsubscribe", "")).strip("<>")):
            words = words.replace(mark, "") if mark else words
        if seen.setdefault((one["subject"], words), one["organization_id"]) != one["organization_id"]:
            return False
    return True
