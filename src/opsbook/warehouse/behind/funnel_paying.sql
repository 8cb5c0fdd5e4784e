-- People who entered and pay.
-- Definition: of those who entered in the window and became active, those whose organisation pays at its end.
-- Unit: people.
-- Source: leads, users, organizations, subscriptions.
-- Parameters: start, end.
-- Query: funnel.
-- Needs: leads, users.last_login_at, subscriptions.
-- Reads: none.
-- Window: 7 days.
-- Fold: sum.
-- Counts: people.
-- Contract: usual.
-- Why: none.
SELECT
    id, "at", signed_up, activated, pays,
    coalesce(refusal, if(pays, NULL, 'does not pay')) AS reason,
    reason IS NULL AS counted, 1 AS part, NULL AS whole, 1 AS n
FROM funnel_behind($start, $end)
ORDER BY "at", id
