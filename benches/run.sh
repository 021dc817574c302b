#!/bin/bash
# Times dbkit against its peers, all in one run, so that ratios mean something. `make bench` builds
# the binary and starts a server.
#
#   benches/run.sh                   everything
#   benches/run.sh start status      some of it: start status pull generate push migrate rebuild inspect studio
#   TABLES=200 RUNS=3 benches/run.sh   smaller
#
# TABLES is the size of the schema; everything that must be linear is measured at five times that
# size too. RUNS is how often quick things are timed; the best time counts, because whatever else
# the machine does only ever adds to it. DBKIT names another binary.
set -euo pipefail
cd "$(dirname "$0")/.."
benches=$PWD/benches

dbkit=${DBKIT:-$PWD/target/release/dbkit}
diesel=${DBKIT_TEST_DIESEL:-$PWD/target/tools/bin/diesel}
tables=${TABLES:-1000}
runs=${RUNS:-21}
server=${DBKIT_TEST_POSTGRES:?start with make bench, or name a server in DBKIT_TEST_POSTGRES}
# Debian's `psql` in the path is a Perl script that looks for the real one.
bin=${DBKIT_TEST_POSTGRES_BIN:-$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -1)}
bin=${bin:+$bin/}
work=$(mktemp -d)
prefix=dbkit_bench_$$
made=()
cleanup() {
    for name in "${made[@]}"; do psql -c "DROP DATABASE IF EXISTS $name" "$server" >/dev/null; done
    rm -rf "$work"
}
trap cleanup EXIT
cd "$work"

psql() { "${bin}psql" -qX "$@"; }

