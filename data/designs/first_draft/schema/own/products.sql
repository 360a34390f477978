-- cut from shop.sql; what pointed into other databases is a number now
CREATE TABLE products (
    id SERIAL PRIMARY KEY,
    category VARCHAR(100),
    name VARCHAR(255),
    description TEXT,
    price FLOAT,
    stock INTEGER,
    tags VARCHAR(500), -- comma separated
    created TIMESTAMP DEFAULT now()
);

CREATE TABLE images (
    id SERIAL PRIMARY KEY,
    product_id INTEGER REFERENCES products (id),
    data BYTEA
);
