#!/bin/bash
# Migrates many tenant schemas of twenty tables each, with one job and with four, and prints seconds
# and the most memory it took.
#
#   TENANTS=1000 DBKIT_TEST_POSTGRES=postgres://… benches/tenants.sh
set -euo pipefail
cd "$(dirname "$0")/.."
dbkit=${DBKIT:-$PWD/target/release/dbkit}
tenants=${TENANTS:-1000}
tables=${TABLES:-20}
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

for jobs in 1 4; do
    psql -qc "DROP DATABASE IF EXISTS $name WITH (FORCE)" -c "CREATE DATABASE $name" "$server" >/dev/null 2>&1
    url=${server%/*}/$name
    psql -q "$url" >/dev/null <<SQL
CREATE TABLE public.__dbkit_tenants (id text PRIMARY KEY, state text NOT NULL, created_at timestamp NOT NULL DEFAULT now());
INSERT INTO public.__dbkit_tenants SELECT 'n' || n, 'ready' FROM generate_series(1, $tenants) n;
SELECT format('CREATE SCHEMA tenant_n%s', n) FROM generate_series(1, $tenants) n \gexec
SQL
    /usr/bin/env time -f "$tenants tenants, $tables tables, $jobs jobs: %e s, %M KiB" \
        "$dbkit" tenant migrate --jobs "$jobs" --database-url "$url" --quiet 2>&1 >/dev/null | tail -1
done
