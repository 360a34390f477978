-- orders-db: carts and orders. Written by order-service only.
-- PostgreSQL 16 or later. user_id and product_id are ids of other services: they have no foreign key, because
-- no constraint reaches into another service's database.

CREATE TABLE carts (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id    bigint NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT carts_user_id_key UNIQUE (user_id)
);
-- Carts that nobody touched for 14 days are removed at night.
CREATE INDEX carts_updated_at_idx ON carts (updated_at);

COMMENT ON TABLE carts IS 'At most one open cart a user.';

CREATE TABLE cart_items (
    cart_id    bigint NOT NULL REFERENCES carts (id) ON DELETE CASCADE,
    product_id bigint NOT NULL,
    quantity   integer NOT NULL,
    added_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (cart_id, product_id),
    CONSTRAINT cart_items_quantity_range CHECK (quantity BETWEEN 1 AND 99)
);

COMMENT ON TABLE cart_items IS 'What lies in a cart. No price: it is asked for when the order is placed.';

CREATE TABLE orders (
    id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id          bigint NOT NULL,
    status           text NOT NULL DEFAULT 'pending',
    total            numeric(12, 2) NOT NULL,
    currency         text NOT NULL DEFAULT 'EUR',
    shipping_address jsonb NOT NULL,
    created_at       timestamptz NOT NULL DEFAULT now(),
    updated_at       timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT orders_total_is_not_negative CHECK (total >= 0),
    CONSTRAINT orders_currency_is_iso CHECK (currency ~ '^[A-Z]{3}$'),
    CONSTRAINT orders_status_is_known
        CHECK (status IN ('pending', 'paid', 'shipped', 'delivered', 'cancelled', 'refunded'))
);
-- "My open orders", and "my orders, newest first".
CREATE INDEX orders_user_id_status_idx ON orders (user_id, status);
CREATE INDEX orders_user_id_created_at_idx ON orders (user_id, created_at DESC);
-- The warehouse asks for what waits to be shipped, oldest first: few rows, so a small partial index.
CREATE INDEX orders_to_ship_idx ON orders (created_at) WHERE status = 'paid';

COMMENT ON TABLE orders IS 'One row for each order.';
COMMENT ON COLUMN orders.shipping_address IS 'Copied from the user when the order is placed: moving house must not change an old order.';

CREATE TABLE order_items (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    order_id      bigint NOT NULL REFERENCES orders (id) ON DELETE CASCADE,
    product_id    bigint NOT NULL,
    product_title text NOT NULL,
    quantity      integer NOT NULL,
    unit_price    numeric(12, 2) NOT NULL,
    CONSTRAINT order_items_quantity_range CHECK (quantity BETWEEN 1 AND 99),
    CONSTRAINT order_items_unit_price_is_not_negative CHECK (unit_price >= 0)
);
-- The lines of one order, and of a page of orders (order_id = ANY (...)).
CREATE INDEX order_items_order_id_idx ON order_items (order_id);

COMMENT ON TABLE order_items IS 'The lines of an order.';
COMMENT ON COLUMN order_items.unit_price IS 'The price on the day of the order; a later change of price does not touch it.';

CREATE TABLE idempotency_keys (
    idempotency_key text NOT NULL,
    user_id         bigint NOT NULL,
    order_id        bigint REFERENCES orders (id) ON DELETE CASCADE,
    request_hash    text NOT NULL,
    created_at      timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, idempotency_key)
);
CREATE INDEX idempotency_keys_order_id_idx ON idempotency_keys (order_id);
CREATE INDEX idempotency_keys_created_at_idx ON idempotency_keys (created_at);

COMMENT ON TABLE idempotency_keys IS 'A repeated POST finds the order that the first one placed. Kept for two days.';
COMMENT ON COLUMN idempotency_keys.request_hash IS 'The same key with another body is refused.';

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
