-- Growth of recurring revenue.
-- Definition: (end - start) / start.
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
    NULL::VARCHAR AS reason,
    reason IS NULL AS counted, after_cents - before_cents AS part, before_cents AS whole, CAST(before_cents > 0 AS INTEGER) AS n
FROM moves_behind($as_of, $before_ids, $before_cents, $paid_earlier)
ORDER BY abs(after_cents - before_cents) DESC, id
