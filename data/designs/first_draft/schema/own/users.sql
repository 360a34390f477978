-- cut from shop.sql; what pointed into other databases is a number now
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
