-- What organisations are called and where they do business.
-- Definition: one row for each id asked for that is stored; `state` is empty where nobody said it.
-- Unit: organisations. Source: organizations. Parameters: organizations (ids).
SELECT id, name, state FROM organizations WHERE id IN (SELECT unnest($organizations))
