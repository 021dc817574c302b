#!/bin/sh
# Runs a command with DBKIT_TEST_POSTGRES naming a PostgreSQL server to play with.
#
#   tests/with-postgres.sh cargo test
#
# Uses the server that DBKIT_TEST_POSTGRES already names, or starts a throw-away one from the
# machine's own binaries and removes it afterwards. PGBIN names the folder of another version's
# initdb and pg_ctl. Exit code: the command's own; 70 when no server can be had.
set -u

if [ -n "${DBKIT_TEST_POSTGRES:-}" ]; then
    exec "$@"
fi

fail() {
    echo "with-postgres: $*" >&2
    exit 70
}

# The newest installation wins; Debian keeps initdb out of PATH.
find_bin() {
    if [ -n "${PGBIN:-}" ]; then
        echo "$PGBIN"
        return
    fi
    for dir in $(ls -d /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /usr/local/opt/postgresql*/bin \
        /opt/homebrew/opt/postgresql*/bin 2>/dev/null | sort -rV); do
        [ -x "$dir/initdb" ] && echo "$dir" && return
    done
    initdb=$(command -v initdb) && dirname "$(readlink -f "$initdb" 2>/dev/null || echo "$initdb")"
}

bin=$(find_bin)
[ -n "$bin" ] && [ -x "$bin/initdb" ] || fail "no initdb found. Install the PostgreSQL server
(Debian: apt-get install postgresql), set PGBIN to the folder of its programs, or set
DBKIT_TEST_POSTGRES to the URL of a server on which databases may be made and dropped."

# Short, because a socket's path may have 107 bytes at most.
work=$(mktemp -d /tmp/dbkit-pg.XXXXXX) || fail "cannot make a folder in /tmp"
data="$work/data"

# initdb and postgres refuse to run as root.
as_user=""
if [ "$(id -u)" = 0 ]; then
    for user in postgres nobody; do
        id "$user" >/dev/null 2>&1 && as_user=$user && break
    done
    [ -n "$as_user" ] || fail "running as root, and there is no user postgres or nobody to drop to"
    chown "$as_user" "$work"
fi
run() {
    if [ -z "$as_user" ]; then
        (cd "$work" && "$@")
    elif command -v setpriv >/dev/null 2>&1; then
        (cd "$work" && HOME="$work" setpriv --reuid "$as_user" --regid "$(id -g "$as_user")" \
            --clear-groups -- "$@")
    else
        (cd "$work" && HOME="$work" runuser -u "$as_user" -- "$@")
    fi
}

stop() {
    trap - EXIT INT TERM HUP
    if [ -f "$data/postmaster.pid" ]; then
        run "$bin/pg_ctl" -D "$data" -m immediate -w stop >/dev/null 2>&1
    fi
    rm -rf "$work"
}
trap stop EXIT
trap 'stop; exit 130' INT
trap 'stop; exit 143' TERM HUP

locale=C
locale -a 2>/dev/null | grep -qix 'c\.utf-\?8' && locale=C.UTF-8
run "$bin/initdb" -D "$data" -U postgres -A trust -E UTF8 --locale="$locale" --no-sync \
    >"$work/initdb.log" 2>&1 || { cat "$work/initdb.log" >&2; fail "$bin/initdb failed"; }

# Nothing here has to survive a crash; only benches set DBKIT_TEST_FSYNC=on, as commits then take the
# time they take elsewhere. Autovacuum is off because it holds template1 at times and
# then CREATE DATABASE fails; large test schemas take many locks in one transaction.
cat >>"$data/postgresql.conf" <<CONF
listen_addresses = '127.0.0.1'
unix_socket_directories = '$work'
fsync = ${DBKIT_TEST_FSYNC:-off}
synchronous_commit = ${DBKIT_TEST_FSYNC:-off}
full_page_writes = ${DBKIT_TEST_FSYNC:-off}
autovacuum = off
max_connections = 200
max_locks_per_transaction = 512
shared_buffers = 64MB
log_min_messages = fatal
timezone = 'UTC'
CONF

# A port that looks free may be taken a moment later: try, and try another one.
tries=0
while :; do
    tries=$((tries + 1))
    port=$((20000 + ($$ * 7 + tries * 1103 + $(date +%s)) % 30000))
    run "$bin/pg_ctl" -D "$data" -l "$work/server.log" -w -t 30 -o "-p $port" start \
        >"$work/start.log" 2>&1 && break
    if [ "$tries" -ge 10 ]; then
        cat "$work/start.log" "$work/server.log" >&2
        fail "the server does not start"
    fi
done

DBKIT_TEST_POSTGRES="postgres://postgres@127.0.0.1:$port/postgres"
DBKIT_TEST_POSTGRES_BIN=$bin
export DBKIT_TEST_POSTGRES DBKIT_TEST_POSTGRES_BIN
"$@"
