-- What organisations' consumers ordered from them.
-- Definition: live orders before as_of; one row for each organisation asked for that has any. `top_products` are the
--   `most` products ordered most often, then for most money, then by name; orders that name no product have none.
--   `recent_orders` are those of the 90 days that end with the organisation's last one, `earlier_orders` of the 90 before.
-- Unit: orders; cents. Source: orders. Parameters: organizations (ids), as_of, most.
WITH chosen AS MATERIALIZED (
    SELECT
        organization_id, consumer_id, ordered_at, total_cents, currency, product, category,
        max(ordered_at) OVER (PARTITION BY organization_id) AS last_at
    FROM live_orders
    WHERE ordered_at < $as_of AND organization_id IN (SELECT unnest($organizations))
),
products AS (
    SELECT organization_id, product, mode(category) AS category, count(*) AS orders, sum(total_cents) AS total_cents
    FROM chosen
    WHERE product IS NOT NULL
    GROUP BY organization_id, product
    QUALIFY row_number() OVER (
        PARTITION BY organization_id ORDER BY count(*) DESC, sum(total_cents) DESC, product
    ) <= $most
),
top AS (
    SELECT
        organization_id,
        list(
            {'name': product, 'category': category, 'orders': orders, 'total_cents': CAST(total_cents AS BIGINT)}
            ORDER BY orders DESC, total_cents DESC, product
        ) AS top_products
    FROM products
    GROUP BY organization_id
)
SELECT
    organization_id,
    count(*) AS orders,
    count(DISTINCT consumer_id) AS consumers,
    min(ordered_at) AS first_order_at,
    max(ordered_at) AS last_order_at,
    count(*) FILTER (WHERE ordered_at > last_at - INTERVAL 90 DAY) AS recent_orders,
    count(*) FILTER (
        WHERE ordered_at <= last_at - INTERVAL 90 DAY AND ordered_at > last_at - INTERVAL 180 DAY
    ) AS earlier_orders,
    CAST(sum(total_cents) AS BIGINT) AS total_cents,
    list_sort(list(DISTINCT coalesce(currency, 'usd'))) AS currencies,
    coalesce(any_value(top.top_products), []) AS top_products
FROM chosen LEFT JOIN top USING (organization_id)
GROUP BY organization_id
ORDER BY organization_id
