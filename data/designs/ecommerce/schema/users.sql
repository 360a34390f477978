-- users-db: who our users are. Written by user-service only.
-- PostgreSQL 16 or later.

CREATE TABLE users (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    email         text NOT NULL,
    full_name     text NOT NULL,
    password_hash text NOT NULL,
    role_name     text NOT NULL DEFAULT 'customer',
    created_at    timestamptz NOT NULL DEFAULT now(),
    updated_at    timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT users_email_is_lower_case CHECK (email = lower(email)),
    CONSTRAINT users_email_length CHECK (char_length(email) BETWEEN 3 AND 254),
    CONSTRAINT users_full_name_length CHECK (char_length(full_name) BETWEEN 1 AND 200),
    CONSTRAINT users_role_is_known CHECK (role_name IN ('customer', 'support', 'admin'))
);
-- Signing in looks a user up by e-mail address; the same index keeps two accounts from sharing one.
CREATE UNIQUE INDEX users_email_key ON users (email);
-- Support lists the newest accounts first.
CREATE INDEX users_created_at_idx ON users (created_at);

COMMENT ON TABLE users IS 'One row for each account.';
COMMENT ON COLUMN users.email IS 'Lower case; personal data.';
COMMENT ON COLUMN users.password_hash IS 'Argon2id with its own salt; the password itself is never stored or logged.';

CREATE TABLE addresses (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id      bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    recipient    text NOT NULL,
    street       text NOT NULL,
    postal_code  text NOT NULL,
    city         text NOT NULL,
    country_code text NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT addresses_country_code_is_iso CHECK (country_code ~ '^[A-Z]{2}$')
);
-- An account page shows all addresses of one user, and deleting the user must find them.
CREATE INDEX addresses_user_id_idx ON addresses (user_id);

COMMENT ON TABLE addresses IS 'Where a user wants things sent; personal data.';

CREATE TABLE outbox (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_id      uuid NOT NULL DEFAULT gen_random_uuid(),
    event_name    text NOT NULL,
    event_version integer NOT NULL,
    event_key     text NOT NULL,
    payload       jsonb NOT NULL,
    created_at    timestamptz NOT NULL DEFAULT now(),
    published_at  timestamptz
);
-- The relay asks for what is not yet published, oldest first: a handful of rows among millions.
CREATE INDEX outbox_unpublished_idx ON outbox (id) WHERE published_at IS NULL;

COMMENT ON TABLE outbox IS 'Events written in the transaction that caused them; a relay hands them to the broker.';
