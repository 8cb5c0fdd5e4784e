-- The currencies that running contracts are paid in.
-- Definition: of contracts that are paid at as_of, each currency once.
-- Unit: currencies. Source: subscriptions. Parameters: as_of.
SELECT DISTINCT coalesce(currency, 'usd') AS currency
FROM subscriptions
WHERE status IN terms().paid_contracts AND is_running(started_at, ended_at, $as_of)
ORDER BY currency
