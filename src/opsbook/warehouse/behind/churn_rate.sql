-- Churn rate of organisations.
-- Definition: organisations that paid at the start and pay nothing now / organisations that paid at the start.
-- Unit: ratio.
-- Source: subscriptions, organizations, snapshots.
-- Parameters: as_of, before_ids, before_cents, paid_earlier.
-- Query: snapshots.
-- Needs: subscriptions.
-- Reads: subscriptions.started_at, subscriptions.ended_at.
-- Window: 7 days.
-- Fold: share.
-- Counts: organisations paying at the start.
-- Contract: minimum_n 20.
-- Why: all organisations are counted, and the alert stands at 5 %: 1 / 0.05 = 20, so that one alone does not raise it
--   (warehouse/contracts.py).
SELECT
    id, name, before_cents, after_cents, kind,
    if(before_cents > 0, NULL, 'paid nothing at the start') AS reason,
    reason IS NULL AS counted, CAST(after_cents = 0 AS INTEGER) AS part, 1 AS whole, 1 AS n
FROM moves_behind($as_of, $before_ids, $before_cents, $paid_earlier)
ORDER BY part DESC, id
