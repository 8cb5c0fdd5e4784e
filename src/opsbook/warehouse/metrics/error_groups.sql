-- Errors, equal ones together.
-- Definition: rows of [start, end) at one of the levels, whose message or service holds the text (any case; an empty
--   text is held by all), grouped by service, level and message after redaction; most frequent first. `groups` and
--   `rows` count everything, also what the limit cuts off.
-- Unit: rows. Source: errors. Parameters: start, end, levels, query, limit.
WITH chosen AS (
    SELECT coalesce(service, 'unknown') AS service, level, left(redacted(coalesce(message, '')), 300) AS message, "at"
    FROM errors
    WHERE "at" >= $start AND "at" < $end AND list_contains($levels, level)
        AND (contains(lower(coalesce(message, '')), lower($query)) OR contains(lower(coalesce(service, '')), lower($query)))
)
SELECT
    service, level, message, count(*) AS count, min("at") AS first_at, max("at") AS last_at,
    count(*) OVER () AS groups, CAST(sum(count(*)) OVER () AS BIGINT) AS rows
FROM chosen
GROUP BY service, level, message
ORDER BY count DESC, last_at DESC, service, message
LIMIT $limit
