-- Net revenue retention.
-- Definition: (start + expansion - contraction - churned) / start.
-- Unit: ratio.
-- Source: subscriptions, organizations, snapshots.
-- Parameters: as_of, before_ids, before_cents, paid_earlier.
-- Query: snapshots.
-- Needs: subscriptions.
-- Reads: subscriptions.started_at, subscriptions.ended_at.
-- Window: 7 days.
-- Fold: share.
-- Counts: organisations paying at the start.
-- Contract: usual.
-- Why: none.
SELECT
    id, name, before_cents, after_cents, kind,
    if(before_cents > 0, NULL, 'paid nothing at the start') AS reason,
    reason IS NULL AS counted, after_cents AS part, before_cents AS whole, 1 AS n
FROM moves_behind($as_of, $before_ids, $before_cents, $paid_earlier)
ORDER BY abs(after_cents - before_cents) DESC, id
