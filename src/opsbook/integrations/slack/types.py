"""What Slack's answers mean."""

from __future__ import annotations

# Codes that say that the bot, its token or its rights are at fault, whatever it was asked.
BAD_CREDENTIALS = frozenset(
    {
        "invalid_auth",
        "not_authed",
        "account_inactive",
        "token_revoked",
        "token_expired",
        "missing_scope",
        "no_permission",
        "ekm_access_denied",
        "org_login_required",
    }
)
