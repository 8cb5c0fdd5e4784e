-- Every organisation's id, to name the nearest to one that is not there.
-- Definition: the ids, at most 50,000 of them.
-- Unit: organisations. Source: organizations. Parameters: none.
SELECT id FROM organizations ORDER BY id LIMIT 50000
