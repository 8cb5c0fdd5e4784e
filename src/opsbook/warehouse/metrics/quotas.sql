-- Use of other systems against their vendors' limits.
-- Definition: the newest reading of each system before as_of.
-- Unit: the vendor's own. Source: usage. Parameters: as_of.
SELECT system, "at", used, quota_limit, resets_at, source
FROM usage
WHERE "at" < $as_of
QUALIFY row_number() OVER (PARTITION BY system ORDER BY "at" DESC) = 1
ORDER BY system
