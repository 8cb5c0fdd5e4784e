-- Monthly recurring revenue by organisation.
-- Definition: the sum of its distinct contracts in status active or past_due, each amount divided by the months it pays
--   for and rounded to whole cents; past_due is part of it and shown apart; a trial counts 0 and is listed. No test
--   accounts. The status is the present one, so this is true for a moment close to the load.
-- Unit: cents a month. Source: subscriptions, organizations. Parameters: as_of.
WITH paid AS (
    SELECT
        organization_id,
        CAST(sum(mrr_cents) AS BIGINT) AS mrr_cents,
        CAST(coalesce(sum(mrr_cents) FILTER (status IN terms().past_due_contracts), 0) AS BIGINT) AS past_due_cents,
        array_to_string(list_sort(list(DISTINCT paid_in)), ' ') AS currencies
    FROM contracts($as_of)
    GROUP BY organization_id
),
trials AS (
    SELECT DISTINCT s.organization_id
    FROM subscriptions AS s LEFT JOIN organizations AS o ON o.id = s.organization_id
    WHERE s.status IN terms().trial_contracts AND is_running(s.started_at, s.ended_at, $as_of)
        AND NOT coalesce(o.is_test, false)
)
SELECT
    organization_id,
    coalesce(paid.mrr_cents, 0) AS mrr_cents,
    coalesce(paid.past_due_cents, 0) AS past_due_cents,
    coalesce(paid.currencies, '') AS currencies,
    trials.organization_id IS NOT NULL AS trialing
FROM paid FULL JOIN trials USING (organization_id)
ORDER BY mrr_cents DESC, organization_id
