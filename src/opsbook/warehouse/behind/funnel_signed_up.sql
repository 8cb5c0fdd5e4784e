-- People who entered and signed up.
-- Definition: of those who entered in the window, those with an account by its end.
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
    coalesce(refusal, if(signed_up, NULL, 'did not sign up')) AS reason,
    reason IS NULL AS counted, 1 AS part, NULL AS whole, 1 AS n
FROM funnel_behind($start, $end)
ORDER BY "at", id
