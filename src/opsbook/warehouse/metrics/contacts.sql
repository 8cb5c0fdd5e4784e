-- The people of organisations whom one may write to about the platform.
-- Definition: the owner, and users whose role is the organisation's own or its admin's; owners first. Test accounts,
--   opt-outs and people without an address are among them: leaving them out, with the reason, is the campaign's part.
-- Unit: people. Source: users, organizations. Parameters: organizations (ids).
SELECT
    u.organization_id, u.id, u.first_name, u.display_name, u.email, u.role, coalesce(u.is_test, false) AS is_test,
    u.email_unsubscribed_at,
    is_illegible(u.unread, 'email_unsubscribed_at') AS consent_unread,
    is_absent(u.unread, 'email_unsubscribed_at') AS consent_absent,
    coalesce(o.email_opt_out, false) AS email_opt_out,
    is_illegible(o.unread, 'email_opt_out') AS opt_out_unread,
    is_absent(o.unread, 'email_opt_out') AS opt_out_absent
FROM users AS u JOIN organizations AS o ON o.id = u.organization_id
WHERE u.organization_id IN (SELECT unnest($organizations))
    AND (u.id = o.owner_id OR u.role IN terms().contact_roles)
    AND coalesce(u.approval_status, 'approved') NOT IN terms().refused_accounts
ORDER BY u.organization_id, u.id = o.owner_id DESC, u.id
