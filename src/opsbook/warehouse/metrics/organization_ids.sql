-- Every organisation's id, to name the nearest to one that is not there. Source: organizations. Parameters: none.
SELECT id FROM organizations ORDER BY id LIMIT 50000
