//! A backup brought back by the runbook's own commands.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::runbook::{self, Runbook};
use crate::server::{SUPERUSER_PASSWORD, Server, command, succeed};
use crate::stage::{Cluster, Volume, as_the_chart_makes_it, can_log_in, failure, programs};

/// Names that a careless script takes for an option, a path, a connection string, a command or two lines.
const HOSTILE: [&str; 4] = [
    "--host=example.com",
    "postgresql://example.com/a=b?sslmode=disable",
    "it's a \"trap\" \\ $(id) `id` ; ../../etc",
    "two\nlines\tand a tab\\n ",
];

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A server that has been lived in: hostile names, owners, grants, settings, an extension and a large object.
fn lived_in(bin: &Path) -> Server {
    let server = Server::start(bin, "");
    as_the_chart_makes_it(&server, "old password");
    for name in HOSTILE {
        let name = quoted(name);
        server.sql("postgres", &format!("CREATE ROLE {name} LOGIN PASSWORD 'of the hostile'"));
        server.sql("postgres", &format!("CREATE DATABASE {name} OWNER {name}"));
        server.sql("postgres", &format!("GRANT {name} TO viridial"));
    }
    for name in HOSTILE {
        server.sql(name, "CREATE TABLE held AS SELECT n FROM generate_series(1, 7) AS n");
    }
    server.sql("postgres", "CREATE DATABASE closed ALLOW_CONNECTIONS false");
    server.sql("postgres", "CREATE TABLE kept_in_postgres (n int)");
    server.sql("postgres", "ALTER DATABASE viridial SET work_mem = '5MB'");
    server.sql("postgres", "ALTER DATABASE viridial SET default_transaction_read_only = on");
    server.sql("postgres", "ALTER ROLE viridial IN DATABASE viridial SET statement_timeout = '9s'");
    server.sql("postgres", "REVOKE CONNECT ON DATABASE viridial FROM PUBLIC");
    server.sql(
        "viridial",
        "SET default_transaction_read_only = off;
         CREATE EXTENSION pg_trgm;
         CREATE SCHEMA estate AUTHORIZATION viridial;
         CREATE TABLE estate.house (id serial PRIMARY KEY, street text NOT NULL);
         ALTER TABLE estate.house OWNER TO viridial;
         INSERT INTO estate.house (street) SELECT 'No. ' || n FROM generate_series(1, 1000) AS n;
         CREATE INDEX ON estate.house USING gin (street gin_trgm_ops);
         SELECT lo_from_bytea(4711, 'a large object');",
    );
    server
}

/// Everything about the databases and roles that a restore has to bring back, as text to compare.
fn contents(server: &Server) -> BTreeMap<String, String> {
    let environment = server.environment("postgres", SUPERUSER_PASSWORD);
    let dump = |program: &str, arguments: &[&str], database: &str| {
        let mut environment = environment.clone();
        environment.insert("PGDATABASE".to_owned(), database.to_owned());
        let text = succeed(command(program, &environment).args(arguments).output().unwrap());
        // The keys of \restrict are random.
        let lines = text.lines().filter(|line| !line.starts_with("\\restrict") && !line.starts_with("\\unrestrict"));
        lines.collect::<Vec<_>>().join("\n")
    };
    let mut found: BTreeMap<String, String> = HOSTILE
        .into_iter()
        .chain(["viridial", "postgres"])
        .map(|name| (name.to_owned(), dump("pg_dump", &["--inserts"], name)))
        .collect();
    found.insert("roles".to_owned(), dump("pg_dumpall", &["--roles-only", "--no-role-passwords"], "postgres"));
    // What pg_dump says of the database itself it cannot say in plain text when the name has two lines.
    let databases = "SELECT datname, datdba::regrole, (SELECT array_agg(a::text ORDER BY a::text) FROM unnest(datacl) a), pg_encoding_to_char(encoding), datcollate, datctype
      FROM pg_database WHERE datallowconn ORDER BY datname;
      SELECT datname, setrole::regrole, setconfig FROM pg_db_role_setting
      LEFT JOIN pg_database d ON d.oid = setdatabase ORDER BY datname, setrole::regrole::text";
    found.insert("databases".to_owned(), server.sql("postgres", databases));
    found
}

fn assert_same(restored: &Server, original: &Server) {
    let (restored, original) = (contents(restored), contents(original));
    for (name, text) in &original {
        for (found, expected) in restored[name].lines().zip(text.lines()) {
            assert_eq!(found, expected, "in {name}");
        }
        assert_eq!(restored[name].len(), text.len(), "{name}");
    }
}

