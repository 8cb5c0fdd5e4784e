-- Monthly recurring revenue by organisation at a past moment, rebuilt from when contracts began and ended.
-- Definition: as `mrr`, over the contracts that ran at `at` and were paid. A contract that is over and does not say
--   when, or one that does not say when it began, is left out; so is a trial, even one that was paid for afterwards.
-- Unit: cents a month. Source: subscriptions, organizations. Parameters: at.
SELECT
    organization_id,
    CAST(sum(mrr_cents) AS BIGINT) AS mrr_cents,
    array_to_string(list_sort(list(DISTINCT paid_in)), ' ') AS currencies
FROM (
    SELECT
        s.organization_id,
        monthly_cents(s.amount_cents, s.interval_months) AS mrr_cents,
        coalesce(s.currency, 'usd') AS paid_in
    FROM subscriptions AS s LEFT JOIN organizations AS o ON o.id = s.organization_id
    WHERE s.started_at < $at
        AND (s.ended_at >= $at OR (s.ended_at IS NULL AND s.status IN terms().paid_contracts))
        AND s.status IN terms().once_paid_contracts
        AND NOT coalesce(o.is_test, false)
    QUALIFY row_number() OVER (
        PARTITION BY s.organization_id, s.provider_subscription_id, if(s.provider_subscription_id IS NULL, s.id, NULL)
        ORDER BY s.started_at DESC, s.amount_cents DESC, s.id
    ) = 1
)
GROUP BY organization_id
HAVING sum(mrr_cents) > 0
ORDER BY organization_id
