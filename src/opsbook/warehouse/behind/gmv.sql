-- Gross merchandise value.
-- Definition: what consumers ordered in the window: live, not cancelled, not from test accounts.
-- Unit: cents.
-- Source: orders, organizations.
-- Parameters: start, end.
-- Query: gmv.
-- Needs: orders.
-- Reads: none.
-- Window: 1 day.
-- Fold: sum.
-- Counts: orders.
-- Contract: usual.
-- Why: none.
SELECT
    o.id, ordered_at AS "at", o.organization_id, o.status, mode,
    coalesce(outside(ordered_at, $start, $end), CASE
        WHEN coalesce(mode, 'live') IN terms().uncounted_modes THEN 'mode ' || mode
        WHEN coalesce(o.status, '') IN terms().uncounted_statuses THEN 'status ' || o.status
        WHEN t.is_test THEN 'a test account'
    END) AS reason,
    reason IS NULL AS counted, total_cents AS part, NULL AS whole, 1 AS n
FROM orders AS o LEFT JOIN organizations AS t ON t.id = o.organization_id
ORDER BY ordered_at DESC, o.id
