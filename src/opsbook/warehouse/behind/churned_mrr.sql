-- Churned recurring revenue.
-- Definition: what organisations paid at the start that pay nothing now.
-- Unit: cents.
-- Source: subscriptions, organizations, snapshots.
-- Parameters: as_of, before_ids, before_cents, paid_earlier.
-- Query: snapshots.
-- Needs: subscriptions.
-- Reads: subscriptions.started_at, subscriptions.ended_at.
-- Window: 7 days.
-- Fold: sum.
-- Counts: organisations.
-- Contract: usual.
-- Why: none.
SELECT
    id, name, before_cents, after_cents, kind,
    if(kind = 'churned', NULL, kind) AS reason,
    reason IS NULL AS counted, abs(after_cents - before_cents) AS part, NULL AS whole, 1 AS n
FROM moves_behind($as_of, $before_ids, $before_cents, $paid_earlier)
ORDER BY abs(after_cents - before_cents) DESC, id
