-- Organisations that stayed, by the month in which they came.
-- Definition: organisations that came before as_of, without test accounts; months of UTC. `month` 0 is the month in which
--   the cohort came. `kept` are those that had not left by the end of that month, or by as_of where that is earlier.
--   `undated` have left, and nothing says when: they are not among the kept, though they may have been in earlier months.
--   `illegible` say when they left, but nobody can read it; they are among the kept.
-- Unit: organisations. Source: organizations. Parameters: as_of.
WITH ours AS (
    SELECT
        date_trunc('month', o.created_at) AS cohort,
        o.canceled_at,
        s.id IS NULL AND NOT coalesce(o.canceled_at < $as_of, false) AS is_undated,
        s.id IS NOT NULL AND o.canceled_at IS NULL AND is_unread(o.unread, 'canceled_at') AS is_in_the_dark
    FROM organizations AS o LEFT JOIN standing_organizations($as_of) AS s ON s.id = o.id
    WHERE o.created_at < $as_of AND NOT coalesce(o.is_test, false)
),
months AS (
    SELECT
        cohort,
        unnest(range(date_diff('month', cohort, CAST($as_of AS TIMESTAMP) - INTERVAL 1 MICROSECOND) + 1)) AS month
    FROM (SELECT DISTINCT cohort FROM ours)
)
SELECT
    CAST(cohort AS TIMESTAMP) AS cohort,
    month,
    count(*) AS started,
    count(*) FILTER (
        NOT is_undated AND NOT coalesce(canceled_at < least(cohort + to_months(CAST(month + 1 AS INTEGER)), $as_of), false)
    ) AS kept,
    count(*) FILTER (is_undated) AS undated,
    count(*) FILTER (is_in_the_dark) AS illegible
FROM ours JOIN months USING (cohort)
GROUP BY cohort, month
ORDER BY cohort, month
