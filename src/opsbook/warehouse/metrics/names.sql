-- What organisations are called. Source: organizations. Parameters: organizations (ids).
SELECT id, name FROM organizations WHERE id IN (SELECT unnest($organizations))
