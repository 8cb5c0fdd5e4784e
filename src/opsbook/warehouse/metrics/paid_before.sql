-- Organisations that had a paid contract before a moment: with revenue again, they have come back and are not new.
-- Unit: organisations. Source: subscriptions. Parameters: at.
SELECT DISTINCT organization_id
FROM subscriptions
WHERE started_at < $at AND amount_cents > 0
    AND status IN ('active', 'past_due', 'canceled', 'cancelled', 'replaced', 'ended', 'expired', 'unpaid')
