CREATE TABLE exact (
    id bigint PRIMARY KEY,
    big numeric(40, 10),
    stamp timestamp,
    day date,
    clock time,
    span interval,
    code uuid,
    raw bytea,
    tags integer[],
    period int4range,
    document json,
    words text,
    short varchar(5),
    doubled bigint GENERATED ALWAYS AS (id) STORED
);
INSERT INTO exact (id, big, stamp, day, clock, span, code, raw, tags, period, document, words, short) VALUES
    (9007199254740993, 12345678901234567890.1200000000, '2026-02-10 10:11:12.123456', '0044-03-15 BC', '23:59:59.999999', '1 year 2 mons 03:04:05.000006', '0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9', '\x00ff68656c6c6f', '{1,NULL,3}', '[1,10)', '{"n": 12345678901234567890, "a":  [1, {"b": null}]}', E'line one\nline two — ünïcødé 🦀', 'abcde'),
    (-9223372036854775808, NULL, NULL, NULL, NULL, NULL, NULL, '\x', '{}', 'empty', 'null', '', NULL),
    (3, 0.1000000000, 'infinity', 'infinity', '00:00', '0', NULL, NULL, NULL, NULL, NULL, NULL, NULL);

CREATE TABLE "we""ird; --" ("col""umn" integer PRIMARY KEY, "naïve ключ" text, "select" text DEFAULT 'x');
INSERT INTO "we""ird; --" VALUES (1, 'quoted "value"; --', NULL), (2, 'два', 'y');

CREATE TABLE log (at timestamp, line text);
INSERT INTO log VALUES ('2026-01-01', 'no key here'), ('2026-01-02', NULL);

CREATE TABLE nothing (id integer PRIMARY KEY, text text);

CREATE VIEW paid_orders AS SELECT o.id, c.email FROM orders o JOIN customers c ON c.id = o.customer_id WHERE o.state = 'paid';

CREATE SCHEMA "other place";
CREATE TABLE "other place".customers (id integer PRIMARY KEY, remark text);
INSERT INTO "other place".customers VALUES (1, 'another table of that name');
