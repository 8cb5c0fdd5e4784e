-- The funnel of the people who entered in a window.
-- Definition: a person is one address (else one phone hash, else one record). They enter at their first capture as a
--   lead or at their signup, whichever is first; one cohort: those who entered in [start, end). Of these,
--   signed_up: have an account; activated: of these, claimed a page or logged in after their approval;
--   paying: of these, their organisation pays. All by `end`. `untold`: signed up, and whether they are activated cannot
--   be told, because the login cannot be read or a later one overwrote it.
--   Test accounts, invented addresses and the platform's own people are left out, their captures as well.
-- Unit: people. Source: leads, users, subscriptions. Parameters: start, end.
WITH left_out AS (
    SELECT DISTINCT address(email) AS address
    FROM users
    WHERE email IS NOT NULL AND (coalesce(is_test, false) OR cohort(role) = 'internal')
),
accounts AS (
    SELECT
        coalesce(p.address, 'user:' || p.id) AS person,
        p.came_at AS "at",
        coalesce(p.claimed_at < $end, false)
            OR coalesce(
                p.last_login_at < $end
                AND p.last_login_at >= coalesce(p.approved_at, p.came_at)
                AND (p.approved_at IS NOT NULL OR coalesce(p.approval_status, 'approved') = 'approved'),
                false
            ) AS activated,
        coalesce(p.last_login_at >= $end, false)
            OR (p.last_login_at IS NULL AND is_unread(p.unread, 'last_login_at')) AS unclear,
        p.organization_id
    FROM people AS p
    WHERE p.came_at < $end AND p.cohort <> 'internal'
),
captures AS (
    SELECT coalesce(address(email), 'phone:' || phone_hash, 'lead:' || id) AS person, captured_at AS "at"
    FROM leads
    WHERE captured_at < $end AND NOT is_placeholder(email)
        AND coalesce(address(email) NOT IN (SELECT address FROM left_out WHERE address IS NOT NULL), true)
),
entered AS (
    SELECT person, min("at") AS entered_at
    FROM (SELECT person, "at" FROM captures UNION ALL SELECT person, "at" FROM accounts)
    GROUP BY person
    HAVING min("at") >= $start
),
paying AS (
    SELECT organization_id FROM organization_mrr($end) WHERE mrr_cents > 0
),
progress AS (
    SELECT
        e.person,
        count(a.person) > 0 AS signed_up,
        coalesce(bool_or(a.activated), false) AS activated,
        coalesce(bool_or(a.unclear), false) AS unclear,
        coalesce(bool_or(a.organization_id IN (SELECT organization_id FROM paying)), false) AS pays
    FROM entered AS e LEFT JOIN accounts AS a USING (person)
    GROUP BY e.person
)
SELECT
    count(*) AS entered,
    count(*) FILTER (signed_up) AS signed_up,
    count(*) FILTER (activated) AS activated,
    count(*) FILTER (activated AND pays) AS paying,
    count(*) FILTER (signed_up AND NOT activated AND unclear) AS untold
FROM progress
