-- the shop database. everybody uses it. ask Tom before you drop something
CREATE TABLE users (
    id SERIAL PRIMARY KEY,
    email VARCHAR(255),
    password VARCHAR(50),
    name VARCHAR(255),
    address1 VARCHAR(255),
    address2 VARCHAR(255),
    address3 VARCHAR(255),
    is_admin BOOLEAN DEFAULT FALSE,
    session_token VARCHAR(64),
    created TIMESTAMP DEFAULT now()
);

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

CREATE TABLE orders (
    id SERIAL PRIMARY KEY,
    user_id INTEGER REFERENCES users (id),
    status VARCHAR(20), -- new, payed, sent ... see wiki
    total FLOAT,
    created TIMESTAMP DEFAULT now()
);

CREATE TABLE order_items (
    id SERIAL PRIMARY KEY,
    order_id INTEGER REFERENCES orders (id),
    product_id INTEGER REFERENCES products (id),
    quantity INTEGER,
    price FLOAT
);

CREATE TABLE payments (
    id SERIAL PRIMARY KEY,
    order_id INTEGER REFERENCES orders (id),
    amount FLOAT,
    result VARCHAR(50),
    created TIMESTAMP DEFAULT now()
);

CREATE TABLE mails (
    id SERIAL PRIMARY KEY,
    user_id INTEGER,
    subject VARCHAR(255),
    body TEXT,
    sent TIMESTAMP
);
