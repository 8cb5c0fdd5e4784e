-- Consumers by how often they ordered.
-- Definition: live orders before as_of; how many consumers have exactly that many.
-- Unit: consumers. Source: orders. Parameters: as_of.
SELECT orders, count(*) AS consumers
FROM (
    SELECT count(*) AS orders FROM live_orders
    WHERE ordered_at < $as_of AND consumer_id IS NOT NULL
    GROUP BY consumer_id
)
GROUP BY orders
ORDER BY orders
