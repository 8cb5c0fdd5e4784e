"""What Mailjet's codes mean."""

from __future__ import annotations

from collections.abc import Mapping

# Errors of the send API that lie with our account and not with the message, and what we call them.
OURS: Mapping[str, str] = {
    "mj-0001": "account",  # the key is suspended
    "mj-0015": "credentials",
    "send-0006": "account",  # the key may not send for another sender
    "send-0007": "account",  # the sender is not validated
    "send-0008": "account",  # the sender is not authorised
}
