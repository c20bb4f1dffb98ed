# shellcheck shell=bash
# Writes every database and the roles of one PostgreSQL server into a new folder of the backup volume.
#
#   bash -ec BACKUP_SH backup RESTORE_SH      (both are the texts of the scripts, not their paths)
#
# Needs PGHOST, PGPORT, PGUSER (a superuser), PGPASSWORD and RETENTION_MINUTES. A folder named by its UTC time is a
# complete backup that was read back; whatever is not complete is called .partial-*. RESTORE_SH is put into each backup.
#
# No dollar sign stands before a brace (Flux would substitute it), before a parenthesised plain name (Kubernetes would) or
# before another one (Kubernetes would drop it).
set -o errexit -o nounset -o pipefail
umask 077
export LC_ALL=C PGDATABASE=postgres PGAPPNAME=backup PGCONNECT_TIMEOUT=10
[ -v BACKUP_DIR ] || BACKUP_DIR=/backup

fail() {
  printf 'backup failed: %s\n' "$1" >&2
  exit 1
}

partial=
finish() {
  local code=$?
  if [ -n "$partial" ]; then
    rm -rf -- "$partial"
    printf 'nothing was kept of this backup, earlier ones are untouched\n' >&2
  fi
  exit "$code"
}
trap finish EXIT

[ "$#" -eq 1 ] || fail 'the text of restore.sh is missing among the arguments'
[ -v RETENTION_MINUTES ] || fail 'RETENTION_MINUTES is not set'
[[ $RETENTION_MINUTES =~ ^[1-9][0-9]{0,7}$ ]] || fail "RETENTION_MINUTES is no number of minutes: $RETENTION_MINUTES"
[ -w "$BACKUP_DIR" ] || fail "$BACKUP_DIR is not writable by user $(id -u)"

# The image cuts a trailing newline off the password that it gives the server, a variable from a Secret still has it.
if [ -v PGPASSWORD ]; then
  PGPASSWORD=$(printf '%s' "$PGPASSWORD")
  export PGPASSWORD
fi

# A job started by hand is not covered by the CronJob's Forbid.
exec 9>"$BACKUP_DIR/.lock"
flock --nonblock 9 || fail 'another backup is running on this volume'
rm -rf -- "$BACKUP_DIR"/.partial-*

while
  stamp=$(date -u +%Y%m%dT%H%M%SZ)
  [ -e "$BACKUP_DIR/$stamp" ]
do
  sleep 1
done
partial=$BACKUP_DIR/.partial-$stamp
mkdir -- "$partial"
printf '%s' "$1" >"$partial/restore.sh"

query() {
  psql --no-psqlrc --no-password --quiet --no-align --tuples-only --set=ON_ERROR_STOP=1 --command="$1" </dev/null
}

# template1 only shapes databases that are yet to be made; -2 marks a database whose removal was interrupted.
query "COPY (SELECT datname FROM pg_database WHERE datname <> 'template0' AND (NOT datallowconn OR datconnlimit = -2)
  ORDER BY datname) TO STDOUT" >"$partial/skipped.tsv" || fail 'the server cannot be asked for its databases'
query "COPY (SELECT oid || '-' || regexp_replace(datname COLLATE \"C\", '[^A-Za-z0-9_.-]', '_', 'g') || '.dump', datname
  FROM pg_database WHERE datname <> 'template1' AND datallowconn AND datconnlimit <> -2 ORDER BY datname) TO STDOUT" \
  >"$partial/databases.tsv" || fail 'the server cannot be asked for its databases'
[ -s "$partial/databases.tsv" ] || fail 'the server has no database that allows connections'

pg_dumpall --no-password --roles-only --file="$partial/roles.sql" </dev/null || fail 'the roles cannot be dumped'
pg_dumpall --no-password --tablespaces-only --file="$partial/tablespaces.sql" </dev/null ||
  fail 'the tablespaces cannot be dumped'

# A name stands in the index as COPY writes it. It goes to pg_dump by the environment: an argument such as a=b would be
# read as a connection string.
while IFS=$'\t' read -r -u 3 file name; do
  printf -v database '%b' "$name"
  PGDATABASE=$database pg_dump --no-password --format=custom --lock-wait-timeout=30min --file="$partial/$file" \
    </dev/null || fail "database $name cannot be dumped"
  pg_restore --list "$partial/$file" >/dev/null || fail "the archive of database $name has no readable table of contents"
  pg_restore --file=/dev/null "$partial/$file" || fail "the archive of database $name cannot be read back"
done 3<"$partial/databases.tsv"

(cd -- "$partial" && sha256sum -- * >.sums && mv -- .sums SHA256SUMS && sync -- * .) ||
  fail 'the checksums cannot be written'
cutoff=$(date -u -d "$RETENTION_MINUTES minutes ago" +%Y%m%dT%H%M%SZ)
mv --no-target-directory -- "$partial" "$BACKUP_DIR/$stamp"
partial=
sync -- "$BACKUP_DIR"

printf 'backup %s is complete\n' "$stamp"
while IFS=$'\t' read -r -u 3 file name; do
  printf '%12d bytes  %s  database %s\n' "$(stat --format=%s -- "$BACKUP_DIR/$stamp/$file")" "$file" "$name"
done 3<"$BACKUP_DIR/$stamp/databases.tsv"
printf '%12d bytes  roles.sql\n' "$(stat --format=%s -- "$BACKUP_DIR/$stamp/roles.sql")"
while IFS= read -r -u 3 name; do
  printf 'left out: database %s does not allow connections\n' "$name"
done 3<"$BACKUP_DIR/$stamp/skipped.tsv"

# By name, because a copied volume has other times. Renamed first, because a kill in the middle of a removal would leave
# half a backup that looks complete.
for old in "$BACKUP_DIR"/*; do
  name=$(basename -- "$old")
  [[ $name =~ ^[0-9]{8}T[0-9]{6}Z$ && $name < $cutoff && $name != "$stamp" ]] || continue
  mv --no-target-directory -- "$old" "$BACKUP_DIR/.partial-$name" && rm -rf -- "$BACKUP_DIR/.partial-$name" ||
    fail "this backup is complete, but the old one $name cannot be removed"
  printf 'removed %s: older than %s minutes\n' "$name" "$RETENTION_MINUTES"
done
printf 'free on the volume: %s\n' "$(df --human-readable --output=avail -- "$BACKUP_DIR" | tail -n 1 | tr -d ' ')"
