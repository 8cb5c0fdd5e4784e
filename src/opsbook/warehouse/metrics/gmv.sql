-- Gross merchandise value.
-- Definition: what consumers ordered in [start, end): live, not cancelled, not from test accounts. One row for each
--   currency.
-- Unit: cents; orders. Source: orders, organizations. Parameters: start, end.
SELECT coalesce(currency, 'usd') AS currency, count(*) AS orders, CAST(sum(total_cents) AS BIGINT) AS total_cents
FROM live_orders
WHERE ordered_at >= $start AND ordered_at < $end
    AND organization_id NOT IN (SELECT id FROM organizations WHERE is_test)
GROUP BY 1
ORDER BY 1
