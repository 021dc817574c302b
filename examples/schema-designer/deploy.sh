#!/bin/sh
# What the pipeline runs before the new program starts: looks, backs up, migrates, looks again.
#
#   PRODUCTION_DATABASE_URL=postgres://… ./deploy.sh backups/before.dump
set -eu
backup=${1:?name the file for the backup}

dbkit check --env prod
if dbkit status --env prod --check >/dev/null; then
    echo "nothing is pending"
    exit 0
fi
PGSSLMODE=${DATABASE_SSLMODE:-require} pg_dump --format=custom --file="$backup" "$PRODUCTION_DATABASE_URL"
echo "backed up to $backup: pg_restore --clean --if-exists brings it back"
dbkit migrate --env prod
dbkit status --env prod --check
