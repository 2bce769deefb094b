#!/bin/sh
# Dumps the database into a folder, reads the dump back, packs the photos of staff, and
# only then deletes the oldest. Which database: PGHOST, PGUSER, PGDATABASE and, where one
# is needed, PGPASSWORD or PGPASSFILE. Where the photos are: MEDIA_DIR, the folder media
# in DATA_DIR. How many are kept: BACKUPS_KEPT, 14 by default.
#
# To restore: "Back up and restore" in docs/operating.md.
set -eu
umask 077

folder=${1:?usage: backup.sh FOLDER}
kept=${BACKUPS_KEPT:-14}
media=${MEDIA_DIR:-}
partial=$folder/unfinished.dump
packed=$folder/unfinished.tar
now=$(date -u +%Y-%m-%dT%H%M%SZ)

# What fails ends here, and the backups that are there stay.
trap 'rm -f -- "$partial" "$packed"' EXIT
pg_dump --format=custom --file="$partial"
pg_restore --list "$partial" >/dev/null
# Until the first photo there is no such folder.
if [ -n "$media" ] && [ -d "$media" ]; then
    # The dump comes first: a photo that it names is in the archive, too.
    tar --create --file="$packed" --directory="$media" .
    tar --list --file="$packed" >/dev/null
    mv "$packed" "$folder/quadline-$now.tar"
fi
mv "$partial" "$folder/quadline-$now.dump"

for ending in dump tar; do
    find "$folder" -maxdepth 1 -name "quadline-*.$ending" | sort -r |
        tail -n "+$((kept + 1))" |
        while read -r old; do
            rm -- "$old"
        done
done
echo "Backed up to $folder/quadline-$now.dump, $(wc -c <"$folder/quadline-$now.dump") bytes."
