"""What Blackleaf's answers mean, as far as those who use it have written it down."""

from __future__ import annotations

from typing import Any

from opsbook.integrations._verdicts import at

BAD_STATES = frozenset({"error", "rejected", "failed"})
GOOD_STATES = frozenset({"accepted", "queued", "sent", "submitted", "success", "ok"})
CODES = ("code", "error", "errorCode")  # where a code of theirs may stand
IDS = ("id", "messageId", "data.id", "data.messageId")  # nobody documents where a message's id stands


def is_refused(body: Any) -> bool:
    """Whether an answer says no, whatever its status."""
    return at(body, "success") is False or at(body, "accepted") is False or at(body, "status") in BAD_STATES


def is_taken(body: Any) -> bool:
    """Whether an answer says yes: one that says nothing of the kind proves nothing."""
    return at(body, "success") is True or at(body, "accepted") is True or at(body, "status") in GOOD_STATES
