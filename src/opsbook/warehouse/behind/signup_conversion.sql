-- Signup conversion.
-- Definition: signed up / entered, for the people who entered in the window.
-- Unit: ratio.
-- Source: leads, users, organizations, subscriptions.
-- Parameters: start, end.
-- Query: funnel.
-- Needs: leads, users.
-- Reads: none.
-- Window: 7 days.
-- Fold: share.
-- Counts: people.
-- Contract: minimum_n 20.
-- Why: a sample against a target of 15 %: 3 / 0.15 = 20 (the rule of three, warehouse/contracts.py).
SELECT
    id, "at", signed_up, activated, pays,
    refusal AS reason, reason IS NULL AS counted, CAST(signed_up AS INTEGER) AS part, 1 AS whole, 1 AS n
FROM funnel_behind($start, $end)
ORDER BY part DESC, "at", id
