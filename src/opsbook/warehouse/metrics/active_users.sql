-- Active users.
-- Definition: people whose last login is in [start, end); no test accounts, no invented addresses. `later` have logged
--   in at `end` or after it, which overwrote whether they did inside the window; `unread` have a login nobody can read; of all `people`
--   `absent` came from a file without logins.
-- Unit: people. Source: users. Parameters: start, end.
SELECT
    count(*) FILTER (last_login_at >= $start AND last_login_at < $end) AS active,
    count(*) FILTER (last_login_at >= $end) AS later,
    count(*) FILTER (last_login_at IS NULL AND is_illegible(unread, 'last_login_at')) AS unread,
    count(*) AS people,
    count(*) FILTER (last_login_at IS NULL AND is_absent(unread, 'last_login_at')) AS absent
FROM people
