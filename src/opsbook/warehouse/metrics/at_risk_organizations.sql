-- Organisations that may leave.
-- Definition: looked at are all standing organisations. Three signals, each true, false or NULL, which nobody can
--   tell: no login of its people in [login_start, as_of), no campaign sent in [campaign_start, as_of) (neither holds
--   before the organisation is that old), tickets that are not resolved. At risk is any one of them, or all three with
--   match_all, by three-valued logic; what that leaves NULL is undetermined.
--   Rows: those at risk, then the undetermined (at_risk is NULL), most signals first, then most revenue, at most
--   `limit` of either; the counts and the revenue at stake stand in every row, and there is at least one row.
-- Unit: organisations; cents a month. Source: organizations, users, campaigns, tickets, subscriptions.
-- Parameters: as_of, login_start, campaign_start, match_all, logins, campaigns, tickets, limit.
WITH open_tickets AS (
    SELECT
        organization_id,
        count(*) FILTER (NOT untold AND is_open) AS open_tickets,
        min(created_at) FILTER (NOT untold AND is_open) AS oldest_open_at,
        bool_or(untold) AS tickets_unread
    FROM (
        SELECT
            organization_id, created_at,
            NOT coalesce(status IN terms().resolved_tickets, false) AND coalesce(resolved_at >= $as_of, true) AS is_open,
            status IS NULL AND resolved_at IS NULL
                AND (is_unread(unread, 'status') OR is_unread(unread, 'resolved_at')) AS untold
        FROM tickets
        WHERE created_at < $as_of
    )
    GROUP BY organization_id
),
signals AS (
    SELECT
        a.id, a.created_at, l.last_login_at, c.last_campaign_at, t.open_tickets, t.oldest_open_at,
        CASE
            WHEN a.created_at > $login_start OR l.last_login_at >= $login_start THEN false
            WHEN NOT $logins OR coalesce(l.login_unread, false) THEN NULL
            ELSE true
        END AS login,
        CASE
            WHEN a.created_at > $campaign_start OR c.last_campaign_at >= $campaign_start THEN false
            WHEN NOT $campaigns OR coalesce(c.campaign_unread, false) THEN NULL
            ELSE true
        END AS campaign,
        CASE
            WHEN t.open_tickets > 0 THEN true
            WHEN NOT $tickets OR coalesce(t.tickets_unread, false) THEN NULL
            ELSE false
        END AS ticket
    FROM standing_organizations($as_of) AS a
    LEFT JOIN organization_logins AS l ON l.organization_id = a.id
    LEFT JOIN organization_campaigns($as_of) AS c ON c.organization_id = a.id
    LEFT JOIN open_tickets AS t ON t.organization_id = a.id
),
judged AS MATERIALIZED (
    SELECT
        *,
        if($match_all, login AND campaign AND ticket, login OR campaign OR ticket) AS at_risk,
        coalesce(login, false)::INTEGER + coalesce(campaign, false)::INTEGER + coalesce(ticket, false)::INTEGER AS signals
    FROM signals
),
suspects AS MATERIALIZED (
    SELECT s.*, coalesce(m.mrr_cents, 0) AS mrr_cents
    FROM judged AS s
    LEFT JOIN (
        SELECT organization_id, sum(mrr_cents) AS mrr_cents FROM contracts($as_of) GROUP BY organization_id
    ) AS m ON m.organization_id = s.id
    WHERE s.at_risk IS DISTINCT FROM false
),
counts AS (
    SELECT
        (SELECT count(*) FROM judged) AS looked_at,
        count(*) FILTER (at_risk) AS at_risk_count,
        count(*) FILTER (at_risk IS NULL) AS undetermined_count,
        CAST(coalesce(sum(mrr_cents) FILTER (at_risk), 0) AS BIGINT) AS at_stake_cents
    FROM suspects
),
chosen AS (
    (SELECT * FROM suspects WHERE at_risk ORDER BY signals DESC, mrr_cents DESC, id LIMIT $limit)
    UNION ALL
    (SELECT * FROM suspects WHERE at_risk IS NULL ORDER BY signals DESC, mrr_cents DESC, id LIMIT $limit)
)
SELECT counts.*, chosen.* REPLACE (CAST(mrr_cents AS BIGINT) AS mrr_cents), o.name, o.type
FROM counts
LEFT JOIN chosen ON true
LEFT JOIN organizations AS o ON o.id = chosen.id
ORDER BY at_risk NULLS LAST, signals DESC, mrr_cents DESC, chosen.id
