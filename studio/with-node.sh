#!/bin/sh
# Runs a command in studio/ with a Node.js that its tools accept, and with its packages installed.
#
#   studio/with-node.sh npm run build
#
# A Node.js that is new enough is used as it is. Where there is none, npm comes from apt (Debian 12
# has Node.js 18, which is too old for Vite) and brings a newer Node.js as the package `node`, into
# target/tools. Exit code: the command's own; 70 when no Node.js can be had.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
tools="$here/../target/tools/node"

fail() {
    echo "with-node: $*" >&2
    exit 70
}

# Vite needs 20.19, or 22.12 and later.
new_enough() {
    "$1" -e '
        const [major, minor] = process.versions.node.split(".").map(Number)
        process.exit((major === 20 && minor >= 19) || (major === 22 && minor >= 12) || major >= 24 ? 0 : 1)
    ' 2>/dev/null
}

apt_install() {
    command -v apt-get >/dev/null 2>&1 || return 1
    sudo=""
    [ "$(id -u)" = 0 ] || sudo="sudo -n"
    export DEBIAN_FRONTEND=noninteractive
    $sudo apt-get install -y -q --no-install-recommends "$@" >/dev/null 2>&1 && return 0
    $sudo apt-get update -q >/dev/null 2>&1
    $sudo apt-get install -y -q --no-install-recommends "$@" >/dev/null
}

if [ -n "${STUDIO_NODE_FROM_NPM:-}" ] || ! new_enough node; then
    if ! new_enough "$tools/node_modules/node/bin/node"; then
        command -v npm >/dev/null 2>&1 || apt_install nodejs npm ca-certificates ||
            fail "no npm, and apt-get cannot install it. Install Node.js 22.12 or later."
        mkdir -p "$tools"
        npm install --prefix "$tools" --no-audit --no-fund --silent --foreground-scripts node@24 >&2 ||
            fail "npm cannot install the package node. Install Node.js 22.12 or later."
    fi
    PATH="$tools/node_modules/node/bin:$PATH"
    export PATH
    new_enough node || fail "the package node brought no Node.js that runs here"
fi

cd "$here"
# npm ci takes seconds each time; its own lock file beside the packages tells whether it is needed.
if ! cmp -s package-lock.json node_modules/.for-lock; then
    npm ci --no-audit --no-fund --silent || fail "npm ci failed"
    cp package-lock.json node_modules/.for-lock
fi
exec "$@"
