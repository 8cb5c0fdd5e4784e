-- Use of quotas.
-- Definition: the largest share of a vendor's limit that is used, by the newest reading of each system.
-- Unit: ratio.
-- Source: usage.
-- Parameters: as_of.
-- Query: quotas.
-- Needs: usage.
-- Reads: none.
-- Window: moment.
-- Fold: max.
-- Counts: systems.
-- Contract: usual.
-- Why: none.
SELECT
    system AS id, "at", used, quota_limit, resets_at,
    CASE
        WHEN "at" >= $as_of THEN 'read at this moment or later'
        WHEN newest > 1 THEN 'an older reading'
        WHEN coalesce(quota_limit, 0) = 0 THEN 'the vendor states no limit'
        WHEN resets_at <= $as_of THEN 'the count has started over since'
    END AS reason,
    reason IS NULL AS counted, round(used / quota_limit, 6) AS part, NULL AS whole, 1 AS n
FROM (SELECT *, row_number() OVER (PARTITION BY system, "at" < $as_of ORDER BY "at" DESC) AS newest FROM usage)
ORDER BY part DESC NULLS LAST, system, "at" DESC
