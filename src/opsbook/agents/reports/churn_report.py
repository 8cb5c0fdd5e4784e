"""The churn report: who has gone silent, who may, and what is prepared to win them back."""

from __future__ import annotations

from opsbook.agents.evidence import Evidence, Found
from opsbook.agents.page import Page
from opsbook.agents.reports._churn import at_risk, at_risk_found, how_many_inactive, inactive, inactive_found
from opsbook.agents.reports._sections import ACTION_ITEMS, NOT_MEASURED, ReportKind, SectionOf, dark
from opsbook.agents.wording import inline

INACTIVE_ALERT, INACTIVE_RATE_ALERT = 10, 0.15  # the suite's alert rules


def _prepare(page: Page, evidence: Evidence) -> None:
    found = inactive_found(evidence)
    if dark(page, "Inactive organisations", found) or found is None:
        return
    campaign = evidence.of("createReengagementCampaign", "campaign_id", "status")
    if found.value and campaign and not campaign.unknown:
        page.act(
            1,
            "Approve or decline the campaign.",
            "It waits for a person; nothing is sent before.",
            f"{_status(page, campaign)}.",
        )
    rate = found.figures.get("inactive_rate")
    share = rate.get("value") if isinstance(rate, dict) else None
    if len(found.value) > INACTIVE_ALERT or (share or 0) > INACTIVE_RATE_ALERT:
        text = "Find out what the silent organisations have in common."
        page.act(1, text, "More are silent than should be.", f"{how_many_inactive(page, found)}.")


def _summary(page: Page, evidence: Evidence) -> None:
    found = inactive_found(evidence)
    if found is None or found.unknown:
        page.say("Which organisations are inactive could not be told.")
        return
    page.say(f"Inactive organisations: {how_many_inactive(page, found)}.")


def _campaign(page: Page, evidence: Evidence) -> None:
    found = evidence.of("createReengagementCampaign", "campaign_id", "status")
    if found is None or found.unknown:
        return
    recipients = page.fact("Recipients", found.at("recipients"), "count") if "recipients" in found.value else "none"
    page.say(f"A campaign is drafted: {_status(page, found)}, recipients: {recipients}.")


def _status(page: Page, campaign: Found) -> str:
    return page.state("Campaign status", inline(campaign.value["status"]).replace("_", " "), campaign.at("status"))


def _at_risk(page: Page, evidence: Evidence) -> None:
    if at_risk_found(evidence):
        at_risk(page, evidence)


REPORT = ReportKind(
    "Churn report",
    (
        SectionOf("summary", "Summary", _summary),
        ACTION_ITEMS,
        SectionOf("inactive", "Inactive organisations", inactive),
        SectionOf("at_risk", "Organisations at risk", _at_risk),
        SectionOf("campaign", "Campaign", _campaign),
        NOT_MEASURED,
    ),
    _prepare,
)
