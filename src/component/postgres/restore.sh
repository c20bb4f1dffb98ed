# shellcheck shell=bash
# Brings the backup in whose folder this script stands into an empty PostgreSQL server: bash /backup/<time>/restore.sh
#
# Needs PGHOST, PGPORT, PGUSER (a superuser) and PGPASSWORD. Roles that the server has already keep their passwords, those
# of its Secret; all others come back with their old ones. Until everything is in place nobody but superusers and replicas
# can log in. A database that holds something is not replaced unless OVERWRITE=yes is set; a run that failed is repeated
# with it. The same rule for dollar signs holds as in backup.sh.
set -o errexit -o nounset -o pipefail
umask 077
export LC_ALL=C PGDATABASE=template1 PGAPPNAME=restore PGCONNECT_TIMEOUT=10
# A database may have been made read-only by a setting of its own, which comes back with it.
export PGOPTIONS='-c default_transaction_read_only=off'
[ -v OVERWRITE ] || OVERWRITE=no

fail() {
  printf 'restore failed: %s\n' "$1" >&2
  exit 1
}

if [ -v PGPASSWORD ]; then
  PGPASSWORD=$(printf '%s' "$PGPASSWORD")
  export PGPASSWORD
fi
cd -- "$(dirname -- "$0")"
[ -s databases.tsv ] || fail 'this script does not stand in a backup'
sha256sum --check --strict --quiet SHA256SUMS || fail 'this backup is damaged, nothing was changed'

sql() {
  psql --no-psqlrc --no-password --quiet --no-align --tuples-only --set=ON_ERROR_STOP=1 "$@"
}

# Runs the SQL on its input to the end; an object that is there already is the only error it accepts. Only the codes of
# errors are shown, and nothing is logged by the server, because the statements hold password hashes.
apply() {
  local errors
  errors=$(PGOPTIONS="$PGOPTIONS -c log_statement=none -c log_min_duration_statement=-1 -c log_min_error_statement=panic" \
    psql --no-psqlrc --no-password --quiet --set=VERBOSITY=sqlstate --set=ON_ERROR_ROLLBACK=on 2>&1 >/dev/null) ||
    fail "psql: $errors"
  errors=$(grep -v -e ' ERROR:  42710$' -e ' NOTICE:  ' -e ' WARNING:  ' <<<"$errors" || true)
  [ -z "$errors" ] || fail "$1: $errors"
}

[ "$(sql --command='SELECT pg_is_in_recovery()')" = f ] || fail "$PGHOST is a replica or cannot be reached"

while IFS=$'\t' read -r -u 3 file name; do
  printf -v database '%b' "$name"
  found=$(sql --set=name="$database" <<<"SELECT count(*) FROM pg_database WHERE datname = :'name'")
  if [ "$found" != 0 ] && [ "$OVERWRITE" != yes ]; then
    held=$(PGDATABASE=$database sql --command="SELECT (SELECT count(*) FROM pg_class c JOIN pg_namespace n
      ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p', 'm', 'v', 'S', 'f') AND n.nspname !~ '^pg_'
      AND n.nspname <> 'information_schema' AND NOT EXISTS (SELECT FROM pg_depend d
      WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'))
      + (SELECT count(*) FROM pg_largeobject_metadata)") || fail "database $name cannot be looked into, nothing was changed"
    [ "$held" = 0 ] || fail "database $name on $PGHOST is not empty, nothing was changed; OVERWRITE=yes replaces it"
  fi
done 3<databases.tsv

# One transaction: at no moment does the superuser have another password than the one this script logs in with. Who is
# locked out is noted in the catalog, where it survives a failed run.
apply 'the roles' <<'SQL'
BEGIN;
CREATE TEMPORARY TABLE kept AS SELECT rolname, rolpassword FROM pg_authid WHERE rolpassword IS NOT NULL;
\i roles.sql
SELECT format('ALTER ROLE %I PASSWORD %L', rolname, rolpassword) FROM kept \gexec
SELECT format('ALTER ROLE %I NOLOGIN', rolname), format('ALTER ROLE %I SET gen.restore = %L', rolname, 'locked')
  FROM pg_roles WHERE rolcanlogin AND NOT rolsuper AND NOT rolreplication \gexec
COMMIT;
SQL
apply 'the tablespaces (their folders must exist)' <tablespaces.sql

while IFS=$'\t' read -r -u 3 file name; do
  printf -v database '%b' "$name"
  sql --set=name="$database" <<'SQL' || fail "database $name cannot be replaced"
SELECT format('ALTER DATABASE %I IS_TEMPLATE false', datname) FROM pg_database WHERE datname = :'name' AND datistemplate
\gexec
SET client_min_messages = warning;
DROP DATABASE IF EXISTS :"name" WITH (FORCE);
SQL
  pg_restore --no-password --exit-on-error --create --dbname=template1 "$file" </dev/null ||
    fail "database $name cannot be restored"
  printf 'restored database %s\n' "$name"
done 3<databases.tsv

sql <<'SQL' || fail 'the logins cannot be opened again'
SELECT format('ALTER ROLE %I LOGIN', r.rolname), format('ALTER ROLE %I RESET gen.restore', r.rolname)
  FROM pg_roles r JOIN pg_db_role_setting s ON s.setrole = r.oid AND s.setdatabase = 0
  WHERE 'gen.restore=locked' = ANY (s.setconfig) \gexec
SQL
vacuumdb --no-password --all --quiet --analyze-only </dev/null || printf 'run ANALYZE by hand: it failed here\n' >&2
printf 'backup %s is restored to %s\n' "$(basename -- "$PWD")" "$PGHOST"
