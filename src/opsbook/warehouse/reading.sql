-- How the text of a cell becomes a value. Each macro answers NULL for a text that it cannot read.
-- `raw` has no blanks around it and is never empty; a cell that says nothing is NULL before it comes here.

-- A time, as UTC. ISO 8601 dates and times (an offset is applied, none means UTC), YYYYMMDD, or a number since
-- 1970-01-01: seconds from 9 digits on (1973), milliseconds from 1e11, microseconds from 1e14. Years 1900 to 2199.
-- A small number is no time: spreadsheets count days, and reading 45000 as seconds would put it into 1970.
CREATE MACRO offset_minutes(zone) AS
    CASE
        WHEN zone = '' OR upper(zone) IN ('Z', 'UTC') THEN 0
        ELSE (CASE WHEN zone[1] = '-' THEN -1 ELSE 1 END)
            * (60 * CAST(zone[2:3] AS INTEGER) + CAST(concat('0', right(replace(zone[4:], ':', ''), 2)) AS INTEGER))
    END;
CREATE MACRO zoned_time(raw) AS
    try_cast(concat(raw[1:10], ' ', regexp_extract(raw[12:], '^[0-9:.]+')) AS TIMESTAMP)
    - to_minutes(offset_minutes(trim(regexp_extract(raw[12:], '^[0-9:.]+(.*)$', 1))));
CREATE MACRO counted_time(number) AS
    make_timestamp(CAST(CASE
        WHEN number < 100000000000 THEN number * 1000000
        WHEN number < 100000000000000 THEN number * 1000
        ELSE number
    END AS BIGINT));
CREATE MACRO any_time(raw) AS
    CASE
        WHEN length(raw) IN (10, 19) AND raw[5] = '-' AND raw[8] = '-' THEN try_cast(raw AS TIMESTAMP)
        WHEN regexp_full_match(
            raw, '\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?\s*(Z|z|UTC|[+-]\d{2}(:?\d{2})?)?'
        ) THEN zoned_time(raw)
        WHEN regexp_full_match(raw, '\d{8}') THEN try_strptime(raw, '%Y%m%d')
        WHEN regexp_full_match(raw, '\d{9,16}(\.\d{1,9})?') THEN counted_time(CAST(raw AS DECIMAL(28, 9)))
    END;
CREATE MACRO read_time(raw) AS
    CASE WHEN year(any_time(raw)) BETWEEN 1900 AND 2199 THEN any_time(raw) END;

-- A whole number; 12.0 is one and 12.5 is none.
CREATE MACRO read_whole(raw) AS
    CASE WHEN regexp_full_match(raw, '[+-]?\d{1,15}(\.0*)?') THEN CAST(CAST(raw AS DECIMAL(18, 2)) AS BIGINT) END;

-- Dollars (or another currency's main unit) as hundredths, half a hundredth away from zero. A dollar sign and
-- commas between thousands are read over.
CREATE MACRO read_money(raw) AS
    CASE
        WHEN regexp_full_match(raw, '[+-]?\$?(\d{1,3}(,\d{3}){1,3}|\d{1,12})(\.\d{0,12})?')
            THEN CAST(round(CAST(replace(replace(raw, ',', ''), '$', '') AS DECIMAL(30, 12)) * 100) AS BIGINT)
    END;

CREATE MACRO read_number(raw) AS
    CASE WHEN isfinite(try_cast(raw AS DOUBLE)) THEN try_cast(raw AS DOUBLE) END;

CREATE MACRO read_flag(raw) AS
    CASE
        WHEN lower(raw) IN ('true', 't', 'yes', 'y', '1') THEN true
        WHEN lower(raw) IN ('false', 'f', 'no', 'n', '0') THEN false
    END;
