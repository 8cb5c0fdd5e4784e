-- Organisations, or consumers, by how lately, how often and for how much they ordered (RFM).
-- Definition: organisations are those standing at as_of. Consumers are whoever placed a live order before as_of, and
--   people of the role family customer who came before it; no test accounts. `recency` is whole days since the last live
--   order before as_of, `frequency` their number, `monetary` their sum. Each is scored from 1 to 5 among those that
--   ordered: one more than five times the share of them that are strictly worse, rounded down; so equals score alike.
--   Segments: champions (recency and frequency 4 or more), loyal (both 3 or more), recent (recency 3 or more), slipping
--   (frequency 3 or more), dormant (neither); whoever never ordered is never_purchased and has no scores. One row for
--   each segment and scores; `currencies` are all that were paid in, in one text.
-- Unit: units; cents. Source: organizations, users, orders. Parameters: whose (organization or consumer), as_of.
WITH counted AS MATERIALIZED (
    SELECT if($whose = 'organization', organization_id, consumer_id) AS unit, ordered_at, total_cents, currency
    FROM live_orders
    WHERE ordered_at < $as_of
        AND if($whose = 'organization', organization_id, consumer_id) IS NOT NULL
        AND organization_id NOT IN (SELECT id FROM organizations WHERE is_test)
        AND if($whose = 'organization', '', consumer_id) NOT IN (SELECT id FROM users WHERE is_test)
),
bought AS (
    SELECT
        unit,
        date_sub('day', max(ordered_at), CAST($as_of AS TIMESTAMP)) AS days,
        count(*) AS orders,
        CAST(sum(total_cents) AS BIGINT) AS cents
    FROM counted
    WHERE $whose <> 'organization' OR unit IN (SELECT id FROM standing_organizations($as_of))
    GROUP BY unit
),
scored AS (
    SELECT
        unit, orders, cents,
        1 + 5 * (rank() OVER (ORDER BY days DESC) - 1) // count(*) OVER () AS recency,
        1 + 5 * (rank() OVER (ORDER BY orders) - 1) // count(*) OVER () AS frequency,
        1 + 5 * (rank() OVER (ORDER BY cents) - 1) // count(*) OVER () AS monetary
    FROM bought
),
everyone AS (
    SELECT id AS unit FROM standing_organizations($as_of) WHERE $whose = 'organization'
    UNION
    SELECT id FROM people WHERE $whose = 'consumer' AND cohort = 'customer' AND came_at < $as_of
    UNION
    SELECT unit FROM bought
)
SELECT
    CASE
        WHEN s.unit IS NULL THEN 'never_purchased'
        WHEN recency >= 4 AND frequency >= 4 THEN 'champions'
        WHEN recency >= 3 AND frequency >= 3 THEN 'loyal'
        WHEN recency >= 3 THEN 'recent'
        WHEN frequency >= 3 THEN 'slipping'
        ELSE 'dormant'
    END AS segment,
    recency, frequency, monetary,
    count(*) AS units,
    CAST(coalesce(sum(orders), 0) AS BIGINT) AS orders,
    CAST(coalesce(sum(cents), 0) AS BIGINT) AS total_cents,
    (SELECT array_to_string(list_sort(list(DISTINCT coalesce(currency, 'usd'))), ' ') FROM counted) AS currencies
FROM everyone AS e LEFT JOIN scored AS s ON s.unit = e.unit
GROUP BY ALL
ORDER BY ALL
