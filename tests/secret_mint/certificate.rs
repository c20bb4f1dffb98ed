//! What openssl and libpq say about a certificate that gen made.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use crate::stage::{TEXTS, TLS, example, key, values, without_key, works};

/// The certificate of the example's production, made anew, as files.
fn made(folder: &Path) {
    let repository = example();
    repository.remove(TLS);
    works(&without_key(&repository, &["generate", "production"]));
    let texts = values(&repository.read(TLS), key("flux"));
    for name in TEXTS {
        fs::write(folder.join(name), &texts[name]).unwrap();
        fs::set_permissions(folder.join(name), fs::Permissions::from_mode(0o600)).unwrap();
    }
}

fn run(folder: &Path, script: &str) -> Output {
    Command::new("sh").args(["-c", script]).current_dir(folder).output().unwrap()
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
#[ignore = "needs openssl: just test-peers"]
fn openssl_takes_it_for_every_name_of_the_services() {
    let folder = tempfile::tempdir().unwrap();
    made(folder.path());
    for name in [
        "postgres",
        "postgres.viridial-production",
        "postgres.viridial-production.svc",
        "postgres.viridial-production.svc.cluster.local",
        "postgres-read.viridial-production.svc",
        "postgres-primary.viridial-production.svc.cluster.local",
        "postgres-read-1.postgres-read-hl.viridial-production.svc.cluster.local",
    ] {
        let script =
            format!("openssl verify -x509_strict -purpose sslserver -CAfile ca.crt -verify_hostname {name} tls.crt");
        let output = run(folder.path(), &script);
        assert!(output.status.success(), "{name}: {}", said(&output));
    }
    let other = run(folder.path(), "openssl verify -CAfile ca.crt -verify_hostname postgres.other.svc tls.crt");
    assert!(said(&other).contains("mismatch"), "{}", said(&other));
    let authority = run(folder.path(), "openssl verify -x509_strict -CAfile ca.crt ca.crt");
    assert!(authority.status.success(), "{}", said(&authority));
    let pair = run(
        folder.path(),
        "test \"$(openssl pkey -in tls.key -pubout)\" = \"$(openssl x509 -in tls.crt -noout -pubkey)\" && \
         openssl x509 -in tls.crt -noout -checkend 62899200 && ! openssl x509 -in tls.crt -noout -checkend 63158400",
    );
    assert!(pair.status.success(), "{}", said(&pair));
}

/// The folder of PostgreSQL's programs.
fn programs() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").ok()?;
    versions.filter_map(|entry| Some(entry.ok()?.path().join("bin"))).find(|bin| bin.join("initdb").exists())
}

#[test]
#[ignore = "needs a PostgreSQL server: just test-peers"]
fn a_real_server_takes_it_and_libpq_verifies_it() {
    let Some(bin) = programs() else {
        eprintln!("SKIPPED: no PostgreSQL below /usr/lib/postgresql (apt-get install postgresql)");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    made(folder.path());
    let other = folder.path().join("other");
    fs::create_dir(&other).unwrap();
    made(&other);
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let script = format!(
        r#"set -eu
        as=""
        if [ "$(id -u)" = 0 ]; then chown -R nobody . && as="setpriv --reuid=65534 --regid=65534 --clear-groups"; fi
        $as '{bin}/initdb' --username=postgres --auth=trust --no-sync -D data >made 2>&1
        printf "listen_addresses='127.0.0.1'\nport={port}\nunix_socket_directories='$PWD'\nssl=on\nssl_cert_file='$PWD/tls.crt'\nssl_key_file='$PWD/tls.key'\n" >>data/postgresql.conf
        $as '{bin}/pg_ctl' --wait --silent -D data --log "$PWD/log" start
        trap "$as '{bin}/pg_ctl' --silent --mode=immediate -D data stop" EXIT
        ask() {{ psql -X -A -t "host=$1 hostaddr=127.0.0.1 port={port} user=postgres sslmode=verify-full sslrootcert=$2" -c 'SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()' 2>&1 || true; }}
        for name in postgres postgres.viridial-production.svc postgres-read-0.postgres-read-hl.viridial-production.svc; do
          [ "$(ask $name ca.crt)" = t ] || {{ ask $name ca.crt; exit 1; }}
        done
        ask elsewhere.svc ca.crt | grep -q 'does not match host name'
        ask postgres.viridial-production.svc other/ca.crt | grep -q 'certificate verify failed'
        "#,
        bin = bin.display()
    );
    let output = run(folder.path(), &script);
    let log = fs::read_to_string(folder.path().join("log")).unwrap_or_default();
    assert!(output.status.success(), "{}\n{log}", said(&output));
}
