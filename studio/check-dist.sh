#!/bin/sh
# Builds the page again into a folder of its own and compares it with studio/dist, which is what the
# program embeds. Exit code 1: they differ, `npm run build` in studio/ makes dist anew.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=$(mktemp -d "${TMPDIR:-/tmp}/dbkit-studio-dist.XXXXXX")
trap 'rm -rf "$out"' EXIT
STUDIO_OUT="$out" "$here/with-node.sh" npm run --silent build -- --logLevel warn
if ! diff -rq "$here/dist" "$out"; then
    echo "studio/dist is not what studio/src builds: run 'studio/with-node.sh npm run build' and commit it" >&2
    exit 1
fi
