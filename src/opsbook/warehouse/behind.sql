-- What the rows behind figures share: each row that a figure looked at, and why it was left out where it was.
-- A row is counted when no reason stands in its way. `part`, `whole` and `n` are what it adds (`sheets.py`).

CREATE MACRO outside("at", start_at, end_at) AS
    CASE
        WHEN "at" IS NULL THEN 'without a time'
        WHEN "at" < start_at THEN 'before the window'
        WHEN "at" >= end_at THEN 'at the end of the window or later'
    END;

-- Every account, and why it is nobody's.
CREATE MACRO accounts_behind() AS TABLE
SELECT
    *, coalesce(signup_at, created_at) AS came_at, cohort(role) AS cohort,
    CASE
        WHEN coalesce(is_test, false) THEN 'a test account'
        WHEN is_placeholder(email) THEN 'an invented address'
    END AS nobody
FROM users;

-- The people of the funnel, by their first record: one a person, and how far each came by `end_at`.
CREATE MACRO funnel_accounts(end_at) AS TABLE
SELECT
    coalesce(p.address, 'user:' || p.id) AS person,
    'user:' || p.id AS record,
    p.came_at AS "at",
    coalesce(p.claimed_at < end_at, false)
        OR coalesce(
            p.last_login_at < end_at
            AND p.last_login_at >= coalesce(p.approved_at, p.came_at)
            AND (p.approved_at IS NOT NULL OR coalesce(p.approval_status, 'approved') = 'approved'),
            false
        ) AS activated,
    p.organization_id IN (SELECT organization_id FROM organization_mrr(end_at) WHERE mrr_cents > 0) AS pays
FROM people AS p
WHERE p.came_at < end_at AND p.cohort <> 'internal';

CREATE MACRO leads_behind(end_at) AS TABLE
SELECT
    coalesce(address(email), 'phone:' || phone_hash, 'lead:' || id) AS person,
    'lead:' || id AS record,
    captured_at AS "at",
    CASE
        WHEN captured_at >= end_at THEN 'at the end of the window or later'
        WHEN is_placeholder(email) THEN 'an invented address'
        WHEN address(email) IN (
            SELECT address(email) FROM users
            WHERE address(email) IS NOT NULL AND (coalesce(is_test, false) OR cohort(role) = 'internal')
        ) THEN 'the address of a test account or of an internal role'
    END AS reason
FROM leads;

CREATE MACRO funnel_behind(start_at, end_at) AS TABLE
SELECT
    record AS id, "at", signed_up, activated, pays,
    CASE WHEN "at" < start_at THEN 'entered before the window' END AS refusal
FROM (
    SELECT
        min(record) AS record, min("at") AS "at", bool_or(signed_up) AS signed_up, bool_or(activated) AS activated,
        bool_or(activated) AND bool_or(pays) AS pays
    FROM (
        SELECT person, record, "at", true AS signed_up, activated, coalesce(pays, false) AS pays
        FROM funnel_accounts(end_at)
        UNION ALL
        SELECT person, record, "at", false, false, false FROM leads_behind(end_at) WHERE reason IS NULL
    )
    GROUP BY person
)
UNION ALL
SELECT record, "at", NULL, NULL, NULL, reason FROM leads_behind(end_at) WHERE reason IS NOT NULL
UNION ALL
SELECT
    'user:' || id, came_at, NULL, NULL, NULL,
    coalesce(nobody, if(cohort = 'internal', 'an internal role', 'at the end of the window or later'))
FROM accounts_behind()
WHERE nobody IS NOT NULL OR cohort = 'internal' OR came_at >= end_at;

-- Every contract as it is written down, and why it adds nothing to the revenue at a moment.
CREATE MACRO contracts_behind(as_of) AS TABLE
SELECT
    id, organization_id, status, amount_cents, interval_months, started_at, ended_at,
    monthly_cents(amount_cents, interval_months) AS mrr_cents,
    CASE
        WHEN refusal IS NOT NULL THEN refusal
        WHEN row_number() OVER (
            PARTITION BY refusal, organization_id, coalesce('p' || provider_subscription_id, 'i' || id)
            ORDER BY started_at DESC NULLS LAST, amount_cents DESC, id
        ) > 1 THEN 'another row of the same contract'
        WHEN is_test THEN 'a test account'
    END AS reason
FROM (
    SELECT
        s.*, coalesce(o.is_test, false) AS is_test,
        CASE
            WHEN s.status IN terms().trial_contracts THEN 'a trial'
            WHEN s.status NOT IN terms().paid_contracts THEN 'status ' || s.status
            WHEN s.started_at >= as_of THEN 'not begun yet'
            WHEN s.ended_at < as_of THEN 'ended before'
        END AS refusal
    FROM subscriptions AS s LEFT JOIN organizations AS o ON o.id = s.organization_id
);

