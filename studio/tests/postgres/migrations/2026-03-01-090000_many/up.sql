CREATE SCHEMA many;
DO $$
BEGIN
    FOR n IN 1..400 LOOP
        EXECUTE format('CREATE TABLE many.%I (id integer PRIMARY KEY, value text, parent integer REFERENCES many.%I)',
            'table_' || lpad(n::text, 3, '0'), 'table_' || lpad((1 + n * 31 % least(n, 60))::text, 3, '0'));
    END LOOP;
    EXECUTE 'CREATE TABLE many.wide (id integer PRIMARY KEY, ' || (SELECT string_agg('column_' || n || ' integer DEFAULT ' || n, ', ') FROM generate_series(1, 120) AS n) || ')';
    EXECUTE 'INSERT INTO many.wide (id) SELECT generate_series(1, 300)';
END $$;
