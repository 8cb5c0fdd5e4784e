-- People who entered and became active.
-- Definition: of those who entered in the window, those who claimed a page or logged in after their approval by its
--   end.
-- Unit: people.
-- Source: leads, users, organizations, subscriptions.
-- Parameters: start, end.
-- Query: funnel.
-- Needs: leads, users.last_login_at.
-- Reads: none.
-- Window: 7 days.
-- Fold: sum.
-- Counts: people.
-- Contract: usual.
-- Why: none.
SELECT
    id, "at", signed_up, activated, pays,
    coalesce(refusal, if(activated, NULL, 'did not become active')) AS reason,
    reason IS NULL AS counted, 1 AS part, NULL AS whole, 1 AS n
FROM funnel_behind($start, $end)
ORDER BY "at", id
