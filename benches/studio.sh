#!/bin/bash
# Asks `dbkit studio` for pages of a large table over HTTP, as its page does, on one connection. Prints
# milliseconds (the server's own, from the request to its answer; then what curl waits) and memory.
#
#   ROWS=10000000 DBKIT_TEST_POSTGRES=postgres://… benches/studio.sh
set -euo pipefail
cd "$(dirname "$0")/.."
dbkit=${DBKIT:-$PWD/target/release/dbkit}
rows=${ROWS:-10000000}
runs=${RUNS:-300}
limit=${LIMIT:-100}
server=${DBKIT_TEST_POSTGRES:?name a server in DBKIT_TEST_POSTGRES}
bin=${DBKIT_TEST_POSTGRES_BIN:-$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -1)}
psql() { "${bin:+$bin/}psql" -qX "$@"; }
name=${DATABASE:-dbkit_bench_studio_$$}
work=$(mktemp -d)
studio=
cleanup() {
    [ -z "$studio" ] || kill "$studio" 2>/dev/null || true
    psql -c "DROP DATABASE IF EXISTS $name WITH (FORCE)" "$server" >/dev/null 2>&1
    rm -rf "$work"
}
trap cleanup EXIT
psql -c "DROP DATABASE IF EXISTS $name WITH (FORCE)" -c "CREATE DATABASE $name" "$server" >/dev/null 2>&1
url=${server%/*}/$name
psql "$url" <<SQL
CREATE TABLE events (id bigint PRIMARY KEY, kind integer NOT NULL, body text NOT NULL, at timestamptz NOT NULL);
INSERT INTO events SELECT n, n % 1000, 'event ' || n, timestamptz '2026-01-01' + n * interval '1 second'
FROM generate_series(1::bigint, $rows) n;
CREATE INDEX events_kind ON events (kind, id);
VACUUM ANALYZE events;
SQL

"$dbkit" studio --no-open --database-url "$url" >"$work/url" 2>"$work/err" &
studio=$!
for _ in $(seq 100); do [ -s "$work/url" ] && break; sleep 0.1; done
address=$(sed 's/#.*//; s,/$,,; 1q' "$work/url")
token=$(sed 's/.*token=//; 1q' "$work/url")
headers=(-H "Origin: $address" -H "Content-Type: application/json" -H "Sec-Fetch-Site: same-origin")
curl -sf -c "$work/cookies" "${headers[@]}" -d "{\"token\": \"$token\"}" "$address/api/session" >/dev/null

ask() { # request, body
    curl -sf -b "$work/cookies" "${headers[@]}" -d "$2" "$address/api/$1"
}

memory() { # VmRSS or VmHWM
    awk -v key="$1:" '$1 == key { printf "%.0f MiB", $2 / 1024 }' "/proc/$studio/status"
}

middle() { # median and best of a column of numbers
    sort -n | awk '{ t[NR] = $1 } END { printf "%7.2f (best %.2f)", t[int((NR + 1) / 2)], t[1] }'
}

timed() { # label, body
    ask rows "$2" >"$work/answer"
    curl -sf -b "$work/cookies" "${headers[@]}" -d "$2" -o "$work/page.#1" -w '%{time_total}\n' \
        "$address/api/rows?[1-$runs]" | awk '{ print $1 * 1000 }' >"$work/waited"
    sed -n 's/.*"ms":\([0-9.]*\)}$/\1/p' "$work"/page.* >"$work/served"
    rm "$work"/page.*
    printf '  %-48s server %s ms, curl %s ms\n' "$1" "$(middle <"$work/served")" "$(middle <"$work/waited")"
}

field() { # name: a text field of the last answer
    sed -n "s/.*\"$1\":\"\\([0-9a-f]*\\)\".*/\\1/p" "$work/answer"
}

table='"table": {"name": "events"}'
echo "studio, $rows rows, pages of $limit"
timed "first page" "{$table, \"limit\": $limit}"
timed "next page" "{$table, \"limit\": $limit, \"cursor\": \"$(field next)\"}"
deep=$((rows - rows / 100))
timed "page from row $deep" "{$table, \"limit\": $limit, \"jump\": [\"$deep\"]}"
timed "the page behind it" "{$table, \"limit\": $limit, \"cursor\": \"$(field next)\"}"
timed "last page" "{$table, \"limit\": $limit, \"last\": true}"
order='"order": [{"column": "kind"}]'
timed "sorted by another column, page from its middle" "{$table, $order, \"limit\": $limit, \"jump\": [\"500\"]}"
timed "the page behind it" "{$table, $order, \"limit\": $limit, \"cursor\": \"$(field next)\"}"
echo "  resident memory after the pages: $(memory VmRSS)"
exported=$((rows < 1000000 ? rows : 1000000))
filter="\"filter\": {\"column\": \"id\", \"op\": \"<=\", \"value\": \"$exported\"}"
for format in csv json; do
    start=${EPOCHREALTIME/[.,]/}
    ask export "{$table, $filter, \"format\": \"$format\"}" | wc -c >"$work/bytes"
    end=${EPOCHREALTIME/[.,]/}
    awk -v n="$exported" -v f="$format" -v t=$((end - start)) -v b="$(cat "$work/bytes")" \
        'BEGIN { printf "  export of %d rows as %s: %.2f s, %.0f MiB\n", n, f, t / 1e6, b / 1048576 }'
done
echo "  greatest resident memory: $(memory VmHWM)"
