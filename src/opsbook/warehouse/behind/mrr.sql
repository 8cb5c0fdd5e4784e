-- Monthly recurring revenue.
-- Definition: the sum of the distinct contracts that are active or past due, each amount divided by the months it pays
--   for, to whole cents; trials count 0; by the statuses as they were loaded.
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
FROM (SELECT *, reason AS why FROM contracts_behind($as_of))
ORDER BY mrr_cents DESC, id