#[test]
#[ignore = "needs a PostgreSQL server: just test-peers"]
fn a_backup_restored_by_the_runbook_brings_everything_back() {
    let Some(bin) = programs() else { return };
    let source = lived_in(&bin);
    let volume = Volume::new();
    let printed = volume.back_up(&source);
    let stamp = volume.names(false).remove(0);
    assert!(printed.starts_with(&format!("backup {stamp} is complete\n")), "{printed}");
    assert!(printed.contains("database closed does not allow connections"), "{printed}");
    for secret in ["SCRAM", SUPERUSER_PASSWORD] {
        assert!(!printed.contains(secret), "{printed}");
    }
    let folder = volume.path().join(&stamp);
    assert_eq!(fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
    for file in fs::read_dir(&folder).unwrap() {
        assert_eq!(file.unwrap().metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }

    let target = Server::start(&bin, "");
    as_the_chart_makes_it(&target, "new password");
    let cluster = Cluster::new(&target, &volume);
    let runbook = Runbook::render(&runbook::with_backup(target.port));
    cluster.start_restore_pod(&runbook);
    succeed(cluster.restore(&runbook, &stamp, false));
    assert_same(&target, &source);
    let sizes = runbook.block("restore into a new claim and switch", "sql", "pg_database_size");
    assert!(target.sql("viridial", &sizes).contains("estate|house|1000"));

    // The Secret's passwords stay, the others come back; no hash stands in the server's log.
    assert!(can_log_in(&target, "viridial", "new password") && !can_log_in(&target, "viridial", "old password"));
    assert!(can_log_in(&target, HOSTILE[2], "of the hostile"));
    assert!(!target.log().contains("SCRAM-SHA-256$"));

    let refusal = failure(&cluster.restore(&runbook, &stamp, false));
    assert!(refusal.contains("is not empty, nothing was changed"), "{refusal}");
    target.sql("viridial", "SET default_transaction_read_only = off; DELETE FROM estate.house");
    succeed(cluster.restore(&runbook, &stamp, true));
    assert_same(&target, &source);
}

#[test]
#[ignore = "needs a PostgreSQL server: just test-peers"]
fn a_restore_that_breaks_off_keeps_clients_out_until_it_is_repeated() {
    let Some(bin) = programs() else { return };
    let source = lived_in(&bin);
    let volume = Volume::new();
    volume.back_up(&source);
    let stamp = volume.names(false).remove(0);

    let target = Server::start(&bin, "");
    as_the_chart_makes_it(&target, "new password");
    target.sql("postgres", "CREATE ROLE newcomer LOGIN PASSWORD 'newcomer'");
    let cluster = Cluster::new(&target, &volume);
    let runbook = Runbook::render(&runbook::with_backup(target.port));
    cluster.start_restore_pod(&runbook);
    let broken = cluster.path("bin/pg_restore");
    fs::write(&broken, "#!/bin/sh\nexit 1\n").unwrap();
    fs::set_permissions(&broken, fs::Permissions::from_mode(0o755)).unwrap();
    let message = failure(&cluster.restore(&runbook, &stamp, false));
    assert!(message.contains("cannot be restored"), "{message}");
    assert!(!can_log_in(&target, "viridial", "new password") && !can_log_in(&target, "newcomer", "newcomer"));
    assert_eq!(target.sql("template1", "SELECT 1").trim(), "1");

    fs::remove_file(&broken).unwrap();
    succeed(cluster.restore(&runbook, &stamp, true));
    assert!(can_log_in(&target, "viridial", "new password") && can_log_in(&target, "newcomer", "newcomer"));
    assert_eq!(target.sql("postgres", "SELECT count(*) FROM pg_db_role_setting WHERE setdatabase = 0").trim(), "0");
}

#[test]
#[ignore = "needs a PostgreSQL server: just test-peers"]
fn a_damaged_backup_changes_nothing() {
    let Some(bin) = programs() else { return };
    let server = Server::start(&bin, "");
    as_the_chart_makes_it(&server, "password");
    let volume = Volume::new();
    volume.back_up(&server);
    let stamp = volume.names(false).remove(0);
    fs::write(volume.path().join(&stamp).join("roles.sql"), "DROP ROLE viridial;\n").unwrap();
    let cluster = Cluster::new(&server, &volume);
    let runbook = Runbook::render(&runbook::with_backup(server.port));
    cluster.start_restore_pod(&runbook);
    let message = failure(&cluster.restore(&runbook, &stamp, true));
    assert!(message.contains("this backup is damaged, nothing was changed"), "{message}");
    assert!(can_log_in(&server, "viridial", "password"));
}
