-- Inactive organisations.
-- Definition: organisations that stand, came at or before the start of the window, and have had no login, no order and
--   no campaign in it.
-- Unit: organisations.
-- Source: organizations, users, orders, campaigns.
-- Parameters: as_of, start, match_all, logins, orders, campaigns.
-- Query: inactive_organizations.
-- Needs: organizations.
-- Reads: none.
-- Window: 7 days.
-- Fold: sum.
-- Counts: organisations.
-- Contract: usual.
-- Why: none.
SELECT
    id, name, created_at AS "at", last_login_at, last_order_at, last_campaign_at,
    coalesce(
        refusal, CASE WHEN inactive THEN NULL WHEN inactive IS NULL THEN 'a signal cannot be read' ELSE 'active' END
    ) AS reason,
    reason IS NULL AS counted, 1 AS part, NULL AS whole, 1 AS n
FROM silence_behind($as_of, $start, $match_all, $logins, $orders, $campaigns)
ORDER BY inactive DESC NULLS LAST, id