database() { # name: makes an empty database, sets $url
    local name=${prefix}_$1
    psql -c "CREATE DATABASE $name" "$server"
    made+=("$name")
    url=${server%/*}/$name
}

# Best milliseconds of a command. Its output is thrown away; its failure is not.
best() { # runs, command…
    local n=$1 start end least=
    shift
    for _ in $(seq "$n"); do
        start=${EPOCHREALTIME/[.,]/}
        "$@" >"$work/out" 2>"$work/err" || { cat "$work/err" >&2; echo "failed: $*" >&2; exit 1; }
        end=${EPOCHREALTIME/[.,]/}
        if [ -z "$least" ] || [ $((end - start)) -lt "$least" ]; then least=$((end - start)); fi
    done
    awk -v t="$least" 'BEGIN { printf "%.2f", t / 1000 }'
}

# Greatest resident memory of a command in MiB; - where nothing can measure it.
memory() {
    if /usr/bin/time -f %M true >/dev/null 2>&1; then
        /usr/bin/time -o "$work/rss" -f %M "$@" >/dev/null 2>&1 || true
        awk 'END { printf "%.0f", $1 / 1024 }' "$work/rss"
    else
        echo -
    fi
}

line() { # name, milliseconds, base milliseconds or nothing, MiB or nothing
    awk -v n="$1" -v t="$2" -v b="${3:-}" -v m="${4:-}" 'BEGIN {
        printf "  %-46s %10.1f ms", n, t
        printf "%9s", b == "" ? "" : sprintf("%.2fx", t / b)
        printf "%10s\n", m == "" ? "" : m " MiB"
    }'
}

have_diesel() { [ -x "$diesel" ]; }

start() {
    echo "start-up"
    local base
    base=$(best "$runs" /bin/true)
    line "/bin/true" "$base"
    line "dbkit --version" "$(best "$runs" "$dbkit" --version)"
    if have_diesel; then line "diesel --version" "$(best "$runs" "$diesel" --version)"; fi
}

status() {
    echo "status, nothing to do (base: psql reads the ledger)"
    database status
    local dir=$work/status base
    mkdir -p "$dir/2026-01-01-000000_first"
    echo "CREATE TABLE first (id integer PRIMARY KEY);" >"$dir/2026-01-01-000000_first/up.sql"
    echo "DROP TABLE first;" >"$dir/2026-01-01-000000_first/down.sql"
    "$dbkit" migrate --database-url "$url" --migration-dir "$dir" >/dev/null 2>&1
    base=$(best "$runs" "${bin}psql" -X "$url" -c "SELECT * FROM __diesel_schema_migrations")
    line "psql" "$base" "$base"
    line "dbkit status" "$(best "$runs" "$dbkit" status --database-url "$url" --migration-dir "$dir")" "$base"
    if have_diesel; then
        line "diesel migration list" \
            "$(best "$runs" "$diesel" migration list --database-url "$url" --migration-dir "$dir")" "$base"
    fi
}

# A database of that many tables: sets $url.
filled() {
    database "t$1"
    # In stretches, because a transaction holds a lock on everything it makes.
    "$benches/tables.sh" "$1" >"$work/tables_$1.sql"
    psql -f "$work/tables_$1.sql" "$url"
    psql -c ANALYZE "$url"
}

pull() {
    local n base url
    for n in "$tables" $((tables * 5)); do
        echo "pull of $n tables (base: psql runs eight raw catalogue queries)"
        filled "$n"
        base=$(best 5 "${bin}psql" -X -f "$benches/catalogue.sql" "$url")
        line "psql" "$base" "$base"
        line "dbkit pull" "$(best 5 "$dbkit" pull --database-url "$url" --schema "pg_$n.rs")" "$base" \
            "$(memory "$dbkit" pull --database-url "$url" --schema "pg_$n.rs")"
        line "pg_dump -s" "$(best 2 "${bin}pg_dump" -s "$url")" "$base"
        if have_diesel && [ "$n" -le 200 ]; then
            line "diesel print-schema" "$(best 1 "$diesel" print-schema --database-url "$url")" "$base"
        fi
    done
    for n in "$tables" $((tables * 5)); do
        echo "pull of $n tables, SQLite"
        sqlite "$n"
        line "dbkit pull" "$(best 5 "$dbkit" pull --database-url "$work/$n.db" --schema "lite_$n.rs")" "" \
            "$(memory "$dbkit" pull --database-url "$work/$n.db" --schema "lite_$n.rs")"
    done
}

# A SQLite file of that many tables, made by a migration.
sqlite() {
    local dir=$work/lite_$1
    mkdir -p "$dir/2026-01-01-000000_tables"
    "$benches/tables.sh" "$1" >"$dir/2026-01-01-000000_tables/up.sql"
    "$dbkit" migrate --database-url "$work/$1.db" --migration-dir "$dir" >/dev/null 2>&1
}

generate() {
    local n dir
    for n in "$tables" $((tables * 5)); do
        echo "generate with one change among $n tables"
        dir=$work/generate_$n
        "$benches/schema.sh" "$n" >"$work/schema_$n.rs"
        "$dbkit" generate first --schema "$work/schema_$n.rs" --migration-dir "$dir" >/dev/null 2>&1
        sed 's/^        note -> Nullable<Text>,$/&\n        added -> Nullable<Text>,/;T;:a;n;ba' \
            "$work/schema_$n.rs" >"$work/changed_$n.rs"
        set -- "$dbkit" generate --dry-run --schema "$work/changed_$n.rs" --migration-dir "$dir"
        line "dbkit generate" "$(best 5 "$@")" "" "$(memory "$@")"
        grep -q added "$work/out" || { echo "generate found no change" >&2; exit 1; }
    done
    echo "generate after 1000 migrations"
    dir=$work/history
    echo "dbkit::schema! {}" >"$work/history.rs"
    for _ in $(seq 1000); do
        "$dbkit" generate --custom step --schema "$work/history.rs" --migration-dir "$dir" >/dev/null 2>&1
    done
    set -- "$dbkit" generate --check --schema "$work/history.rs" --migration-dir "$dir"
    line "dbkit generate --check" "$(best 5 "$@")" "" "$(memory "$@")"
}

push() {
    echo "push, nothing to do, $tables tables"
    database push
    "$benches/schema.sh" "$tables" >"$work/push.rs"
    set -- "$dbkit" push --yes --schema "$work/push.rs" --database-url "$url"
    line "dbkit push, all tables new" "$(best 1 "$@")"
    line "dbkit push, nothing to do" "$(best 3 "$@")" "" "$(memory "$@")"
}

migrate() {
    local dir=$work/many at folder one
    for at in $(seq 0 999); do
        folder=$dir/$(printf '2026-01-%02d-%02d%02d00_step' $((at / 50 + 1)) $((at % 50 / 10)) $((at % 10)))
        mkdir -p "$folder"
        echo "CREATE TABLE step_$at (id integer PRIMARY KEY);" >"$folder/up.sql"
        echo "DROP TABLE step_$at;" >"$folder/down.sql"
    done
    echo "migrate, 1000 small migrations (base: psql, a connection, a transaction for each file)"
    local base script=$work/many.sql
    for folder in "$dir"/*; do echo "\\i $folder/up.sql"; done >"$script"
    database psql
    base=$(best 1 "${bin}psql" -qX -v ON_ERROR_STOP=1 -f "$script" "$url")
    line "psql" "$base" "$base"
    for folder in "$dir"/*; do echo "BEGIN; \\i $folder/up.sql"; echo "COMMIT;"; done >"$script"
    database psql_begin
    line "psql, BEGIN and COMMIT" "$(best 1 "${bin}psql" -qX -v ON_ERROR_STOP=1 -f "$script" "$url")" "$base"
    database each
    mkdir -p "$work/each"
    echo 'commit_wait = "each"' >"$work/each/dbkit.toml"
    line "dbkit, commit_wait = \"each\"" "$(best 1 "$dbkit" migrate --config-file "$work/each/dbkit.toml" \
        --database-url "$url" --migration-dir "$dir")" "$base"
    if have_diesel; then
        database diesel
        if "$diesel" migration list --database-url "$url" --migration-dir "$dir" >/dev/null 2>&1; then
            line "diesel" "$(best 1 "$diesel" migration run --database-url "$url" --migration-dir "$dir")" "$base"
        fi
    fi
    database many
    line "dbkit" "$(best 1 "$dbkit" migrate --database-url "$url" --migration-dir "$dir")" "$base"
    line "PostgreSQL, nothing to do" "$(best 3 "$dbkit" migrate --database-url "$url" --migration-dir "$dir")"
    line "SQLite" "$(best 1 "$dbkit" migrate --database-url "$work/many.db" --migration-dir "$dir")"
    if have_diesel; then
        line "diesel, SQLite" \
            "$(best 1 "$diesel" migration run --database-url "$work/diesel.db" --migration-dir "$dir")"
    fi
    echo "migrate, up.sql of 100 MB"
    one=$work/large/2026-01-01-000000_rows
    mkdir -p "$one"
    awk 'BEGIN {
        print "CREATE TABLE bulk (id integer PRIMARY KEY, text text NOT NULL);"
        for (i = 1; i <= 50000; i++) printf "INSERT INTO bulk VALUES (%d, \047%02000d\047);\n", i, i
    }' >"$one/up.sql"
    echo "DROP TABLE bulk;" >"$one/down.sql"
    line "SQLite" "$(best 1 "$dbkit" migrate --database-url "$work/large.db" --migration-dir "$work/large")" "" \
        "$(memory "$dbkit" migrate --database-url "$work/large2.db" --migration-dir "$work/large")"
    database large
    line "PostgreSQL" "$(best 1 "$dbkit" migrate --database-url "$url" --migration-dir "$work/large")"
}

# A million rows with two indexes and a parent: a column's type changes, so the table is rebuilt.
# The base is what SQLite needs for the copy and the indexes alone, run by the same program.
rebuild() {
    local dir=$work/rebuild bare=$work/bare step rows=${ROWS:-1000000} base least time n
    step='CREATE TABLE copy (id INTEGER PRIMARY KEY, thing_id INTEGER NOT NULL, name TEXT NOT NULL, at TIMESTAMP);
INSERT INTO copy (id, thing_id, name, at) SELECT id, thing_id, name, at FROM large;
CREATE INDEX copy_name ON copy (name); CREATE INDEX copy_thing ON copy (thing_id, at);'
    mkdir -p "$bare/2026-01-01-000000_bare"
    echo "$step" >"$bare/2026-01-01-000000_bare/up.sql"
    cat >"$work/rebuild.rs" <<'RUST'
// dialect: sqlite
dbkit::schema! {
    table things (id) {
        id -> Integer,
    }

    #[index(thing_id, at, name = "large_thing")]
    table large (id) {
        id -> Integer,
        #[references(things.id, on_delete = cascade)]
        thing_id -> Integer,
        #[index(name = "large_name")]
        name -> Text,
        at -> Nullable<Timestamp>,
    }
}
RUST
    "$dbkit" generate first --schema "$work/rebuild.rs" --migration-dir "$dir" >/dev/null 2>&1
    "$dbkit" migrate --database-url "$work/rows.db" --migration-dir "$dir" >/dev/null 2>&1
    mkdir -p "$work/fill/2026-01-02-000000_rows"
    cat >"$work/fill/2026-01-02-000000_rows/up.sql" <<SQL
WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 1000) INSERT INTO things SELECT n FROM c;
WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < $rows)
INSERT INTO large SELECT n, n % 1000 + 1, 'name of ' || (n * 7919 % $rows), '2026-01-01 00:00:00' FROM c;
SQL
    cp -r "$dir/." "$work/fill/"
    "$dbkit" migrate --database-url "$work/rows.db" --migration-dir "$work/fill" >/dev/null 2>&1
    sed 's/name -> Text/name -> Nullable<Text>/' "$work/rebuild.rs" >"$work/rebuilt.rs"
    cp -r "$work/fill/." "$dir/"
    sleep 1
    "$dbkit" generate second --schema "$work/rebuilt.rs" --migration-dir "$dir" >/dev/null 2>&1
    echo "rebuild of a SQLite table of $rows rows (base: INSERT … SELECT and its two indexes)"
    for n in bare rebuild; do
        least=
        for _ in 1 2 3; do
            cp "$work/rows.db" "$work/$n.db"
            rm -rf "$work/only"
            if [ $n = bare ]; then cp -r "$work/fill" "$work/only"; cp -r "$bare/." "$work/only/"; fi
            if [ $n = rebuild ]; then cp -r "$dir" "$work/only"; fi
            time=$(best 1 "$dbkit" migrate --database-url "$work/$n.db" --migration-dir "$work/only")
            if [ -z "$least" ] || awk "BEGIN { exit !($time < $least) }"; then least=$time; fi
        done
        if [ $n = bare ]; then base=$least; fi
        line "$n" "$least" "$base"
    done
}

inspect() {
    echo "inspect, a table of 10 million rows"
    database rows
    psql -c "CREATE TABLE large AS SELECT g AS id, 'row ' || g AS text FROM generate_series(1, 10000000) g" "$url"
    psql -c "ALTER TABLE large ADD PRIMARY KEY (id)" "$url"
    line "PostgreSQL, overview" "$(best 3 "$dbkit" inspect --database-url "$url")"
    line "PostgreSQL, rows" "$(best 3 "$dbkit" inspect large --database-url "$url")"
    mkdir -p "$work/rows/2026-01-01-000000_rows"
    cat >"$work/rows/2026-01-01-000000_rows/up.sql" <<'SQL'
CREATE TABLE large (id integer PRIMARY KEY, text text);
WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 10000000)
INSERT INTO large SELECT n, 'row ' || n FROM c;
SQL
    "$dbkit" migrate --database-url "$work/rows.db" --migration-dir "$work/rows" >/dev/null 2>&1
    line "SQLite, overview" "$(best 3 "$dbkit" inspect --database-url "$work/rows.db")"
    line "SQLite, rows" "$(best 3 "$dbkit" inspect large --database-url "$work/rows.db")"
    line "PostgreSQL, rows behind row 9,000,000" "$(best 3 "$dbkit" inspect large --after 9000000 --database-url "$url")"
    line "SQLite, rows behind row 9,000,000" \
        "$(best 3 "$dbkit" inspect large --after 9000000 --database-url "$work/rows.db")"
    set -- "$dbkit" inspect large --all --format csv --database-url
    line "PostgreSQL, every row as CSV" "$(best 1 "$@" "$url")" "" "$(memory "$@" "$url")"
    line "SQLite, every row as CSV" "$(best 1 "$@" "$work/rows.db")" "" "$(memory "$@" "$work/rows.db")"
}

studio() { DBKIT=$dbkit "$benches/studio.sh"; }

[ $# -gt 0 ] || set -- start status pull generate push migrate rebuild inspect studio
for part in "$@"; do
    "$part"
    echo
done
