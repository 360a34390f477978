-- products-db: what we sell. Written by product-service only.
-- PostgreSQL 16 or later.

CREATE EXTENSION IF NOT EXISTS pg_trgm;

CREATE TABLE categories (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    parent_id  bigint REFERENCES categories (id),
    slug       text NOT NULL,
    title      text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT categories_slug_key UNIQUE (slug),
    CONSTRAINT categories_parent_is_another CHECK (parent_id <> id)
);
CREATE INDEX categories_parent_id_idx ON categories (parent_id);

COMMENT ON TABLE categories IS 'The tree that customers browse; about 2 000 rows.';
COMMENT ON COLUMN categories.parent_id IS 'Empty for the roots of the tree.';

CREATE TABLE products (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    category_id bigint NOT NULL REFERENCES categories (id),
    sku         text NOT NULL,
    title       text NOT NULL,
    description text NOT NULL DEFAULT '',
    price       numeric(12, 2) NOT NULL,
    currency    text NOT NULL DEFAULT 'EUR',
    status      text NOT NULL DEFAULT 'draft',
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT products_sku_key UNIQUE (sku),
    CONSTRAINT products_price_is_not_negative CHECK (price >= 0),
    CONSTRAINT products_currency_is_iso CHECK (currency ~ '^[A-Z]{3}$'),
    CONSTRAINT products_status_is_known CHECK (status IN ('draft', 'listed', 'retired'))
);
-- A category page: newest first, or cheapest first.
CREATE INDEX products_category_id_created_at_idx ON products (category_id, created_at DESC);
CREATE INDEX products_category_id_price_idx ON products (category_id, price);
-- Search by part of the title; trigrams forgive a typing mistake.
CREATE INDEX products_title_idx ON products USING gin (title gin_trgm_ops);

COMMENT ON TABLE products IS 'The catalogue; about 200 000 rows.';
COMMENT ON COLUMN products.price IS 'Price with tax, in `currency`; numeric, because binary fractions lose cents.';

CREATE TABLE product_images (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    product_id bigint NOT NULL REFERENCES products (id) ON DELETE CASCADE,
    position   integer NOT NULL,
    object_key text NOT NULL,
    alt_text   text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT product_images_product_id_position_key UNIQUE (product_id, position)
);

COMMENT ON TABLE product_images IS 'Which object in product-images belongs to which product.';
COMMENT ON COLUMN product_images.object_key IS 'Hash of the picture: a new picture has a new name, so caches never hold an old one.';

CREATE TABLE stock_movements (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    product_id bigint NOT NULL REFERENCES products (id),
    quantity   integer NOT NULL,
    reason     text NOT NULL,
    event_id   uuid NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT stock_movements_product_id_event_id_key UNIQUE (product_id, event_id),
    CONSTRAINT stock_movements_quantity_is_not_zero CHECK (quantity <> 0),
    CONSTRAINT stock_movements_reason_is_known CHECK (reason IN ('received', 'sold', 'returned', 'counted'))
);
-- Adding up the movements of one product gives its stock, when Redis has to be filled again.
CREATE INDEX stock_movements_product_id_created_at_idx ON stock_movements (product_id, created_at);

COMMENT ON TABLE stock_movements IS 'The ledger of stock. The numbers in Redis can always be computed from it.';
COMMENT ON COLUMN stock_movements.event_id IS 'The event that caused it: an event delivered twice moves stock once.';
