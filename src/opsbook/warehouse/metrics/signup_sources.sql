-- Signups by source.
-- Definition: for each signup of [start, end), the earliest touch wins: a lead with the same address captured at or
--   before the signup, the signup event's own source, or what the organisation says of itself (for its owner).
--   Places other than the four known ones are `other`; a signup without any touch is `unattributed`.
-- Unit: people. Source: users, leads, events, organizations. Parameters: start, end.
WITH arrived AS (
    SELECT id, address, came_at
    FROM people
    WHERE came_at >= $start AND came_at < $end AND cohort <> 'internal'
),
touches AS (
    SELECT a.id, l.captured_at AS "at", l.source
    FROM arrived AS a JOIN leads AS l ON address(l.email) = a.address AND l.captured_at <= a.came_at
    UNION ALL
    SELECT a.id, e."at", e.source
    FROM arrived AS a JOIN events AS e ON e.user_id = a.id
    WHERE e.type IN terms().signup_events AND e.source IS NOT NULL AND e."at" < $end
    UNION ALL
    SELECT a.id, o.created_at, lower(o.signup_source)
    FROM arrived AS a JOIN organizations AS o ON o.owner_id = a.id
    WHERE o.signup_source IS NOT NULL AND o.created_at < $end
),
earliest AS (
    SELECT id, source_of(source) AS source
    FROM touches
    QUALIFY row_number() OVER (PARTITION BY id ORDER BY "at", source) = 1
)
SELECT coalesce(e.source, 'unattributed') AS source, count(*) AS people
FROM arrived LEFT JOIN earliest AS e USING (id)
GROUP BY 1
ORDER BY 1
