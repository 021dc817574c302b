#!/bin/bash
# Times dbkit against its peers, all in one run, so that ratios mean something. Needs a release
# build and a server (`make bench` sees to both).
#
#   benches/run.sh            every measurement
#   RUNS=51 benches/run.sh    more repetitions
set -euo pipefail
cd "$(dirname "$0")/.."

dbkit=$PWD/target/release/dbkit
diesel=$PWD/target/tools/bin/diesel
runs=${RUNS:-21}
server=${DBKIT_TEST_POSTGRES:?start with make bench, or name a server in DBKIT_TEST_POSTGRES}
psql=${DBKIT_TEST_POSTGRES_BIN:+$DBKIT_TEST_POSTGRES_BIN/}psql
work=$(mktemp -d)
database=dbkit_bench_$$
url=${server%/*}/$database
trap 'rm -rf "$work"; "$psql" -q "$server" -c "DROP DATABASE IF EXISTS $database" >/dev/null' EXIT

# Median milliseconds of a command; its output is thrown away.
median() {
    local times=() start end
    "$@" >/dev/null 2>&1 || true
    for _ in $(seq "$runs"); do
        start=$(date +%s%N)
        "$@" >/dev/null 2>&1 || true
        end=$(date +%s%N)
        times+=($(((end - start) / 1000)))
    done
    printf '%s\n' "${times[@]}" | sort -n | sed -n "$(((runs + 1) / 2))p" |
        awk '{ printf "%.2f", $1 / 1000 }'
}

# name, limit as a factor of the base (or - for none), base milliseconds, command…
row() {
    local name=$1 base=$2 time
    shift 2
    time=$(median "$@")
    if [ -n "$base" ]; then
        awk -v n="$name" -v t="$time" -v b="$base" 'BEGIN { printf "%-44s %9.2f ms  %6.2fx\n", n, t, t / b }'
    else
        printf '%-44s %9.2f ms\n' "$name" "$time"
    fi
}

echo "start-up (median of $runs)"
row "true" "" true
row "dbkit --version" "" "$dbkit" --version
[ -x "$diesel" ] && row "diesel --version (debug build)" "" "$diesel" --version

echo "status with nothing to do, PostgreSQL"
"$psql" -q "$server" -c "CREATE DATABASE $database"
mkdir -p "$work/migrations/2026-01-01-000000_first"
echo "CREATE TABLE first (id integer PRIMARY KEY);" >"$work/migrations/2026-01-01-000000_first/up.sql"
echo "DROP TABLE first;" >"$work/migrations/2026-01-01-000000_first/down.sql"
"$dbkit" migrate --database-url "$url" --migration-dir "$work/migrations" >/dev/null 2>&1
ledger="SELECT version, run_on FROM __diesel_schema_migrations ORDER BY version"
base=$(median "$psql" "$url" -c "$ledger")
printf '%-44s %9.2f ms  %6.2fx\n' "psql -c 'SELECT … ledger'" "$base" 1
row "dbkit status" "$base" "$dbkit" status --database-url "$url" --migration-dir "$work/migrations"
[ -x "$diesel" ] && row "diesel migration list (debug build)" "$base" \
    "$diesel" migration list --database-url "$url" --migration-dir "$work/migrations"
