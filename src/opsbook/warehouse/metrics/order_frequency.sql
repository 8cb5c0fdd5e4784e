-- How often and how lately organisations, or consumers, ordered: what the model of who still orders is fitted on.
-- Definition: of each that placed a live order before as_of, in whole days of UTC: `repeats` days with orders after the
--   first such day, the last of them `last_day` days after it, and the first `age` days before the last day that began
--   before as_of. `later` is on how many days it ordered in [as_of, until); 0 where until is as_of. Equal histories are
--   one row with their number of `units`. Orders with test organisations are left out. With `ids` (else NULL), a row for
--   each of these, named by `unit`. Where there are more units than about `most`, only a share of them: those whose ids
--   fall into it, always the same.
-- Unit: days; units. Source: orders, organizations. Parameters: whose (organization or consumer), ids, as_of, until, most.
WITH size AS (
    SELECT
        CAST(greatest(1, ceil(approx_count_distinct(if($whose = 'organization', organization_id, consumer_id)) / $most))
            AS UBIGINT) AS share
    FROM orders
),
days AS (
    SELECT DISTINCT
        if($whose = 'organization', organization_id, consumer_id) AS unit,
        CAST(ordered_at AS DATE) AS day,
        ordered_at >= $as_of AS is_later
    FROM live_orders
    WHERE ordered_at < $until
        AND if($whose = 'organization', organization_id, consumer_id) IS NOT NULL
        AND organization_id NOT IN (SELECT id FROM organizations WHERE is_test)
        AND if(
            $ids IS NULL,
            hash(if($whose = 'organization', organization_id, consumer_id)) % (SELECT share FROM size) = 0,
            if($whose = 'organization', organization_id, consumer_id) IN (SELECT unnest(CAST($ids AS VARCHAR[])))
        )
),
histories AS (
    SELECT
        unit,
        count(*) FILTER (NOT is_later) - 1 AS repeats,
        date_diff('day', min(day), max(day) FILTER (NOT is_later)) AS last_day,
        date_diff('day', min(day), CAST(CAST($as_of AS TIMESTAMP) - INTERVAL 1 MICROSECOND AS DATE)) AS age,
        count(*) FILTER (is_later) AS later
    FROM days
    GROUP BY unit
    HAVING NOT bool_and(is_later)
)
SELECT if($ids IS NULL, NULL, unit) AS unit, repeats, last_day, age, later, count(*) AS units
FROM histories
GROUP BY ALL
ORDER BY ALL