-- What every organisation paid at an earlier moment and pays now, and how that moved. `ids` and `cents` are the earlier
-- one, `earlier` names who had ever paid by then.
CREATE MACRO moves_behind(as_of, ids, cents, earlier) AS TABLE
SELECT
    organization_id AS id, o.name, before_cents, after_cents,
    CASE
        WHEN before_cents = after_cents THEN 'unchanged'
        WHEN before_cents = 0 AND organization_id IN (SELECT unnest(earlier::VARCHAR[])) THEN 'reactivation'
        WHEN before_cents = 0 THEN 'new'
        WHEN after_cents = 0 THEN 'churned'
        WHEN after_cents > before_cents THEN 'expansion'
        ELSE 'contraction'
    END AS kind
FROM (
    SELECT
        coalesce(b.organization_id, a.organization_id) AS organization_id,
        coalesce(b.cents, 0) AS before_cents, coalesce(a.mrr_cents, 0) AS after_cents
    FROM (SELECT unnest(ids::VARCHAR[]) AS organization_id, unnest(cents::BIGINT[]) AS cents) AS b
    FULL JOIN organization_mrr(as_of) AS a ON a.organization_id = b.organization_id
) LEFT JOIN organizations AS o ON o.id = organization_id
WHERE before_cents > 0 OR after_cents > 0;

-- Every organisation, and why it is not looked at; a time of its coming settles the rest.
CREATE MACRO organizations_behind(as_of) AS TABLE
SELECT
    *,
    CASE
        WHEN coalesce(is_test, false) THEN 'a test account'
        WHEN created_at >= as_of THEN 'came at this moment or later'
        WHEN id NOT IN (SELECT id FROM standing_organizations(as_of)) THEN 'cancelled'
    END AS refusal
FROM organizations;

CREATE MACRO silence_behind(as_of, start_at, match_all, logins, orders, campaigns) AS TABLE
SELECT
    *,
    if(match_all, no_login AND no_orders AND no_campaigns, no_login OR no_orders OR no_campaigns) AS inactive
FROM (
    SELECT
        o.id, o.name, o.created_at, l.last_login_at, b.last_order_at, c.last_campaign_at,
        coalesce(o.refusal, if(o.created_at > start_at, 'younger than the window', NULL)) AS refusal,
        CASE
            WHEN l.last_login_at >= start_at THEN false
            WHEN NOT logins OR coalesce(l.login_unread, false) THEN NULL
            ELSE true
        END AS no_login,
        CASE WHEN b.last_order_at >= start_at THEN false WHEN NOT orders THEN NULL ELSE true END AS no_orders,
        CASE
            WHEN c.last_campaign_at >= start_at THEN false
            WHEN NOT campaigns OR coalesce(c.campaign_unread, false) THEN NULL
            ELSE true
        END AS no_campaigns
    FROM organizations_behind(as_of) AS o
    LEFT JOIN organization_logins AS l ON l.organization_id = o.id
    LEFT JOIN (
        SELECT organization_id, max(ordered_at) AS last_order_at
        FROM live_orders WHERE ordered_at < as_of GROUP BY organization_id
    ) AS b ON b.organization_id = o.id
    LEFT JOIN organization_campaigns(as_of) AS c ON c.organization_id = o.id
);

CREATE MACRO risk_behind(as_of, login_start, campaign_start, match_all, logins, campaigns, tickets) AS TABLE
SELECT
    *,
    if(match_all, no_login AND no_campaign AND open_ticket, no_login OR no_campaign OR open_ticket) AS at_risk
FROM (
    SELECT
        o.id, o.name, o.created_at, o.refusal, l.last_login_at, c.last_campaign_at, t.open_tickets,
        CASE
            WHEN o.created_at > login_start OR l.last_login_at >= login_start THEN false
            WHEN NOT logins OR coalesce(l.login_unread, false) THEN NULL
            ELSE true
        END AS no_login,
        CASE
            WHEN o.created_at > campaign_start OR c.last_campaign_at >= campaign_start THEN false
            WHEN NOT campaigns OR coalesce(c.campaign_unread, false) THEN NULL
            ELSE true
        END AS no_campaign,
        CASE
            WHEN t.open_tickets > 0 THEN true
            WHEN NOT tickets OR coalesce(t.unread, false) THEN NULL
            ELSE false
        END AS open_ticket
    FROM organizations_behind(as_of) AS o
    LEFT JOIN organization_logins AS l ON l.organization_id = o.id
    LEFT JOIN organization_campaigns(as_of) AS c ON c.organization_id = o.id
    LEFT JOIN (
        SELECT
            organization_id,
            count(*) FILTER (
                NOT untold AND NOT coalesce(status IN terms().resolved_tickets, false)
                AND coalesce(resolved_at >= as_of, true)
            ) AS open_tickets,
            bool_or(untold) AS unread
        FROM (
            SELECT
                *,
                status IS NULL AND resolved_at IS NULL
                    AND (is_unread(unread, 'status') OR is_unread(unread, 'resolved_at')) AS untold
            FROM tickets WHERE created_at < as_of
        )
        GROUP BY organization_id
    ) AS t ON t.organization_id = o.id
);
