-- cut from shop.sql; what pointed into other databases is a number now
CREATE TABLE mails (
    id SERIAL PRIMARY KEY,
    user_id INTEGER,
    subject VARCHAR(255),
    body TEXT,
    sent TIMESTAMP
);
