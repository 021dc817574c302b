CREATE TYPE order_state AS ENUM ('open', 'paid');
CREATE TABLE customers (
    id serial PRIMARY KEY,
    email varchar(200) NOT NULL UNIQUE,
    "type" text NOT NULL DEFAULT 'person',
    created_at timestamp NOT NULL DEFAULT now()
);
CREATE TABLE orders (
    id bigserial PRIMARY KEY,
    customer_id integer NOT NULL REFERENCES customers ON DELETE CASCADE,
    state order_state NOT NULL DEFAULT 'open',
    tags text[] NOT NULL DEFAULT '{}',
    note text
);
CREATE INDEX orders_customer ON orders (customer_id, state);
CREATE TABLE order_lines (
    order_id bigint NOT NULL REFERENCES orders,
    position integer NOT NULL,
    cents integer NOT NULL CHECK (cents >= 0),
    PRIMARY KEY (order_id, position)
);
