//! The rest of the runbook: passwords, statements, TLS.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::runbook::{self, Rotation, Runbook, SERVICE_HOST};
use crate::server::{SUPERUSER_PASSWORD, Server, give_away, succeed, workspace};
use crate::stage::{Cluster, Volume, as_the_chart_makes_it, can_log_in, eventually, failure, programs, text};

/// The roles, each with its key and the password that it starts with.
const ROLES: [(&str, &str, &str); 3] = [
    ("viridial", "password", "old password"),
    ("repl_user", "replication-password", "replication"),
    ("postgres", "postgres-password", SUPERUSER_PASSWORD),
];

#[test]
#[ignore = "needs a PostgreSQL server: just test-peers"]
fn a_changed_password_counts_and_stands_in_no_log() {
    let Some(bin) = programs() else { return };
    let server = Server::start(&bin, "");
    as_the_chart_makes_it(&server, "old password");
    let cluster = Cluster::new(&server, &Volume::new());
    let context = runbook::full(server.port);
    let runbook = Runbook::render(&context);
    for (role, key, old) in ROLES {
        assert!(can_log_in(&server, role, old));
        let rotation = Rotation::of_password(&context, role, key);
        succeed(cluster.run(&runbook.block(
            "change a password",
            "sh",
            &format!("rotate staging postgres-auth {key}\n"),
        )));
        let new = fs::read_to_string(cluster.path("sealed").join(key)).unwrap();
        let output = cluster.run(&rotation.commands(0));
        assert!(output.status.success(), "{}", text(&output.stderr));
        assert!(can_log_in(&server, role, &new) && !server.sql_as(role, old, "postgres", "").status.success());
        let calls = fs::read_to_string(cluster.path("calls")).unwrap();
        for trace in [calls, server.log(), text(&output.stdout), text(&output.stderr)] {
            assert!(!trace.contains(&new), "{trace}");
        }
        succeed(cluster.run(&rotation.commands(1)));
        cluster.secret("postgres-auth", key, &new);
    }
    let calls = fs::read_to_string(cluster.path("calls")).unwrap();
    assert!(calls.contains("gen build staging\n") && calls.contains("git push"), "{calls}");

    // Where the database does not answer, the file must not be published: the block fails.
    let unreachable = Rotation::of_password(&runbook::plain(1), "viridial", "password");
    let output = cluster.run(&format!("set -e\n{}", unreachable.commands(0)));
    assert!(!output.status.success());
}

#[test]
#[ignore = "needs a PostgreSQL server: just test-peers"]
fn a_password_that_was_told_too_early_goes_back() {
    let Some(bin) = programs() else { return };
    let server = Server::start(&bin, "");
    as_the_chart_makes_it(&server, "old password");
    let cluster = Cluster::new(&server, &Volume::new());
    let context = runbook::full(server.port);
    for (role, key, old) in ROLES {
        cluster.secret("postgres-auth", key, old);
        let rotation = Rotation::of_password(&context, role, key);
        succeed(cluster.run(&format!("gen secret rotate staging postgres-auth {key}")));
        let new = fs::read_to_string(cluster.path("sealed").join(key)).unwrap();
        succeed(cluster.run(&rotation.commands(0)));
        assert!(can_log_in(&server, role, &new));
        let output = cluster.run(&rotation.commands(3));
        assert!(output.status.success(), "{}", text(&output.stderr));
        assert!(can_log_in(&server, role, old) && !server.sql_as(role, &new, "postgres", "").status.success());
        let calls = fs::read_to_string(cluster.path("calls")).unwrap();
        assert!(calls.ends_with("git restore environments/staging/secrets/postgres-auth.sops.yaml\n"), "{calls}");
        for trace in [calls, server.log(), text(&output.stdout), text(&output.stderr)] {
            assert!(!trace.contains(&new), "{trace}");
        }
    }

    // Where the cluster does not say the old password, no empty one is set, and the file stays.
    fs::remove_dir_all(cluster.path("secrets").join("postgres-auth")).unwrap();
    let (before, log) = (fs::read_to_string(cluster.path("calls")).unwrap(), server.log());
    cluster.run(&Rotation::of_password(&context, "viridial", "password").commands(3));
    let after = fs::read_to_string(cluster.path("calls")).unwrap();
    assert!(!after[before.len()..].contains("git restore") && !server.log()[log.len()..].contains("ALTER"), "{after}");
    assert!(can_log_in(&server, "viridial", "old password"));
}

