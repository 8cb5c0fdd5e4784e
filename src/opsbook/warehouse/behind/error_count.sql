-- Errors.
-- Definition: what the platform logged in the window as an error or graver.
-- Unit: errors.
-- Source: errors.
-- Parameters: start, end.
-- Query: errors.
-- Needs: errors.
-- Reads: none.
-- Window: 1 day.
-- Fold: sum.
-- Counts: errors.
-- Contract: fresh_within 2h.
-- Why: errors flow in all the time, and that there are none is judged (warehouse/contracts.py).
SELECT
    id, "at", level, service,
    coalesce(outside("at", $start, $end), if(level IN terms().errors, NULL, 'level ' || level)) AS reason,
    reason IS NULL AS counted, 1 AS part, NULL AS whole, 1 AS n
FROM errors
ORDER BY "at" DESC, id
