"""The churn report: who has gone silent, who may, and what is prepared to win them back."""

from __future__ import annotations

from opsbook.agents.evidence import Evidence
from opsbook.agents.page import Page
from opsbook.agents.reports._churn import at_risk, at_risk_found, inactive
from opsbook.agents.reports._sections import ReportKind, SectionOf, closing_sections, dark
from opsbook.agents.wording import inline, plural

INACTIVE_ALERT, INACTIVE_RATE_ALERT = 10, 0.15  # the suite's alert rules


def _prepare(page: Page, evidence: Evidence) -> None:
    found = evidence.of("findInactiveOrganizations", "organization_id", "reason")
    if dark(page, "Inactive organisations", found) or found is None:
        return
    campaign = evidence.of("createReengagementCampaign", "campaign_id", "status")
    if found.value and campaign and not campaign.unknown:
        page.act(1, "Approve or decline the campaign.", "It waits for a person; nothing is sent before.", campaign.name)
    rate = found.figures.get("inactive_rate")
    share = rate.get("value") if isinstance(rate, dict) else None
    if len(found.value) > INACTIVE_ALERT or (share or 0) > INACTIVE_RATE_ALERT:
        text = page.fact("Inactive rate", rate, "ratio", found.name)
        page.act(1, "Find out what the silent organisations have in common.", "More are silent than should be.", text)


def _summary(page: Page, evidence: Evidence) -> None:
    found = evidence.of("findInactiveOrganizations", "organization_id", "reason")
    if found is None or found.unknown:
        page.say("Which organisations are inactive could not be told.")
        return
    rate = page.fact("Inactive rate", found.figures.get("inactive_rate"), "ratio", found.name)
    page.say(f"Inactive: {plural(len(found.value), 'organisation')} ({rate}).")


def _campaign(page: Page, evidence: Evidence) -> None:
    found = evidence.of("createReengagementCampaign", "campaign_id", "status")
    if found is None or found.unknown:
        return
    status = page.state("Campaign status", inline(found.value["status"]).replace("_", " "), found.name)
    recipients = page.fact("Recipients", found.value.get("recipients"), "count", found.name)
    page.say(f"A campaign is drafted: {status}, recipients: {recipients}.")


def _at_risk(page: Page, evidence: Evidence) -> None:
    if at_risk_found(evidence):
        at_risk(page, evidence)


REPORT = ReportKind(
    "Churn report",
    (
        SectionOf("summary", "Summary", _summary),
        SectionOf("inactive", "Inactive organisations", inactive),
        SectionOf("at_risk", "Organisations at risk", _at_risk),
        SectionOf("campaign", "Campaign", _campaign),
        *closing_sections(),
    ),
    _prepare,
)
