-- Organisations that had a paid contract before a moment.
-- Definition: a contract for money that began before `at`; with revenue again, they have come back and are not new.
-- Unit: organisations. Source: subscriptions. Parameters: at.
SELECT DISTINCT organization_id
FROM subscriptions
WHERE started_at < $at AND amount_cents > 0
    AND status IN terms().once_paid_contracts
