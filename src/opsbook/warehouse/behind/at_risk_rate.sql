-- Share of organisations at risk.
-- Definition: organisations at risk / organisations that stand.
-- Unit: ratio.
-- Source: organizations, users, campaigns, tickets.
-- Parameters: as_of, login_start, campaign_start, match_all, logins, campaigns, tickets.
-- Query: at_risk_organizations.
-- Needs: organizations.
-- Reads: none.
-- Window: moment.
-- Fold: share.
-- Counts: organisations.
-- Contract: usual.
-- Why: none.
SELECT
    id, name, created_at AS "at", last_login_at, last_campaign_at, open_tickets, no_login, no_campaign, open_ticket,
    refusal AS reason,
    reason IS NULL AS counted, CAST(coalesce(at_risk, false) AS INTEGER) AS part, 1 AS whole, 1 AS n
FROM risk_behind($as_of, $login_start, $campaign_start, $match_all, $logins, $campaigns, $tickets)
ORDER BY at_risk DESC NULLS LAST, id
