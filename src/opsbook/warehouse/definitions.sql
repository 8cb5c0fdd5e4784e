-- The terms that several metrics share. A metric says what it counts; what counts at all is said here.
-- Moments are half-open: at `as_of`, whatever happened before it has happened.
-- The words are the deployment's own (`definitions.py`), bound to every connection as one value: `terms().<name>`.
CREATE MACRO terms() AS getvariable('terms');

-- The family of a word: the word itself, else the longest beginning that it has, else `other`.
CREATE MACRO family_of(word, families) AS coalesce(
    families.of_words[list_position(families.words, word)],
    families.of_beginnings[
        list_position(list_transform(families.beginnings, lambda beginning: starts_with(word, beginning)), true)
    ],
    'other'
);

-- Whether a row's cell could not be read, or was not in its file. Only worth asking where the cell is NULL.
CREATE MACRO is_illegible(unread, name) AS coalesce(contains(unread, concat(' ', name, ' ')), false);
CREATE MACRO is_absent(unread, name) AS coalesce(contains(unread, concat(' -', name, ' ')), false);
CREATE MACRO is_unread(unread, name) AS is_illegible(unread, name) OR is_absent(unread, name);

-- Orders that count: not from the demo, not cancelled. An order that does not say its mode is live.
CREATE VIEW live_orders AS
SELECT * FROM orders
WHERE coalesce(mode, 'live') NOT IN terms().uncounted_modes
    AND coalesce(status, '') NOT IN terms().uncounted_statuses;

-- One text for each address, so that a person's captures and accounts can be told to be the same person's.
CREATE MACRO address(email) AS nullif(lower(trim(email)), '');

-- Addresses that the till import invents for people without one.
CREATE MACRO is_placeholder(email) AS coalesce(
    list_bool_or(list_transform(terms().placeholder_endings, lambda ending: ends_with(lower(email), ending))), false
);

-- Role families. The platform's own people are `internal` and no signups; a role of no family is `other`.
CREATE MACRO cohort(role) AS family_of(role, terms().roles);
CREATE MACRO is_consumer(role) AS coalesce(
    role IN terms().consumers OR (terms().consumers_begin AND cohort(role) = 'customer'), false
);

-- People with an account, without test accounts and invented addresses.
CREATE VIEW people AS
SELECT *, coalesce(signup_at, created_at) AS came_at, cohort(role) AS cohort, address(email) AS address
FROM users
WHERE NOT coalesce(is_test, false) AND NOT is_placeholder(email);

-- Who works for an organisation: its consumers have accounts too, and their logins are not its own.
CREATE VIEW members AS
SELECT * FROM users
WHERE organization_id IS NOT NULL AND NOT coalesce(is_test, false) AND NOT is_consumer(role);

-- The last sign of life of each organisation's people, and whether one of them has a login nobody can read.
CREATE VIEW organization_logins AS
SELECT
    organization_id,
    max(last_login_at) AS last_login_at,
    bool_or(last_login_at IS NULL AND is_unread(unread, 'last_login_at')) AS login_unread
FROM members
GROUP BY organization_id;

-- The last campaign that each organisation sent before a moment.
CREATE MACRO organization_campaigns(as_of) AS TABLE
SELECT
    organization_id,
    max(sent_at) AS last_campaign_at,
    bool_or(sent_at IS NULL AND is_unread(unread, 'sent_at')) AS campaign_unread
FROM campaigns
WHERE sent_at IS NULL OR sent_at < as_of
GROUP BY organization_id;

-- Organisations that exist at a moment: come, not gone, no test accounts.
CREATE MACRO standing_organizations(as_of) AS TABLE
SELECT * FROM organizations
WHERE created_at < as_of
    AND NOT coalesce(is_test, false)
    AND NOT coalesce(canceled_at < as_of, status IN terms().canceled_organizations, false);

-- A contract's amount for one month in whole cents, half a cent up: exact, without fractions in between.
CREATE MACRO monthly_cents(amount_cents, interval_months) AS
    (2 * amount_cents + interval_months) // (2 * interval_months);

CREATE MACRO is_running(started_at, ended_at, as_of) AS
    coalesce(started_at < as_of, true) AND coalesce(ended_at >= as_of, true);

-- Contracts that are paid at a moment, by the status that they have now: each once, however often it is written down
-- (rows of an organisation that share the provider's id are one contract; the one that began last stands).
CREATE MACRO contracts(as_of) AS TABLE
WITH running AS NOT MATERIALIZED (
    SELECT *, coalesce(currency, 'usd') AS paid_in, monthly_cents(amount_cents, interval_months) AS mrr_cents
    FROM subscriptions
    WHERE status IN terms().paid_contracts AND is_running(started_at, ended_at, as_of)
        AND organization_id NOT IN (SELECT id FROM organizations WHERE is_test)
)
SELECT organization_id, status, mrr_cents, paid_in FROM running WHERE provider_subscription_id IS NULL
UNION ALL
SELECT organization_id, status, mrr_cents, paid_in FROM running WHERE provider_subscription_id IS NOT NULL
QUALIFY row_number() OVER (
    PARTITION BY organization_id, provider_subscription_id
    ORDER BY started_at DESC NULLS LAST, amount_cents DESC, id
) = 1;

CREATE MACRO organization_mrr(as_of) AS TABLE
SELECT organization_id, CAST(sum(mrr_cents) AS BIGINT) AS mrr_cents
FROM contracts(as_of)
GROUP BY organization_id;

-- The four places where leads are captured, `other` for any other place.
CREATE MACRO source_of(word) AS family_of(replace(replace(word, '-', '_'), ' ', '_'), terms().sources);

-- Texts that others wrote, without what must not leave: addresses, secrets, long ids. Equal faults become equal texts.
CREATE MACRO without_secrets(message) AS
    regexp_replace(
        regexp_replace(
            message,
            '(?i)\b(password|passwd|secret|token|api[_-]?key|authorization)\b(["'' ]*[:=]["'' ]*)'
            '((bearer|basic)\s+)?[^\s,;"'']+',
            '\1\2<secret>', 'g'
        ),
        '(?i)\bbearer\s+[^\s,;"'']+', 'bearer <secret>', 'g'
    );
CREATE MACRO redacted(message) AS
    regexp_replace(
        regexp_replace(
            regexp_replace(
                without_secrets(left(message, 2000)), '[^\s@<>"'']+@[^\s@<>"'']+\.[A-Za-z]{2,}', '<address>', 'g'
            ),
            '\b(sk|pk|rk|ghp|xox[a-z])[-_][A-Za-z0-9_-]{8,}|\b[A-Za-z0-9_-]*[0-9][A-Za-z0-9_-]{19,}', '<id>', 'g'
        ),
        '\+?\(?\d[\d() .-]{5,}\d', '<number>', 'g'
    );
