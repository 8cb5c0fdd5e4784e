-- Share of inactive organisations.
-- Definition: inactive / eligible organisations; those that cannot be judged are eligible.
-- Unit: ratio.
-- Source: organizations, users, orders, campaigns.
-- Parameters: as_of, start, match_all, logins, orders, campaigns.
-- Query: inactive_organizations.
-- Needs: organizations.
-- Reads: none.
-- Window: 7 days.
-- Fold: share.
-- Counts: organisations.
-- Contract: minimum_n 7.
-- Why: all organisations are counted, and the alert stands at 15 %: 1 / 0.15 is not more than 7, so that one alone
--   does not raise it (warehouse/contracts.py).
SELECT
    id, name, created_at AS "at", last_login_at, last_order_at, last_campaign_at,
    refusal AS reason,
    reason IS NULL AS counted, CAST(coalesce(inactive, false) AS INTEGER) AS part, 1 AS whole, 1 AS n
FROM silence_behind($as_of, $start, $match_all, $logins, $orders, $campaigns)
ORDER BY inactive DESC NULLS LAST, id
