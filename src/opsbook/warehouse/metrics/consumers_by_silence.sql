-- Consumers by the age of their last order.
-- Definition: consumers with a live order before as_of whose last one is more than `days` whole days old, for each of
--   the days asked for. Whoever never ordered is not among them.
-- Unit: consumers. Source: orders. Parameters: as_of, days (whole numbers).
WITH last AS (
    SELECT date_sub('day', max(ordered_at), $as_of) AS age
    FROM live_orders
    WHERE ordered_at < $as_of AND consumer_id IS NOT NULL
    GROUP BY consumer_id
),
asked AS (SELECT unnest($days) AS days)
SELECT days, count(age) FILTER (age > days) AS silent, count(age) AS consumers
FROM asked LEFT JOIN last ON true
GROUP BY days
ORDER BY days
