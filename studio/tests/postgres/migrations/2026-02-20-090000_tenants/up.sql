CREATE TABLE notes (id integer PRIMARY KEY, tenant_id integer NOT NULL, text text);
INSERT INTO notes VALUES (1, 1, 'of one'), (2, 2, 'of two'), (3, 2, 'of two, too');
ALTER TABLE notes ENABLE ROW LEVEL SECURITY;
ALTER TABLE notes FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON notes USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::integer);
