-- People who entered.
-- Definition: people whose first capture as a lead, or signup, is in the window; one person is one address, else one
--   phone hash, else one record.
-- Unit: people.
-- Source: leads, users, organizations, subscriptions.
-- Parameters: start, end.
-- Query: funnel.
-- Needs: leads, users.
-- Reads: none.
-- Window: 7 days.
-- Fold: sum.
-- Counts: people.
-- Contract: usual.
-- Why: none.
SELECT
    id, "at", signed_up, activated, pays,
    refusal AS reason, reason IS NULL AS counted, 1 AS part, NULL AS whole, 1 AS n
FROM funnel_behind($start, $end)
ORDER BY "at", id
