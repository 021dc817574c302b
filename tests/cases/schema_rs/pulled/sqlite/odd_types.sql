CREATE TABLE spelled (
    id INTEGER PRIMARY KEY, none, zero CHAR(0), sized VARCHAR(255), text_sized TEXT(20), big UNSIGNED BIG INT,
    exact DOUBLE PRECISION, money DECIMAL(10, 5), flag TINYINT(1), bits BIT(1), long LONG VARCHAR,
    huge VARCHAR(99999999999), signed NUMERIC(10, -2), "quoted" "double precision", other "my type"(1, 2), at TIMESTAMP(6),
    width INTEGER(11), country NCHAR(2), shape GEOMETRY, stamp TIMESTAMP WITH TIME ZONE, "json" JSON, "jsonb" JSONB);
CREATE TABLE lone_int (id INT PRIMARY KEY);
CREATE TABLE lone_desc (id INTEGER PRIMARY KEY DESC);
CREATE TABLE quoted_integer (id "INTEGER" PRIMARY KEY);
CREATE TABLE keyless (a, b);
CREATE TABLE shadowed (rowid TEXT, oid TEXT, _rowid_ TEXT);
