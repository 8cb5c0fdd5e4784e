-- Consumers who came back, by the month of their first order.
-- Definition: live orders before as_of; months of UTC. `month` 0 is the month of the first order, which holds the whole
--   cohort. Months in which nobody of a cohort ordered have no row.
-- Unit: consumers. Source: orders. Parameters: as_of.
WITH months AS (
    SELECT consumer_id, date_trunc('month', ordered_at) AS month
    FROM live_orders
    WHERE ordered_at < $as_of AND consumer_id IS NOT NULL
    GROUP BY ALL
),
firsts AS (
    SELECT consumer_id, min(month) AS cohort FROM months GROUP BY consumer_id
)
SELECT
    CAST(cohort AS TIMESTAMP) AS cohort,
    date_diff('month', cohort, months.month) AS month,
    count(*) AS consumers
FROM firsts JOIN months USING (consumer_id)
GROUP BY ALL
ORDER BY ALL
