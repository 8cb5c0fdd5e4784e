-- What was ordered most from each organisation.
-- Definition: live orders before as_of that name a product; by the number of orders, then by value, then by name.
-- Unit: orders; cents. Source: orders. Parameters: organizations (ids), as_of, most.
SELECT organization_id, product, mode(category) AS category, count(*) AS orders, CAST(sum(total_cents) AS BIGINT) AS total_cents
FROM live_orders
WHERE ordered_at < $as_of AND product IS NOT NULL AND organization_id IN (SELECT unnest($organizations))
GROUP BY organization_id, product
QUALIFY row_number() OVER (
    PARTITION BY organization_id ORDER BY count(*) DESC, sum(total_cents) DESC, product
) <= $most
ORDER BY organization_id, orders DESC, total_cents DESC, product
