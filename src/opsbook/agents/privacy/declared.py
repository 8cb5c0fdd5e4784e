"""What may leave to a model, kind by kind of fact and field by field of a tool's answer. What is not here stays.

A field is named by its keys with dots between them; lists are gone through, `*` is any key.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from opsbook.agents.privacy.tokens import Kind


class As(StrEnum):
    """How something leaves."""

    FIGURE = "figure"  # a number, a flag, or a measurement; as it is
    TIME = "time"  # in the shape of a time, as it is
    WORD = "word"  # of a small set and in small letters, as it is; anything else as a name
    SYSTEM = "system"  # the name or the id of a system of the product's as it is; anything else as a name
    PERSON = "person"  # all of these as tokens
    ORGANISATION = "organisation"
    EMAIL = "email"
    ID = "id"
    NAME = "name"
    TEXT = "text"  # what somebody wrote: cleaned, without names, marked


TOKENS: Mapping[As, Kind] = {
    As.PERSON: Kind.PERSON,
    As.ORGANISATION: Kind.ORGANISATION,
    As.EMAIL: Kind.EMAIL,
    As.ID: Kind.ID,
    As.NAME: Kind.NAME,
}

SYSTEMS = frozenset(
    name.casefold()
    for name in (
        "Aeropay",
        "Alleaves POS",
        "Amazon SES",
        "Blackleaf SMS",
        "CannPay",
        "Claude",
        "Cloud Scheduler",
        "E-mail (SMTP)",
        "Firebase Auth",
        "Firestore",
        "Gemini",
        "Gmail",
        "Google Calendar",
        "Google Drive",
        "Google Sheets",
        "HubSpot",
        "Letta",
        "Mailjet",
        "Outbox (files)",
        "Secret Manager",
        "Slack",
    )
)

_FIGURES = (
    *("Signups", "Monthly recurring revenue", "Consumer orders (value)", "Active users"),
    *("Critical errors", "Errors logged", "Requests", "Error rate"),
    *("At the start", "New", "Come back", "Expansion", "Contraction", "Churned", "Now", "Growth"),
    *("Net revenue retention", "Churn rate", "Churn rate, organisations", "Churn rate, organisations, 28 days"),
    *("Churn rate, revenue", "Past due", "Past due (within the total)", "Organisations on trial"),
    *("Recurring revenue now", "Recurring revenue at stake", "Organisations at risk", "Organisations looked at"),
    *("Entered", "Signed up", "Activated", "Paying", "Signup conversion", "Signups before"),
    *("Inactive rate", "Inactive organisations", "Eligible organisations", "Recipients"),
    *("Gained", "Lost", "Gained less lost", "Recurring revenue of the largest at risk"),
    *(f"Systems that are {how}" for how in ("offline", "degraded", "online", "unknown", "not configured")),
    # of somebody, whose name stands before the colon
    *("quota used", "mean of the days before", "latency", "latency of nearly all answers", "failures in a row"),
    *("uptime", "uptime by time", "coverage", "n"),
)
_OF_ORGANISATIONS = ("recurring revenue", "still trades", "before", "after")
_TIMES = (
    *("Window start", "Window end", "Baseline", "Last refused", "Credentials end"),
    *("quota resets", "last answer", "checked", "down since", "probed"),
)
FACTS: Mapping[str, As] = {
    **dict.fromkeys((*_FIGURES, *_OF_ORGANISATIONS), As.FIGURE),
    **dict.fromkeys(_TIMES, As.TIME),
    **dict.fromkeys(("Overall", "Campaign status", "status", "error class", "outcome", "criteria"), As.WORD),
    **dict.fromkeys(("Organisation at risk", "Inactive organisation", "Organisation that moved"), As.ORGANISATION),
    "Agent": As.WORD,
}
_OURS = "customer dispensary brand other internal unattributed academy vibe_studio training age_gate"
GROUPS = frozenset(_OURS.split())  # what else a source of signups calls itself is somebody's text
_GROUPED = ("Signups", "Signups before")  # with the name of a group behind a comma: `Signups, academy`
_BESIDE = ("before", "change", "not judged")  # what may stand behind a comma of any figure


def how_it_leaves(measure: str) -> tuple[As | None, str, str]:
    """How a fact of a measure leaves, with the measure as declared and the name of the group that it is of, or none.

    None: it does not leave.
    """
    head, comma, rest = measure.partition(", ")
    if measure in FACTS:
        return FACTS[measure], measure, ""
    if comma and head in _GROUPED:
        return As.FIGURE, head, rest
    head, comma, rest = measure.rpartition(", ")
    beside = comma and rest in _BESIDE and FACTS.get(head) is As.FIGURE
    return (As.FIGURE if beside else None), measure, ""


def kind_of_subject(measure: str) -> Kind:
    """What those are whom facts of a measure are about, where they are no systems of the product's."""
    return Kind.ORGANISATION if measure in _OF_ORGANISATIONS else Kind.NAME


