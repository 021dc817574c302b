#!/bin/sh
# Installs what the tests need and the machine lacks: a PostgreSQL server (through apt, as root or
# with sudo), pgbouncer (unpacked into target/tools) and the real diesel command line, the peer of
# the interchange tests (into target/tools, from crates.io).
set -eu
cd "$(dirname "$0")/.."

have_postgres() {
    [ -z "${DBKIT_TEST_POSTGRES:-}" ] && [ -z "${PGBIN:-}" ] || return 0
    command -v initdb >/dev/null 2>&1 && return 0
    for initdb in /usr/lib/postgresql/*/bin/initdb /usr/pgsql-*/bin/initdb; do
        [ -x "$initdb" ] && return 0
    done
    return 1
}

if ! have_postgres; then
    sudo=""
    [ "$(id -u)" = 0 ] || sudo="sudo -n"
    if command -v apt-get >/dev/null 2>&1 && { [ -z "$sudo" ] || sudo -n true 2>/dev/null; }; then
        export DEBIAN_FRONTEND=noninteractive
        # The tests start their own server; the packaged one must not start.
        $sudo mkdir -p /etc/postgresql-common
        [ -e /etc/postgresql-common/createcluster.conf ] ||
            echo "create_main_cluster = false" |
            $sudo tee /etc/postgresql-common/createcluster.conf >/dev/null
        $sudo apt-get update -q
        $sudo apt-get install -q -y --no-install-recommends postgresql
    fi
    have_postgres || {
        echo "install-tools: there is no PostgreSQL server on this machine. Install one, or set" >&2
        echo "DBKIT_TEST_POSTGRES to the URL of a server to play with." >&2
        exit 70
    }
fi

# Unpacked, not installed: the packaged service must not start. apt knows which libraries it needs;
# it asks for no rights, because nothing is written outside of the folder.
fetch_pgbouncer() {
    apt-get install -q -y --no-install-recommends --download-only -o Debug::NoLocking=1 \
        -o Dir::Cache::archives="$1" pgbouncer >"$1/log" 2>&1
}
if ! command -v pgbouncer >/dev/null 2>&1 && [ ! -x /usr/sbin/pgbouncer ] &&
    [ ! -x target/tools/pgbouncer/usr/sbin/pgbouncer ] && command -v apt-get >/dev/null 2>&1; then
    work=$(mktemp -d)
    mkdir "$work/partial"
    if ! fetch_pgbouncer "$work" && [ "$(id -u)" = 0 ]; then
        # A fresh machine has no lists of packages yet.
        apt-get update -q
        fetch_pgbouncer "$work" || true
    fi
    if ls "$work"/pgbouncer_*.deb >/dev/null 2>&1; then
        mkdir -p target/tools/pgbouncer
        for file in "$work"/*.deb; do
            dpkg-deb -x "$file" target/tools/pgbouncer
        done
    else
        cat "$work/log" >&2
        echo "install-tools: pgbouncer cannot be fetched; the tests of poolers will fail" >&2
    fi
    rm -rf "$work"
fi

diesel=2.3.14
if ! target/tools/bin/diesel --version 2>/dev/null | grep -qF "$diesel"; then
    cargo install diesel_cli --version "$diesel" --quiet --debug --force \
        --no-default-features --features postgres-bundled,sqlite-bundled \
        --root target/tools --target-dir target/tools/build
    rm -rf target/tools/build
fi
