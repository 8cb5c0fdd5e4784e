-- Recurring revenue that is past due.
-- Definition: the part of the monthly recurring revenue whose contracts are past due.
-- Unit: cents.
-- Source: subscriptions, organizations.
-- Parameters: as_of.
-- Query: mrr.
-- Needs: subscriptions.
-- Reads: subscriptions.started_at, subscriptions.ended_at.
-- Window: moment.
-- Fold: sum.
-- Counts: organisations.
-- Contract: usual.
-- Why: none.
SELECT
    id, organization_id, status, amount_cents, interval_months, started_at, ended_at,
    why AS reason, why IS NULL AS counted, mrr_cents AS part, NULL AS whole,
    CAST(why IS NULL AND mrr_cents > 0 AND row_number() OVER (
        PARTITION BY organization_id, why ORDER BY mrr_cents DESC, id
    ) = 1 AS INTEGER) AS n
FROM (SELECT *, coalesce(reason, if(status IN terms().past_due_contracts, NULL, 'not past due')) AS why FROM contracts_behind($as_of))
ORDER BY mrr_cents DESC, id
