-- What organisations' consumers ordered from them.
-- Definition: live orders before as_of; one row for each organisation asked for that has any.
-- Unit: orders; cents. Source: orders. Parameters: organizations (ids), as_of.
SELECT
    organization_id,
    count(*) AS orders,
    count(DISTINCT consumer_id) AS consumers,
    min(ordered_at) AS first_order_at,
    max(ordered_at) AS last_order_at,
    CAST(sum(total_cents) AS BIGINT) AS total_cents,
    list_sort(list(DISTINCT coalesce(currency, 'usd'))) AS currencies
FROM live_orders
WHERE ordered_at < $as_of AND organization_id IN (SELECT unnest($organizations))
GROUP BY organization_id
ORDER BY organization_id
