#!/bin/bash
# Times `dbkit seed` making rows against `psql \copy` and sqlite3's `.import` of a ready CSV file
# with the same rows, into the same tables: eight typed columns, a primary key, a foreign key, an
# index. All in one run, so that ratios mean something.
#
#   DBKIT_TEST_POSTGRES=postgres://… benches/seed.sh            1,000,000 rows, best of 3
#   ROWS=100000 RUNS=1 benches/seed.sh                          smaller
set -euo pipefail
cd "$(dirname "$0")/.."
dbkit=${DBKIT:-$PWD/target/release/dbkit}
server=${DBKIT_TEST_POSTGRES:?names a server}
rows=${ROWS:-1000000}
runs=${RUNS:-3}
bin=${DBKIT_TEST_POSTGRES_BIN:-$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -1)}
bin=${bin:+$bin/}
work=$(mktemp -d)
name=dbkit_bench_seed_$$
psql() { "${bin}psql" -qX "$@"; }
cleanup() {
    psql -c "DROP DATABASE IF EXISTS $name WITH (FORCE)" "$server" >/dev/null
    rm -rf "$work"
}
trap cleanup EXIT
cd "$work"
psql -c "CREATE DATABASE $name" "$server"
url=${server%/*}/$name

parent="CREATE TABLE parent (id integer PRIMARY KEY, name text NOT NULL);
INSERT INTO parent WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
SELECT i, 'parent ' || i FROM n;"
table() { # bigint or integer, boolean…
    echo "CREATE TABLE item (id $1 PRIMARY KEY, parent_id integer NOT NULL REFERENCES parent (id),
        title varchar(40) NOT NULL, body text NOT NULL, rating smallint NOT NULL,
        price numeric(8, 2) NOT NULL, active boolean NOT NULL, created_at timestamp NOT NULL);
        CREATE INDEX item_parent ON item (parent_id, created_at);"
}
mkdir -p seeds/common

best() { # prepare, command: best milliseconds of the command
    local least= start end
    for _ in $(seq "$runs"); do
        eval "$1"
        start=${EPOCHREALTIME/[.,]/}
        eval "$2" >out 2>err || { cat err >&2; exit 1; }
        end=${EPOCHREALTIME/[.,]/}
        if [ -z "$least" ] || [ $((end - start)) -lt "$least" ]; then least=$((end - start)); fi
    done
    awk -v t="$least" 'BEGIN { printf "%.0f", t / 1000 }'
}
line() { # what, ms, peer, ms
    awk -v a="$1" -v x="$2" -v b="$3" -v y="$4" -v n="$rows" \
        'BEGIN { printf "%-9s dbkit %6d ms (%7d rows/s)   %s %6d ms   %.2f times its speed\n", a, x, n / x * 1000, b, y, y / x }'
}

psql -c "$parent" -c "$(table bigint)" "$url"
fresh='psql -c "DROP TABLE IF EXISTS item" -c "$(table bigint)" -c "CHECKPOINT" "$url"'
seed='"$dbkit" seed --rows "item=$rows" --seed 42 --database-url "$url"'
ours=$(best "$fresh" "$seed")
psql -c "\\copy (SELECT * FROM item ORDER BY id) TO 'item.csv' WITH (FORMAT csv)" "$url"
theirs=$(best "$fresh" 'psql -c "\\copy item FROM item.csv WITH (FORMAT csv)" "$url"')
line PostgreSQL "$ours" 'psql \copy' "$theirs"
# Measured with drizzle-seed on such a table; DRIZZLE says what it is on this machine.
awk -v x="$ours" -v n="$rows" -v d="${DRIZZLE:-6300}" \
    'BEGIN { printf "PostgreSQL %.0f times drizzle-seed (%d rows/s)\n", n / x * 1000 / d, d }'

sqlite3 base.db "$parent $(table integer)"
ours=$(best 'rm -f x.db; cp base.db x.db' '"$dbkit" seed --rows "item=$rows" --seed 42 --database-url sqlite://x.db')
sqlite3 -csv x.db "SELECT * FROM item ORDER BY id" >item.csv
theirs=$(best 'rm -f y.db; cp base.db y.db' 'sqlite3 y.db "PRAGMA foreign_keys = ON" ".mode csv" ".import item.csv item"')
line SQLite "$ours" .import "$theirs"
if /usr/bin/time -f %M true 2>/dev/null; then
    for n in $((rows / 10)) "$rows"; do
        eval "$fresh"
        /usr/bin/time -o rss -f %M "$dbkit" seed --rows "item=$n" --database-url "$url" >/dev/null 2>&1
        echo "memory at $n rows: $(awk 'END { printf "%.0f", $1 / 1024 }' rss) MiB"
    done
fi
