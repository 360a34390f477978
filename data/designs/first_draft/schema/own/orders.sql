-- cut from shop.sql; what pointed into other databases is a number now
CREATE TABLE orders (
    id SERIAL PRIMARY KEY,
    user_id INTEGER,
    status VARCHAR(20), -- new, payed, sent ... see wiki
    total FLOAT,
    created TIMESTAMP DEFAULT now()
);

CREATE TABLE order_items (
    id SERIAL PRIMARY KEY,
    order_id INTEGER REFERENCES orders (id),
    product_id INTEGER,
    quantity INTEGER,
    price FLOAT
);
