"""Where a campaign and each of its letters stand, and how the one becomes the other."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class CampaignStatus(StrEnum):
    """Where a campaign stands."""

    COMPLIANCE_REVIEW = "compliance_review"  # it breaks a rule: nobody can approve it as it is
    PENDING_APPROVAL = "pending_approval"  # frozen, and waits for people
    APPROVED = "approved"  # it leaves as soon as its hours come
    SCHEDULED = "scheduled"  # approved, and waits for a moment, or for the hours of some of its recipients
    SENDING = "sending"  # letters leave
    PAUSED = "paused"  # stands still until a person goes on with it or cancels it
    SENT = "sent"  # every letter is settled, and at least one left
    CANCELLED = "cancelled"  # a person said no
    FAILED = "failed"  # nothing left, or it was not what had been approved


class LetterState(StrEnum):
    """Where one letter stands. From `sent` on the provider says what became of it."""

    WAITING = "waiting"  # has not left
    EXCLUDED = "excluded"  # the gate held it back; the reason stands beside it
    SENT = "sent"  # the provider took it
    FAILED = "failed"  # it did not leave
    UNCERTAIN = "uncertain"  # it may have left: nobody sends it again, a person settles it
    DELIVERED = "delivered"  # the recipient's server has it
    OPENED = "opened"
    CLICKED = "clicked"
    BOUNCED = "bounced"  # the recipient's server refused it
    COMPLAINED = "complained"  # the recipient calls it spam
    UNSUBSCRIBED = "unsubscribed"  # the recipient wants no more of them


Status = CampaignStatus
BEFORE: Mapping[Status, frozenset[Status]] = {  # what a person can make of it, and from where
    Status.PAUSED: frozenset({Status.APPROVED, Status.SCHEDULED, Status.SENDING}),
    Status.SCHEDULED: frozenset({Status.APPROVED, Status.SCHEDULED}),
    Status.SENDING: frozenset({Status.PAUSED}),
    Status.CANCELLED: frozenset(
        {Status.COMPLIANCE_REVIEW, Status.PENDING_APPROVAL, Status.APPROVED, Status.SCHEDULED, Status.PAUSED}
    ),
}
