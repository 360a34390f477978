-- orders-db: written by order-service only. PostgreSQL.
CREATE TABLE orders (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id    bigint NOT NULL, -- a user of user-service; no foreign key reaches into its database
    status     text NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'done')),
    total      numeric(12, 2) NOT NULL CHECK (total >= 0),
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX orders_user_id_created_at_idx ON orders (user_id, created_at DESC);

COMMENT ON TABLE orders IS 'One row for each order.';
