-- Active users.
-- Definition: people whose last login is in the window; no test accounts, no invented addresses. A login overwrites
--   the one before, so one after the window makes the figure unknown.
-- Unit: people.
-- Source: users.
-- Parameters: start, end.
-- Query: active_users.
-- Needs: users.last_login_at.
-- Reads: none.
-- Window: 1 day.
-- Fold: sum.
-- Counts: people.
-- Contract: usual.
-- Why: none.
SELECT
    id, last_login_at AS "at", cohort,
    coalesce(nobody, CASE
        WHEN last_login_at IS NULL AND is_illegible(unread, 'last_login_at') THEN 'a login that nobody can read'
        WHEN last_login_at IS NULL THEN 'never logged in'
        WHEN last_login_at < $start THEN 'last login before the window'
        WHEN last_login_at >= $end THEN 'a later login overwrote what was in the window'
    END) AS reason,
    reason IS NULL AS counted, 1 AS part, NULL AS whole, 1 AS n
FROM accounts_behind()
ORDER BY last_login_at DESC NULLS LAST, id
