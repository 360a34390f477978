-- cut from shop.sql; what pointed into other databases is a number now
CREATE TABLE payments (
    id SERIAL PRIMARY KEY,
    order_id INTEGER,
    amount FLOAT,
    result VARCHAR(50),
    created TIMESTAMP DEFAULT now()
);
