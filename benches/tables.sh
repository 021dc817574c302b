#!/bin/sh
# Prints the SQL of a schema: N tables with ten columns, two indexes and a foreign key each. The
# same text runs on PostgreSQL and SQLite.
#
#   benches/tables.sh 1000
set -eu
awk -v n="${1:?number of tables}" 'BEGIN {
    for (i = 1; i <= n; i++) {
        printf "CREATE TABLE thing_%d (\n", i
        print  "    id integer NOT NULL,"
        printf "    parent_id integer NOT NULL,\n"
        print  "    name varchar(80) NOT NULL,"
        print  "    email text NOT NULL DEFAULT \047nobody@example.org\047,"
        print  "    amount numeric(12, 2) NOT NULL DEFAULT 0,"
        print  "    active boolean NOT NULL DEFAULT true,"
        print  "    note text,"
        print  "    weight double precision,"
        print  "    created_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,"
        print  "    updated_at timestamp,"
        printf "    CONSTRAINT thing_%d_pkey PRIMARY KEY (id),\n", i
        printf "    CONSTRAINT thing_%d_parent_id_fkey FOREIGN KEY (parent_id) REFERENCES thing_%d (id) ON DELETE CASCADE\n", i, int((i + 1) / 2)
        print  ");"
        printf "CREATE INDEX thing_%d_parent_id_idx ON thing_%d (parent_id, created_at);\n", i, i
        printf "CREATE UNIQUE INDEX thing_%d_name_idx ON thing_%d (name);\n", i, i
    }
}'
