-- Made by SQLAlchemy and Alembic: what "alembic upgrade head --sql" prints of a shop's models.

CREATE TYPE order_status AS ENUM ('pending', 'paid', 'shipped');

CREATE TABLE "user" (
    id SERIAL NOT NULL,
    username VARCHAR(32) NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (username)
);

CREATE TABLE product (
    id SERIAL NOT NULL,
    name VARCHAR NOT NULL,
    description TEXT NOT NULL,
    price NUMERIC(10, 2) NOT NULL,
    PRIMARY KEY (id)
);

CREATE TABLE "order" (
    id SERIAL NOT NULL,
    promocode VARCHAR,
    status order_status DEFAULT 'pending' NOT NULL,
    created_at TIMESTAMP WITHOUT TIME ZONE DEFAULT now() NOT NULL,
    user_id INTEGER NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY(user_id) REFERENCES "user" (id)
);

CREATE INDEX ix_order_user_id ON "order" (user_id);

CREATE TABLE post (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    title VARCHAR(100) NOT NULL,
    body TEXT DEFAULT '' NOT NULL,
    tags TEXT[] DEFAULT '{}' NOT NULL,
    user_id INTEGER NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY(user_id) REFERENCES "user" (id)
);

CREATE TABLE profile (
    id SERIAL NOT NULL,
    first_name VARCHAR(40),
    last_name VARCHAR(40),
    bio VARCHAR,
    birthday DATE,
    avatar BYTEA,
    user_id INTEGER NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (user_id),
    FOREIGN KEY(user_id) REFERENCES "user" (id)
);

CREATE TABLE order_product_association (
    order_id INTEGER NOT NULL,
    product_id INTEGER NOT NULL,
    count INTEGER DEFAULT 1 NOT NULL,
    unit_price NUMERIC(10, 2) NOT NULL,
    PRIMARY KEY (order_id, product_id),
    FOREIGN KEY(order_id) REFERENCES "order" (id),
    FOREIGN KEY(product_id) REFERENCES product (id)
);

CREATE TABLE product_pair (
    product_id INTEGER NOT NULL,
    pair_id INTEGER NOT NULL,
    note JSONB DEFAULT '{}' NOT NULL,
    PRIMARY KEY (product_id, pair_id),
    FOREIGN KEY(product_id) REFERENCES product (id),
    FOREIGN KEY(pair_id) REFERENCES product (id)
);
