-- Gross merchandise value.
-- Definition: what consumers ordered in [start, end): live, not cancelled. One row for each currency.
-- Unit: cents; orders. Source: orders. Parameters: start, end.
SELECT coalesce(currency, 'usd') AS currency, count(*) AS orders, CAST(sum(total_cents) AS BIGINT) AS total_cents
FROM live_orders
WHERE ordered_at >= $start AND ordered_at < $end
GROUP BY 1
ORDER BY 1
