-- Organisations gone silent.
-- Definition: eligible are standing organisations that came at or before `start`. Each of three signals is silent
--   (nothing in [start, as_of)), active, or NULL, which nobody can tell: logins of its people, live orders placed with
--   it, campaigns it sent. A login after as_of counts as active: it overwrote what was before. Inactive is silent in
--   all three (match_all) or in any one, by three-valued logic; what that leaves NULL is undetermined. The flags say
--   whether a signal's table can be read at all.
--   Rows: the inactive, then the undetermined (inactive is NULL), each the most valuable first, at most `limit` of
--   either; the counts stand in every row, and there is at least one row.
-- Unit: organisations; cents. Source: organizations, users, orders, campaigns, subscriptions.
-- Parameters: as_of, start, match_all, logins, orders, campaigns, limit.
WITH eligible AS (
    SELECT
        e.id, l.last_login_at,
        CASE
            WHEN l.last_login_at >= $start THEN false
            WHEN NOT $logins OR coalesce(l.login_unread, false) THEN NULL
            ELSE true
        END AS login
    FROM standing_organizations($as_of) AS e LEFT JOIN organization_logins AS l ON l.organization_id = e.id
    WHERE e.created_at <= $start
),
candidates AS MATERIALIZED (  -- where all must be silent, a login settles it: the many that log in cost no more
    SELECT * FROM eligible WHERE NOT $match_all OR login IS DISTINCT FROM false
),
bought AS (
    SELECT organization_id, max(ordered_at) AS last_order_at, sum(total_cents) AS total_cents
    FROM live_orders
    WHERE ordered_at < $as_of AND organization_id IN (SELECT id FROM candidates)
    GROUP BY organization_id
),
judged AS MATERIALIZED (
    SELECT
        e.*, b.last_order_at, c.last_campaign_at, b.total_cents,
        CASE WHEN b.last_order_at >= $start THEN false WHEN NOT $orders THEN NULL ELSE true END AS orders,
        CASE
            WHEN c.last_campaign_at >= $start THEN false
            WHEN NOT $campaigns OR coalesce(c.campaign_unread, false) THEN NULL
            ELSE true
        END AS campaigns,
        if($match_all, login AND orders AND campaigns, login OR orders OR campaigns) AS inactive
    FROM candidates AS e
    LEFT JOIN bought AS b ON b.organization_id = e.id
    LEFT JOIN organization_campaigns($as_of) AS c ON c.organization_id = e.id
),
counts AS (
    SELECT
        (SELECT count(*) FROM standing_organizations($as_of) WHERE created_at <= $start) AS eligible,
        count(*) FILTER (inactive) AS inactive_count,
        count(*) FILTER (inactive IS NULL) AS undetermined_count
    FROM judged
),
suspects AS MATERIALIZED (
    SELECT * FROM judged WHERE inactive IS DISTINCT FROM false
),
valued AS (
    SELECT s.*, coalesce(m.mrr_cents, 0) AS mrr_cents
    FROM suspects AS s
    LEFT JOIN (
        SELECT organization_id, sum(mrr_cents) AS mrr_cents
        FROM contracts($as_of)
        WHERE organization_id IN (SELECT id FROM suspects)
        GROUP BY organization_id
    ) AS m ON m.organization_id = s.id
),
chosen AS (
    (SELECT * FROM valued WHERE inactive ORDER BY mrr_cents DESC, total_cents DESC NULLS LAST, id LIMIT $limit)
    UNION ALL
    (SELECT * FROM valued WHERE inactive IS NULL ORDER BY mrr_cents DESC, total_cents DESC NULLS LAST, id LIMIT $limit)
)
SELECT
    counts.*, chosen.* REPLACE (CAST(chosen.mrr_cents AS BIGINT) AS mrr_cents, CAST(total_cents AS BIGINT) AS total_cents),
    o.name, o.type, o.state
FROM counts
LEFT JOIN chosen ON true
LEFT JOIN organizations AS o ON o.id = chosen.id
ORDER BY inactive NULLS LAST, mrr_cents DESC, total_cents DESC NULLS LAST, chosen.id
