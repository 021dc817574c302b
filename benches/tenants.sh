#!/bin/bash
# Migrates many tenant schemas of twenty tables each, with one job and with four in turn, and prints
# seconds, the most memory it took, and how much faster four were. Two processors are shared by
# dbkit and the server; the server does nearly all the work (eight round trips a tenant).
#
#   TENANTS=1000 DBKIT_TEST_POSTGRES=postgres://… benches/tenants.sh
#   RUNS=3 JOBS="1 2 4" …
set -euo pipefail
cd "$(dirname "$0")/.."
dbkit=${DBKIT:-$PWD/target/release/dbkit}
tenants=${TENANTS:-1000}
tables=${TABLES:-20}
runs=${RUNS:-1}
jobs=${JOBS:-1 4}
server=${DBKIT_TEST_POSTGRES:?name a server in DBKIT_TEST_POSTGRES}
work=$(mktemp -d)
name=${DATABASE:-dbkit_bench_tenants_$$}
cleanup() {
    # One transaction cannot hold the locks of all its schemas; dropping the database needs none.
    psql -qc "DROP DATABASE IF EXISTS $name WITH (FORCE)" "$server" >/dev/null
    rm -rf "$work"
}
trap cleanup EXIT
cd "$work"
printf 'dialects = ["postgres"]\n[tenancy]\nmode = "schema"\n' >dbkit.toml
folder=migrations/2026-01-01-000000_first
mkdir -p "$folder"
for table in $(seq "$tables"); do
    echo "CREATE TABLE t$table (id bigint PRIMARY KEY, name text NOT NULL, made_at timestamptz NOT NULL DEFAULT now());"
    echo "CREATE INDEX t${table}_name ON t$table (name);"
done >"$folder/up.sql"
echo "run_in_transaction = true" >"$folder/metadata.toml"

for run in $(seq "$runs"); do
    for n in $jobs; do
        psql -qc "DROP DATABASE IF EXISTS $name WITH (FORCE)" -c "CREATE DATABASE $name" "$server" >/dev/null 2>&1
        url=${server%/*}/$name
        psql -q "$url" >/dev/null <<SQL
CREATE TABLE public.__dbkit_tenants (id text PRIMARY KEY, state text NOT NULL, created_at timestamp NOT NULL DEFAULT now());
INSERT INTO public.__dbkit_tenants SELECT 'n' || n, 'ready' FROM generate_series(1, $tenants) n;
SELECT format('CREATE SCHEMA tenant_n%s', n) FROM generate_series(1, $tenants) n \\gexec
CHECKPOINT;
SQL
        /usr/bin/env time -f "%e %M %U %S" -o "$work/time" \
            "$dbkit" tenant migrate --jobs "$n" --database-url "$url" --quiet >"$work/out" 2>&1 ||
            { tail -5 "$work/out" >&2; exit 1; }
        read -r seconds memory user system <"$work/time"
        done=$(psql -Atc "SELECT count(*) FROM pg_class WHERE relname = 't$tables' AND relkind = 'r'" "$url")
        [ "$done" = "$tenants" ] || { echo "$done of $tenants tenants were migrated" >&2; exit 1; }
        echo "$tenants tenants, $tables tables, $n jobs: $seconds s, $memory KiB, dbkit itself $user + $system s"
        echo "$n $seconds" >>"$work/all"
    done
done
awk '{ if (!($1 in best) || $2 < best[$1]) best[$1] = $2 }
     END { for (n in best) if (n != 1 && 1 in best) printf "%s jobs are %.2f times as fast as one\n", n, best[1] / best[n] }' "$work/all"
