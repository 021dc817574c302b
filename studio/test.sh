#!/bin/sh
# The page's tests: types, units, and the browser against the real server on real databases.
#
#   studio/test.sh [files]
#
# DBKIT names the program (target/debug/dbkit otherwise), DBKIT_TEST_POSTGRES a server on which
# databases may be made, CHROMIUM a browser; Debian's is installed where there is none.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
DBKIT=${DBKIT:-$here/../target/debug/dbkit}
[ -x "$DBKIT" ] || { echo "studio/test.sh: no $DBKIT; run cargo build first" >&2; exit 70; }
[ -n "${DBKIT_TEST_POSTGRES:-}" ] || { echo "studio/test.sh: DBKIT_TEST_POSTGRES is not set; run it through tests/with-postgres.sh" >&2; exit 70; }
if [ -z "${CHROMIUM:-}" ]; then
    if ! command -v chromium >/dev/null 2>&1 && command -v apt-get >/dev/null 2>&1; then
        sudo=""
        [ "$(id -u)" = 0 ] || sudo="sudo -n"
        $sudo apt-get update -q >/dev/null 2>&1 || true
        DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -q --no-install-recommends chromium >/dev/null ||
            { echo "studio/test.sh: apt-get cannot install chromium; name one with CHROMIUM" >&2; exit 70; }
    fi
    CHROMIUM=$(command -v chromium || command -v chromium-browser || command -v google-chrome) ||
        { echo "studio/test.sh: no Chromium; name one with CHROMIUM" >&2; exit 70; }
fi
export DBKIT CHROMIUM
"$here/with-node.sh" npm run --silent types
"$here/with-node.sh" npm run --silent unit
exec "$here/with-node.sh" npm run --silent browser -- "$@"
