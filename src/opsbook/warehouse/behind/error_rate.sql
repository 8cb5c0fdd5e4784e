-- Error rate.
-- Definition: server errors / requests, of the hours that begin in the window.
-- Unit: ratio.
-- Source: requests.
-- Parameters: start, end.
-- Query: requests.
-- Needs: requests.
-- Reads: none.
-- Window: 1 day.
-- Fold: share.
-- Counts: requests.
-- Contract: minimum_n 300, fresh_within 2h.
-- Why: a sample against an alert at 1 %: 3 / 0.01 = 300 (the rule of three); requests flow in all the time
--   (warehouse/contracts.py).
SELECT
    concat_ws(' ', "at", service) AS id, "at", service,
    outside("at", $start, $end) AS reason,
    reason IS NULL AS counted, server_errors AS part, requests AS whole, requests AS n
FROM requests
ORDER BY "at" DESC, service
