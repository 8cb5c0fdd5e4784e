-- Organisations gone silent.
-- Definition: eligible are standing organisations that came at or before `start`. Each of three signals is `silent`
--   (nothing in [start, as_of)), `active`, or `unread`: logins of its people, live orders placed with it, campaigns it
--   sent. A login after as_of counts as active: it overwrote what was before. With match_all, inactive is silent in all
--   three, and active in one settles it; otherwise inactive is silent in any one, and active in all settles it.
--   What neither settles is undetermined. The flags say whether a signal's table can be read at all.
--   Rows: first the inactive, then the undetermined, each the most valuable first, at most `limit` of either; counts
--   stand in every row, and there is at least one row.
-- Unit: organisations; cents. Source: organizations, users, orders, campaigns, subscriptions.
-- Parameters: as_of, start, match_all, logins, orders, campaigns, limit.
WITH eligible AS (
    SELECT id, name, type, state, created_at, email_opt_out FROM standing_organizations($as_of) WHERE created_at <= $start
),
bought AS (
    SELECT organization_id, max(ordered_at) AS last_order_at, sum(total_cents) AS total_cents, count(*) AS orders
    FROM live_orders
    WHERE ordered_at < $as_of
    GROUP BY organization_id
),
signals AS (
    SELECT
        e.*, l.last_login_at, b.last_order_at, c.last_campaign_at, b.total_cents, b.orders,
        CASE
            WHEN l.last_login_at >= $start THEN 'active'
            WHEN NOT $logins OR coalesce(l.login_unread, false) THEN 'unread'
            ELSE 'silent'
        END AS login,
        CASE
            WHEN b.last_order_at >= $start THEN 'active' WHEN NOT $orders THEN 'unread' ELSE 'silent'
        END AS ordering,
        CASE
            WHEN c.last_campaign_at >= $start THEN 'active'
            WHEN NOT $campaigns OR coalesce(c.campaign_unread, false) THEN 'unread'
            ELSE 'silent'
        END AS campaign
    FROM eligible AS e
    LEFT JOIN organization_logins AS l ON l.organization_id = e.id
    LEFT JOIN bought AS b ON b.organization_id = e.id
    LEFT JOIN organization_campaigns($as_of) AS c ON c.organization_id = e.id
),
judged AS MATERIALIZED (
    SELECT *,
        CASE
            WHEN $match_all AND 'active' IN (login, ordering, campaign) THEN 'active'
            WHEN $match_all AND 'unread' IN (login, ordering, campaign) THEN 'undetermined'
            WHEN NOT $match_all AND 'silent' NOT IN (login, ordering, campaign) THEN
                if('unread' IN (login, ordering, campaign), 'undetermined', 'active')
            ELSE 'inactive'
        END AS verdict
    FROM signals
),
counts AS (
    SELECT
        count(*) AS eligible,
        count(*) FILTER (verdict = 'inactive') AS inactive,
        count(*) FILTER (verdict = 'undetermined') AS undetermined
    FROM judged
),
valued AS (
    SELECT j.*, coalesce(m.mrr_cents, 0) AS mrr_cents
    FROM judged AS j LEFT JOIN organization_mrr($as_of) AS m ON m.organization_id = j.id
    WHERE j.verdict <> 'active'
    QUALIFY row_number() OVER (
        PARTITION BY j.verdict ORDER BY coalesce(m.mrr_cents, 0) DESC, coalesce(j.total_cents, 0) DESC, j.id
    ) <= $limit
)
SELECT
    counts.eligible, counts.inactive, counts.undetermined AS not_determined, valued.* REPLACE (
        CAST(coalesce(valued.total_cents, 0) AS BIGINT) AS total_cents, coalesce(valued.orders, 0) AS orders
    )
FROM counts LEFT JOIN valued ON true
ORDER BY verdict, mrr_cents DESC, total_cents DESC, id
