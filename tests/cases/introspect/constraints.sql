CREATE EXTENSION btree_gist;
CREATE TABLE parent (a int, b int, c text, CONSTRAINT parent_pk PRIMARY KEY (a, b) INCLUDE (c) WITH (fillfactor = 70));
COMMENT ON CONSTRAINT parent_pk ON parent IS 'the key';
COMMENT ON INDEX parent_pk IS 'the index of the key';
ALTER TABLE parent CLUSTER ON parent_pk;
CREATE TABLE child (
    id int PRIMARY KEY DEFERRABLE INITIALLY DEFERRED,
    a int, b int, boss int REFERENCES child (x),
    x int UNIQUE NULLS NOT DISTINCT, y int CHECK (y > 0),
    CONSTRAINT y_even CHECK (y % 2 = 0) NO INHERIT,
    CONSTRAINT child_parent FOREIGN KEY (a, b) REFERENCES parent (a, b) MATCH FULL ON DELETE CASCADE ON UPDATE SET DEFAULT DEFERRABLE,
    CONSTRAINT child_partly FOREIGN KEY (b, a) REFERENCES parent ON DELETE SET NULL (b),
    UNIQUE (a, b) INCLUDE (x) DEFERRABLE
);
ALTER TABLE child ADD CONSTRAINT later CHECK (x < 100) NOT VALID;
ALTER TABLE child ADD CONSTRAINT later_key FOREIGN KEY (x, y) REFERENCES parent NOT VALID;
COMMENT ON CONSTRAINT later ON child IS 'old rows break it';
CREATE TABLE booking (room int, during tsrange, note text, CONSTRAINT no_overlap EXCLUDE USING gist (room WITH =, during WITH &&) WHERE (note <> 'x') DEFERRABLE);
CREATE TABLE referencing (p int);
CREATE TABLE partitioned (id int PRIMARY KEY) PARTITION BY RANGE (id);
CREATE TABLE partitioned_1 PARTITION OF partitioned FOR VALUES FROM (0) TO (10);
ALTER TABLE referencing ADD FOREIGN KEY (p) REFERENCES partitioned;
