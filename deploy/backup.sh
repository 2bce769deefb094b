#!/bin/sh
# Dumps the database into a folder, reads the dump back, and only then deletes the
# oldest. Which database: PGHOST, PGUSER, PGDATABASE and, where one is needed,
# PGPASSWORD or PGPASSFILE. How many are kept: BACKUPS_KEPT, 14 by default.
#
# To restore: "Back up and restore" in docs/operating.md.
set -eu
umask 077

folder=${1:?usage: backup.sh FOLDER}
kept=${BACKUPS_KEPT:-14}
partial=$folder/unfinished.dump
name=quadline-$(date -u +%Y-%m-%dT%H%M%SZ).dump

# A dump that fails ends here, and the ones that are there stay.
trap 'rm -f -- "$partial"' EXIT
pg_dump --format=custom --file="$partial"
pg_restore --list "$partial" >/dev/null
mv "$partial" "$folder/$name"

find "$folder" -maxdepth 1 -name 'quadline-*.dump' | sort -r | tail -n "+$((kept + 1))" |
    while read -r old; do
        rm -- "$old"
    done
echo "Backed up to $folder/$name, $(wc -c <"$folder/$name") bytes."
