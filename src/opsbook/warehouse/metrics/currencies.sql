-- The currencies that running contracts are paid in. Source: subscriptions. Parameters: as_of.
SELECT DISTINCT coalesce(currency, 'usd') AS currency
FROM subscriptions
WHERE status IN ('active', 'past_due') AND is_running(started_at, ended_at, $as_of)
ORDER BY currency