#[test]
#[ignore = "needs a PostgreSQL server: just test-peers"]
fn the_statements_of_the_runbook_run() {
    let Some(bin) = programs() else { return };
    let server = Server::start(&bin, "");
    as_the_chart_makes_it(&server, "password");
    server.sql("viridial", "CREATE TABLE held (n int); ALTER TABLE held OWNER TO viridial");
    let insert = || server.sql_as("viridial", "password", "viridial", "INSERT INTO held VALUES (1)").status.success();
    let runbook = Runbook::render(&runbook::full(server.port));
    for block in runbook.blocks().into_iter().filter(|block| block.language == "sql") {
        server.sql("viridial", &block.text);
    }
    let step = |needle: &str| runbook.block("restore into a new claim and switch", "sql", needle);
    assert!(insert());
    server.sql("postgres", &step("default_transaction_read_only = on"));
    eventually(|| (!insert()).then_some(()));
    Volume::new().back_up(&server);
    server.sql("postgres", &step("RESET default_transaction_read_only"));
    eventually(|| insert().then_some(()));

    let cluster = Cluster::new(&server, &Volume::new());
    cluster.secret("postgres-auth", "password", "password");
    let plain = Runbook::render(&runbook::plain(server.port));
    let connect = plain.block("connect", "sh", "user=viridial");
    assert!(succeed(cluster.run(&format!("{} -c 'SELECT current_user'", connect.trim_end()))).contains("viridial"));
    let superuser = plain.block("connect", "sh", "-U postgres");
    assert!(superuser.contains("-d \"viridial\"'"));
    succeed(cluster.run(&superuser));
}

/// A certificate authority and a server certificate for the Service's name, made by openssl.
fn certificates(folder: &Path) {
    let script = format!(
        "cd '{}' && exec 2>&1
         openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=ca -keyout ca.key -out ca.crt &&
         openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=other -keyout other.key -out other.crt &&
         openssl req -newkey rsa:2048 -nodes -subj /CN=postgres -keyout tls.key -out tls.csr &&
         printf 'subjectAltName=DNS:{SERVICE_HOST}' >names &&
         openssl x509 -req -in tls.csr -days 2 -CA ca.crt -CAkey ca.key -CAcreateserial -extfile names -out tls.crt",
        folder.display()
    );
    succeed(Command::new("sh").args(["-c", &script]).output().unwrap());
    give_away(&folder.join("tls.key"));
}

#[test]
#[ignore = "needs a PostgreSQL server: just test-peers"]
fn tls_is_verified_by_backup_restore_and_runbook() {
    let Some(bin) = programs() else { return };
    let keys = workspace();
    certificates(keys.path());
    let file = |name: &str| keys.path().join(name).to_str().unwrap().to_owned();
    let settings = format!("ssl = on\nssl_cert_file = '{}'\nssl_key_file = '{}'", file("tls.crt"), file("tls.key"));
    let server = Server::start(&bin, &settings);
    as_the_chart_makes_it(&server, "password");

    let volume = Volume::new();
    let verified = |host: &'static str, authority: &str| {
        let authority = file(authority);
        volume
            .command(
                &server,
                &[
                    ("PGHOST", Some(host)),
                    ("PGHOSTADDR", Some("127.0.0.1")),
                    ("PGSSLMODE", Some("verify-full")),
                    ("PGSSLROOTCERT", Some(&authority)),
                ],
            )
            .output()
            .unwrap()
    };
    assert!(failure(&verified(SERVICE_HOST, "other.crt")).contains("certificate verify failed"));
    assert!(failure(&verified("elsewhere.svc", "ca.crt")).contains("does not match host name"));
    assert_eq!(volume.names(false), Vec::<String>::new());
    succeed(verified(SERVICE_HOST, "ca.crt"));
    let stamp = volume.names(false).remove(0);

    let cluster = Cluster::new(&server, &volume);
    cluster.secret("postgres-auth", "password", "password");
    cluster.secret("postgres-tls", "ca.crt", &fs::read_to_string(file("ca.crt")).unwrap());
    let runbook = Runbook::render(&runbook::with_tls(server.port));
    cluster.start_restore_pod(&runbook);
    succeed(cluster.restore(&runbook, &stamp, false));

    let connect = runbook.block("connect", "sh", "sslmode=verify-full");
    give_away(cluster.folder.path());
    let ask = "SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
    assert!(succeed(cluster.run(&format!("{} -Atc '{ask}'", connect.trim_end()))).contains("TLSv1"));
    cluster.secret("postgres-tls", "ca.crt", &fs::read_to_string(file("other.crt")).unwrap());
    assert!(failure(&cluster.run(&connect)).contains("certificate verify failed"));
    assert!(failure(&cluster.restore(&runbook, &stamp, false)).contains("is a replica or cannot be reached"));
}
