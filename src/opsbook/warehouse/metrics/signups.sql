-- Signups by cohort.
-- Definition: people whose signup time (else the making of their account) is in [start, end), by role family;
--   no test accounts, no invented addresses. `internal` is shown and no part of any total.
-- Unit: people. Source: users. Parameters: start, end.
SELECT cohort, count(*) AS people
FROM people
WHERE came_at >= $start AND came_at < $end
GROUP BY cohort
ORDER BY cohort
