-- Organisations at risk.
-- Definition: organisations that stand and show a signal: no login for two weeks, no campaign for thirty days, a
--   ticket that is not resolved.
-- Unit: organisations.
-- Source: organizations, users, campaigns, tickets.
-- Parameters: as_of, login_start, campaign_start, match_all, logins, campaigns, tickets.
-- Query: at_risk_organizations.
-- Needs: organizations.
-- Reads: none.
-- Window: moment.
-- Fold: sum.
-- Counts: organisations.
-- Contract: usual.
-- Why: none.
SELECT
    id, name, created_at AS "at", last_login_at, last_campaign_at, open_tickets, no_login, no_campaign, open_ticket,
    coalesce(
        refusal, CASE WHEN at_risk THEN NULL WHEN at_risk IS NULL THEN 'a signal cannot be read' ELSE 'no signal' END
    ) AS reason,
    reason IS NULL AS counted, 1 AS part, NULL AS whole, 1 AS n
FROM risk_behind($as_of, $login_start, $campaign_start, $match_all, $logins, $campaigns, $tickets)
ORDER BY at_risk DESC NULLS LAST, id
