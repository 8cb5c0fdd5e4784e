-- What organisations are called. Source: organizations. Parameters: organizations (ids).
SELECT id, name FROM organizations WHERE list_contains($organizations, id)
