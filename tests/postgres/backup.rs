//! Backups that fail, and the removal of old ones.

use std::fs;
use std::process::{Child, Stdio};

use crate::server::{SUPERUSER_PASSWORD, Server, command, succeed};
use crate::stage::{Volume, as_the_chart_makes_it, eventually, failure, programs, text};

#[test]
#[ignore = "needs a PostgreSQL server: just test-peers"]
fn a_failed_backup_leaves_the_old_ones_and_nothing_that_looks_complete() {
    let Some(bin) = programs() else { return };
    let server = Server::start(&bin, "");
    as_the_chart_makes_it(&server, "password");
    server.sql("viridial", "CREATE TABLE held (n int)");
    let volume = Volume::new();
    let old = vec![volume.old_backup(400)];
    let unchanged = |message: &str, expected: &str| {
        assert!(message.contains(expected), "{message}");
        assert!(!message.contains(SUPERUSER_PASSWORD), "{message}");
        assert_eq!((volume.names(false), volume.names(true)), (old.clone(), Vec::new()));
    };

    let denied = volume.failure(&server, &[("PGUSER", Some("viridial")), ("PGPASSWORD", Some("password"))]);
    unchanged(&denied, "the roles cannot be dumped");
    unchanged(&volume.failure(&server, &[("PGPASSWORD", Some("wrong"))]), "cannot be asked for its databases");
    unchanged(&volume.failure(&server, &[("PGPORT", Some("1"))]), "cannot be asked for its databases");
    unchanged(&volume.failure(&server, &[("RETENTION_MINUTES", None)]), "RETENTION_MINUTES is not set");
    unchanged(&volume.failure(&server, &[("RETENTION_MINUTES", Some("30d"))]), "is no number of minutes: 30d");

    let mut holder = lock_holder(&server);
    // A dump that waits for the lock, whose connection is then cut.
    let running = waiting_backup(&volume, &server);
    server.sql("postgres", "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock'");
    unchanged(&failure(&running.wait_with_output().unwrap()), "database viridial cannot be dumped");

    // One that is killed with no chance to clean up. The next one does.
    let mut running = waiting_backup(&volume, &server);
    assert!(volume.failure(&server, &[]).contains("another backup is running"));
    running.kill().unwrap();
    running.wait().unwrap();
    assert_eq!((volume.names(false), volume.names(true).len()), (old.clone(), 1));
    server.sql("postgres", "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'viridial'");
    holder.wait().unwrap();
    let complete = eventually(|| volume.command(&server, &[]).output().ok().filter(|output| output.status.success()));
    assert!(text(&complete.stdout).contains("is complete"));
    assert_eq!((volume.names(false).len(), volume.names(true).len()), (1, 0));
}

/// Somebody who holds a lock on a table for as long as the connection lasts.
fn lock_holder(server: &Server) -> Child {
    let mut environment = server.environment("postgres", SUPERUSER_PASSWORD);
    environment.insert("PGDATABASE".to_owned(), "viridial".to_owned());
    let lock = "BEGIN; LOCK TABLE held IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(600)";
    let mut psql = command("psql", &environment);
    let holder = psql.args(["-X", "-c", lock]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let locked =
        "SELECT 1 FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND granted AND relation = 'held'::regclass";
    eventually(|| (!server.sql("viridial", locked).is_empty()).then_some(()));
    holder
}

/// A backup that waits for the lock.
fn waiting_backup(volume: &Volume, server: &Server) -> Child {
    let mut backup = volume.command(server, &[]);
    let running = backup.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let waiting = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND application_name = 'backup'";
    eventually(|| (!server.sql("postgres", waiting).is_empty()).then_some(()));
    running
}

#[test]
#[ignore = "needs a PostgreSQL server: just test-peers"]
fn retention_removes_what_is_older_and_nothing_else() {
    let Some(bin) = programs() else { return };
    let server = Server::start(&bin, "");
    let volume = Volume::new();
    let (recent, _) = (volume.old_backup(29), volume.old_backup(31));
    for foreign in ["lost+found", "20200101", "notes.txt", "20200101T000000Z.tar"] {
        fs::create_dir(volume.path().join(foreign)).unwrap();
    }
    volume.back_up(&server);
    let first = volume.names(false);
    assert_eq!(first.len(), 6, "{first:?}");
    assert!(first.contains(&recent));

    // The one that was just written stays, however short the retention.
    succeed(volume.command(&server, &[("RETENTION_MINUTES", Some("1"))]).output().unwrap());
    let second = volume.names(false);
    let backups: Vec<&String> = second.iter().filter(|name| name.len() == 16 && !first.contains(name)).collect();
    assert_eq!(backups.len(), 1, "{second:?}");
    assert!(!second.contains(&recent) && second.contains(&"notes.txt".to_owned()));
}
