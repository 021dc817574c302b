#!/bin/sh
# Prints a schema file: N tables with ten columns, two indexes and a foreign key each.
#
#   benches/schema.sh 1000 > schema.rs
set -eu
awk -v n="${1:?number of tables}" 'BEGIN {
    print "dbkit::schema! {"
    for (i = 1; i <= n; i++) {
        print  "    #[index(parent_id, created_at)]"
        print  "    #[index(name, unique)]"
        printf "    table thing_%d (id) {\n", i
        print  "        id -> Integer,"
        printf "        #[references(thing_%d.id, on_delete = cascade)]\n", int((i + 1) / 2)
        print  "        parent_id -> Integer,"
        print  "        #[max_length = 80]"
        print  "        name -> Varchar,"
        print  "        #[default = \"\047nobody@example.org\047\"]"
        print  "        email -> Text,"
        print  "        #[default = \"0\"]"
        print  "        #[precision(12, 2)]"
        print  "        amount -> Numeric,"
        print  "        #[default = \"true\"]"
        print  "        active -> Bool,"
        print  "        note -> Nullable<Text>,"
        print  "        weight -> Nullable<Double>,"
        print  "        #[default = \"CURRENT_TIMESTAMP\"]"
        print  "        created_at -> Timestamp,"
        print  "        updated_at -> Nullable<Timestamp>,"
        print  "    }"
        print  ""
    }
    print "}"
}'