_SYSTEM = {
    "id": As.SYSTEM,
    "name": As.SYSTEM,
    "status": As.WORD,
    "observed": As.WORD,
    "latency_ms": As.FIGURE,
    "checked_at": As.TIME,
    "last_success_at": As.TIME,
    "last_success_age_seconds": As.FIGURE,
    "consecutive_failures": As.FIGURE,
    "consecutive_successes": As.FIGURE,
    "error.class": As.WORD,
    "error.message": As.TEXT,
    "quota.used_share": As.FIGURE,
    "credentials.expires_at": As.TIME,
    "credentials.renews": As.FIGURE,
    "maintenance": As.FIGURE,
    "maintenance_window.until": As.TIME,
    "maintenance_window.reason": As.TEXT,
}
_ORDERS = {  # how much was ordered and when; what was ordered stays here
    **dict.fromkeys(
        ("count", "consumers", "recent_orders", "earlier_orders", "total_cents", "average_cents"), As.FIGURE
    ),
    **dict.fromkeys(("first_order_at", "last_order_at"), As.TIME),
}


def _under(prefix: str, fields: Mapping[str, As]) -> dict[str, As]:
    return {f"{prefix}.{name}": how for name, how in fields.items()}


ANSWERS: Mapping[str, Mapping[str, As]] = {
    "getSystemHealth": {
        "overall": As.WORD,
        **_under("components", _SYSTEM),
        **_under("integrations", _SYSTEM),
        "agents.id": As.WORD,
        "agents.configured": As.FIGURE,
        "recommendations.priority": As.WORD,
        "recommendations.text": As.TEXT,
    },
    "getIntegrationStatus": _SYSTEM,
    "getIntegrationLogs": {
        "id": As.SYSTEM,
        "name": As.SYSTEM,
        **dict.fromkeys(("probes", "shown", "uptime", "failures.*"), As.FIGURE),
        "down_since": As.TIME,
        "rows.at": As.TIME,
        "rows.status": As.WORD,
        "rows.latency_ms": As.FIGURE,
        "rows.error_class": As.WORD,
        "rows.message": As.TEXT,
        "rows.attempts": As.FIGURE,
        "history.window": As.WORD,
        **dict.fromkeys(("history.uptime", "history.coverage", "history.latency.*"), As.FIGURE),
    },
    "getErrorLogs": {
        "groups.service": As.TEXT,
        "groups.level": As.WORD,
        "groups.message": As.TEXT,
        "groups.count": As.FIGURE,
        "groups.first_at": As.TIME,
        "groups.last_at": As.TIME,
    },
    "checkCredentials": {
        "id": As.SYSTEM,
        "name": As.SYSTEM,
        "configured": As.FIGURE,
        "state.*": As.WORD,
        "last_refused.at": As.TIME,
        "last_refused.error_class": As.WORD,
        "expires_at": As.TIME,
        "of": As.WORD,
        "renews": As.FIGURE,
    },
    "crmGetStats": {
        "period": As.WORD,
        **dict.fromkeys(("metrics.*", "metrics.errors.*", "trends.*", "quotas.used_share"), As.FIGURE),
        "quotas.id": As.SYSTEM,
        "quotas.resets_at": As.TIME,
    },
    "getRevenueMetrics": {
        "*": As.FIGURE,
        "baseline_date": As.TIME,
        "movements.organization_id": As.ID,
        "movements.name": As.ORGANISATION,
        "movements.kind": As.WORD,
        "movements.before_cents": As.FIGURE,
        "movements.after_cents": As.FIGURE,
    },
    "getSignupAnalytics": {
        **dict.fromkeys(
            (
                *("total", "cohorts.*", "sources.*", "funnel.*"),
                *("previous.total", "previous.cohorts.*", "previous.sources.*"),
                *("retention.started", "retention.kept"),
            ),
            As.FIGURE,
        ),
        "retention.cohort": As.TIME,
    },
    "getAtRiskOrganizations": {
        **dict.fromkeys(("count", "denominator", "mrr_at_stake_cents"), As.FIGURE),
        "organizations.id": As.ID,
        "organizations.name": As.ORGANISATION,
        "organizations.type": As.WORD,
        "organizations.level": As.WORD,
        "organizations.signals.signal": As.WORD,
        "organizations.signals.evidence": As.TEXT,
        "organizations.unread": As.WORD,
        "organizations.mrr_cents": As.FIGURE,
        "undetermined.id": As.ID,
        "undetermined.name": As.ORGANISATION,
    },
    "findInactiveOrganizations": {
        "organization_id": As.ID,
        "name": As.ORGANISATION,
        "type": As.WORD,
        "reason": As.WORD,
        **dict.fromkeys(("days_silent.*", "mrr_cents", "alive", "win_back_cents"), As.FIGURE),
        **_under("orders", _ORDERS),
    },
    "getOrderHistorySummary": {"organization_id": As.ID, "name": As.ORGANISATION, **_ORDERS},
}
