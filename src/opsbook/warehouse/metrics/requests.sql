-- Requests and server errors.
-- Definition: hours that begin in [start, end). `hours` is how many of them anybody counted.
-- Unit: requests. Source: requests. Parameters: start, end.
SELECT
    count(DISTINCT "at") AS hours,
    CAST(coalesce(sum(requests), 0) AS BIGINT) AS requests,
    CAST(coalesce(sum(server_errors), 0) AS BIGINT) AS server_errors
FROM requests
WHERE "at" >= $start AND "at" < $end
