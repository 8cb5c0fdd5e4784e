-- What organisations are called.
-- Definition: one row for each id asked for that is stored.
-- Unit: organisations. Source: organizations. Parameters: organizations (ids).
SELECT id, name FROM organizations WHERE id IN (SELECT unnest($organizations))
