INSERT INTO "user" (username) VALUES ('ada'), ('ben'), ('cleo');
INSERT INTO product (name, description, price) VALUES ('Mouse', 'Grey', 12.50), ('Desk', 'Oak', 99999999.99), ('Pen', '', 0.10);
INSERT INTO profile (first_name, last_name, bio, birthday, avatar, user_id)
    VALUES ('Ada', 'Lovelace', NULL, '1815-12-10', '\x00ff10', 1), (NULL, NULL, 'It''s me', NULL, NULL, 3);
INSERT INTO post (title, body, tags, user_id) VALUES ('One', 'First', '{go,"a, b"}', 1), ('Two', '', '{}', 1), ('Three', 'Third', '{go}', 2);
INSERT INTO "order" (promocode, status, created_at, user_id)
    VALUES ('SPRING', 'paid', '2024-02-29 23:59:59.123456', 1), (NULL, 'pending', '2024-03-01 00:00:00', 2);
INSERT INTO order_product_association (order_id, product_id, count, unit_price)
    VALUES (1, 1, 2, 12.00), (1, 2, 1, 99999999.99), (2, 3, 10, 0.09);
