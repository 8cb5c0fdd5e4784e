-- Signups.
-- Definition: people whose signup time (else the making of their account) is in the window; no test accounts, no
--   invented addresses, no internal roles.
-- Unit: people.
-- Source: users.
-- Parameters: start, end.
-- Query: signups.
-- Needs: users.
-- Reads: users.signup_at, users.is_test.
-- Window: 7 days.
-- Fold: sum.
-- Counts: people.
-- Contract: usual.
-- Why: none.
SELECT
    id, came_at AS "at", cohort,
    coalesce(nobody, if(cohort = 'internal', 'an internal role', NULL), outside(came_at, $start, $end)) AS reason,
    reason IS NULL AS counted, 1 AS part, NULL AS whole, 1 AS n
FROM accounts_behind()
ORDER BY came_at, id
