-- Organisations that may leave.
-- Definition: looked at are all standing organisations. Signals: no login of its people in [login_start, as_of), no
--   campaign sent in [campaign_start, as_of) (neither counts before the organisation is that old), tickets that are
--   not resolved. Each is `on`, `off` or `unread`. With match_all, all three must be on; otherwise any one.
--   Undetermined is what the signals that can be read do not settle.
--   Rows: first those at risk, then the undetermined, most signals first, then most revenue, at most `limit` of
--   either; counts and the revenue at stake stand in every row, and there is at least one row.
-- Unit: organisations; cents a month. Source: organizations, users, campaigns, tickets, subscriptions.
-- Parameters: as_of, login_start, campaign_start, match_all, logins, campaigns, tickets, limit.
WITH looked_at AS (
    SELECT id, name, type, created_at FROM standing_organizations($as_of)
),
open_tickets AS (
    SELECT
        organization_id,
        count(*) FILTER (known AND is_open) AS open_tickets,
        min(created_at) FILTER (known AND is_open) AS oldest_open_at,
        bool_or(NOT known) AS tickets_unread
    FROM (
        SELECT
            organization_id, created_at,
            NOT coalesce(status IN ('resolved', 'closed'), false) AND coalesce(resolved_at >= $as_of, true) AS is_open,
            status IS NOT NULL OR resolved_at IS NOT NULL
                OR NOT list_has_any(unread, ['status', '-status', 'resolved_at', '-resolved_at']) AS known
        FROM tickets
        WHERE created_at < $as_of
    )
    GROUP BY organization_id
),
signals AS (
    SELECT
        a.*, l.last_login_at, c.last_campaign_at, coalesce(t.open_tickets, 0) AS open_tickets, t.oldest_open_at,
        CASE
            WHEN a.created_at > $login_start OR l.last_login_at >= $login_start THEN 'off'
            WHEN NOT $logins OR coalesce(l.login_unread, false) THEN 'unread'
            ELSE 'on'
        END AS login,
        CASE
            WHEN a.created_at > $campaign_start OR c.last_campaign_at >= $campaign_start THEN 'off'
            WHEN NOT $campaigns OR coalesce(c.campaign_unread, false) THEN 'unread'
            ELSE 'on'
        END AS campaign,
        CASE
            WHEN t.open_tickets > 0 THEN 'on'
            WHEN NOT $tickets OR coalesce(t.tickets_unread, false) THEN 'unread'
            ELSE 'off'
        END AS ticket
    FROM looked_at AS a
    LEFT JOIN organization_logins AS l ON l.organization_id = a.id
    LEFT JOIN organization_campaigns($as_of) AS c ON c.organization_id = a.id
    LEFT JOIN open_tickets AS t ON t.organization_id = a.id
),
judged AS MATERIALIZED (
    SELECT
        s.*,
        coalesce(m.mrr_cents, 0) AS mrr_cents,
        (login = 'on')::INTEGER + (campaign = 'on')::INTEGER + (ticket = 'on')::INTEGER AS signals,
        CASE
            WHEN $match_all AND 'off' IN (login, campaign, ticket) THEN 'safe'
            WHEN $match_all AND 'unread' IN (login, campaign, ticket) THEN 'undetermined'
            WHEN NOT $match_all AND 'on' NOT IN (login, campaign, ticket) THEN
                if('unread' IN (login, campaign, ticket), 'undetermined', 'safe')
            ELSE 'at_risk'
        END AS verdict
    FROM signals AS s LEFT JOIN organization_mrr($as_of) AS m ON m.organization_id = s.id
),
counts AS (
    SELECT
        count(*) AS looked_at,
        count(*) FILTER (verdict = 'at_risk') AS at_risk,
        count(*) FILTER (verdict = 'undetermined') AS not_determined,
        CAST(coalesce(sum(mrr_cents) FILTER (verdict = 'at_risk'), 0) AS BIGINT) AS at_stake_cents
    FROM judged
),
chosen AS (
    SELECT * FROM judged
    WHERE verdict <> 'safe'
    QUALIFY row_number() OVER (PARTITION BY verdict ORDER BY signals DESC, mrr_cents DESC, id) <= $limit
)
SELECT counts.*, chosen.*
FROM counts LEFT JOIN chosen ON true
ORDER BY verdict, signals DESC, mrr_cents DESC, id
