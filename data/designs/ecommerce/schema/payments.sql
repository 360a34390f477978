-- payments-db: who paid what. Written by payment-service only.
-- PostgreSQL 16 or later. Card numbers never reach us: the bank's form gives the browser a token, we see the token.

CREATE TABLE payments (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    order_id       bigint NOT NULL,
    user_id        bigint NOT NULL,
    amount         numeric(12, 2) NOT NULL,
    currency       text NOT NULL DEFAULT 'EUR',
    status         text NOT NULL DEFAULT 'pending',
    bank_reference text,
    created_at     timestamptz NOT NULL DEFAULT now(),
    updated_at     timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT payments_amount_is_positive CHECK (amount > 0),
    CONSTRAINT payments_currency_is_iso CHECK (currency ~ '^[A-Z]{3}$'),
    CONSTRAINT payments_status_is_known
        CHECK (status IN ('pending', 'authorised', 'captured', 'declined', 'refunded'))
);
CREATE INDEX payments_order_id_idx ON payments (order_id);
CREATE INDEX payments_user_id_created_at_idx ON payments (user_id, created_at DESC);
-- Each night the bank's statement is held against ours, line by line.
CREATE UNIQUE INDEX payments_bank_reference_key ON payments (bank_reference) WHERE bank_reference IS NOT NULL;
-- Payments whose answer never came: a job asks the bank about them every minute.
CREATE INDEX payments_pending_idx ON payments (created_at) WHERE status = 'pending';

COMMENT ON TABLE payments IS 'One row for each attempt to pay.';
COMMENT ON COLUMN payments.bank_reference IS 'The bank''s number for it; empty until the bank has answered.';

CREATE TABLE refunds (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    payment_id bigint NOT NULL REFERENCES payments (id),
    amount     numeric(12, 2) NOT NULL,
    reason     text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT refunds_amount_is_positive CHECK (amount > 0)
);
CREATE INDEX refunds_payment_id_idx ON refunds (payment_id);

COMMENT ON TABLE refunds IS 'Money given back, whole or in part.';

CREATE TABLE idempotency_keys (
    idempotency_key text PRIMARY KEY,
    payment_id      bigint REFERENCES payments (id),
    request_hash    text NOT NULL,
    created_at      timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX idempotency_keys_payment_id_idx ON idempotency_keys (payment_id);
CREATE INDEX idempotency_keys_created_at_idx ON idempotency_keys (created_at);

COMMENT ON TABLE idempotency_keys IS 'A repeated request finds the payment that the first one made: nobody is charged twice.';

CREATE TABLE handled_events (
    event_id   uuid PRIMARY KEY,
    handled_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX handled_events_handled_at_idx ON handled_events (handled_at);

COMMENT ON TABLE handled_events IS 'An event that is delivered twice is found here and acts once.';

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
