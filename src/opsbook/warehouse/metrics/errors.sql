-- Errors that the platform logged.
-- Definition: rows of [start, end) at level error, critical or fatal; `critical` are the latter two.
-- Unit: rows. Source: errors. Parameters: start, end.
SELECT
    count(*) FILTER (level IN terms().errors) AS errors,
    count(*) FILTER (level IN terms().critical_errors) AS critical
FROM errors
WHERE "at" >= $start AND "at" < $end
