//! The backup, the restore and the runbook of the Postgres component against a real PostgreSQL server from the system's
//! packages. The fast tests here read the texts only; the ignored ones need the server: `just test-peers`.
#![allow(clippy::unwrap_used)]

#[path = "postgres/runbook.rs"]
mod runbook;
#[path = "postgres/server.rs"]
mod server;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use runbook::{Runbook, SERVICE_HOST};
use serde_json::Value;
use server::{SUPERUSER_PASSWORD, Server, binaries, command, give_away, succeed, workspace};
use tempfile::TempDir;

const BACKUP: &str = include_str!("../src/component/postgres/backup.sh");
const RESTORE: &str = include_str!("../src/component/postgres/restore.sh");

/// Names that a careless script takes for an option, a path, a connection string, a command or two lines.
const HOSTILE: [&str; 4] = [
    "--host=example.com",
    "postgresql://example.com/a=b?sslmode=disable",
    "it's a \"trap\" \\ $(id) `id` ; ../../etc",
    "two\nlines\tand a tab\\n ",
];

#[test]
fn no_text_is_changed_by_kubernetes_or_flux() {
    for script in [BACKUP, RESTORE] {
        assert!(!script.contains("${"), "Flux substitutes what stands in braces");
        assert_eq!(expanded_by_kubernetes(script), script);
        assert!(
            script.is_ascii() && !script.contains('\t') && !script.contains(" \n"),
            "has to survive as a YAML block"
        );
    }
    assert_eq!(expanded_by_kubernetes("a $(PGHOST) b $$(PGHOST)"), "a value b $(PGHOST)");
}

/// What Kubernetes makes of an argument when every name that looks like a variable is one.
fn expanded_by_kubernetes(text: &str) -> String {
    let mut result = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        result.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('$') {
            result.push('$');
            rest = after;
        } else if let Some((name, after)) = rest.strip_prefix('(').and_then(|inner| inner.split_once(')')) {
            let is_name = name.chars().all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c));
            result.push_str(&if is_name { "value".to_owned() } else { format!("$({name})") });
            rest = after;
        } else {
            result.push('$');
        }
    }
    result + rest
}

fn every_runbook() -> [Runbook; 4] {
    [runbook::plain(5432), runbook::with_backup(5432), runbook::with_tls(5432), runbook::full(5432)]
        .map(|context| Runbook::render(&context))
}

#[test]
fn the_runbook_renders_for_every_kind_of_instance() {
    for runbook in every_runbook() {
        for rest in ["{{ ", "{%", "{#", "none", "undefined", "\n\n\n"] {
            let at = runbook.text.find(rest).unwrap_or_default();
            assert_eq!(at, 0, "{rest:?} in: {}", &runbook.text[at.saturating_sub(200)..]);
        }
        let trailing: Vec<&str> = runbook.text.lines().filter(|line| line.ends_with(' ')).collect();
        assert_eq!(trailing, Vec::<&str>::new());
        for block in runbook.blocks() {
            assert!(["sh", "sql", "yaml"].contains(&block.language.as_str()), "{block:?}");
        }
        assert_eq!(runbook.text.matches("```").count(), runbook.blocks().len() * 2);
    }
}

#[test]
fn the_runbook_speaks_of_what_there_is_only() {
    let plain = Runbook::render(&runbook::plain(5432)).text;
    for absent in ["cronjob/", "restore.sh", "sslmode", "postgres-read", "exporter"] {
        assert!(!plain.contains(absent), "{absent}");
    }
    let full = Runbook::render(&runbook::full(5432)).text;
    for present in
        ["cronjob/postgres-backup", "sslmode=verify-full", "data-postgres-read-1", "identity, api", "exporter"]
    {
        assert!(full.contains(present), "{present}");
    }
}

#[test]
fn the_restore_pod_satisfies_pod_security_restricted() {
    let runbook = Runbook::render(&runbook::full(5432));
    let pod = document(&runbook.block("restore into a new claim and switch", "sh", "kind: Pod"));
    let spec = &pod["spec"];
    assert_eq!(spec["securityContext"]["runAsNonRoot"], true);
    assert_eq!(spec["securityContext"]["seccompProfile"]["type"], "RuntimeDefault");
    let container = &spec["containers"][0];
    assert_eq!(container["securityContext"]["allowPrivilegeEscalation"], false);
    assert_eq!(container["securityContext"]["capabilities"]["drop"], serde_json::json!(["ALL"]));
    for volume in spec["volumes"].as_array().unwrap() {
        assert!(volume.get("hostPath").is_none());
    }
    assert_eq!(pod["metadata"]["labels"]["app.kubernetes.io/component"], "backup");
}

/// The manifest in a block's here-document.
fn document(block: &str) -> Value {
    let text = block.split_once("<<'EOF'\n").unwrap().1.split_once("\nEOF\n").unwrap().0;
    serde_saphyr::from_str(text).unwrap()
}

#[test]
#[ignore = "needs bash: just test-peers"]
fn every_command_is_valid_shell() {
    let blocks = every_runbook().into_iter().flat_map(|runbook| runbook.blocks());
    let commands = blocks.filter(|block| block.language == "sh").map(|block| block.text);
    let fake = include_str!("postgres/kubectl").to_owned();
    for script in commands.chain([BACKUP.to_owned(), RESTORE.to_owned(), fake]) {
        let output = Command::new("bash").args(["-n", "-c", &script]).output().unwrap();
        assert!(output.status.success() && output.stderr.is_empty(), "{}\n{script}", text(&output.stderr));
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The folder of PostgreSQL's programs, or a loud word that a test is left out.
fn programs() -> Option<PathBuf> {
    let found = binaries();
    if found.is_none() {
        eprintln!("SKIPPED: no PostgreSQL below /usr/lib/postgresql (apt-get install postgresql)");
    }
    found
}

/// A backup volume and what the CronJob does on it.
struct Volume(TempDir);

impl Volume {
    fn new() -> Self {
        Self(workspace())
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// The command of the backup's pod, with `changes` to its environment; `None` removes a variable.
    fn command(&self, server: &Server, changes: &[(&str, Option<&str>)]) -> Command {
        let mut environment = server.environment("postgres", SUPERUSER_PASSWORD);
        environment.insert("BACKUP_DIR".to_owned(), self.path().to_str().unwrap().to_owned());
        environment.insert("RETENTION_MINUTES".to_owned(), "43200".to_owned());
        for (name, value) in changes {
            environment.remove(*name);
            environment.extend(value.map(|value| ((*name).to_owned(), value.to_owned())));
        }
        let mut command = command("bash", &environment);
        command.args(["-ec", BACKUP, "backup", RESTORE]);
        command
    }

    fn back_up(&self, server: &Server) -> String {
        succeed(self.command(server, &[]).output().unwrap())
    }

    /// The names on the volume that a reader takes for complete backups, and, with `hidden`, everything else.
    fn names(&self, hidden: bool) -> Vec<String> {
        let entries = fs::read_dir(self.path()).unwrap();
        let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.retain(|name| name.starts_with('.') == hidden && name != ".lock");
        names.sort();
        names
    }

    /// Puts an old backup there that is `days` old by its name.
    fn old_backup(&self, days: u32) -> String {
        let ago = format!("{days} days ago");
        let name = succeed(Command::new("date").args(["-u", "-d", &ago, "+%Y%m%dT%H%M%SZ"]).output().unwrap());
        let folder = self.path().join(name.trim());
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("roles.sql"), "").unwrap();
        give_away(&folder);
        name.trim().to_owned()
    }

    fn failure(&self, server: &Server, changes: &[(&str, Option<&str>)]) -> String {
        failure(&self.command(server, changes).output().unwrap())
    }
}

/// What a program that failed, as it should, said.
fn failure(output: &Output) -> String {
    assert!(!output.status.success(), "{}", text(&output.stdout));
    text(&output.stderr)
}

/// The cluster as the runbook's commands see it: stand-ins for kubectl, sops, gen and git before the real programs.
struct Cluster {
    folder: TempDir,
    environment: BTreeMap<String, String>,
}

impl Cluster {
    /// One in which `server` is what the database's pod and the Service reach.
    fn new(server: &Server, volume: &Volume) -> Self {
        let folder = workspace();
        let path = folder.path();
        for (name, script) in [
            ("kubectl", include_str!("postgres/kubectl")),
            (
                "sops",
                "#!/usr/bin/env bash\nprintf '%s\\n' \"sops $*\" >>\"$CLUSTER/calls\"\ncat >\"$CLUSTER/sealed\"\n",
            ),
            ("gen", "#!/usr/bin/env bash\nprintf '%s\\n' \"gen $*\" >>\"$CLUSTER/calls\"\n"),
            (
                "git",
                "#!/usr/bin/env bash\nprintf '%s\\n' \"git $*\" >>\"$CLUSTER/calls\"\n[ \"$1\" != rev-parse ] || echo 4b825dc\n",
            ),
        ] {
            let program = path.join("bin").join(name);
            fs::create_dir_all(path.join("bin")).unwrap();
            fs::write(&program, script).unwrap();
            fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        }
        std::os::unix::fs::symlink(volume.path(), path.join("backup")).unwrap();
        let mut environment = server.environment("", "");
        environment.retain(|name, _| name == "PATH");
        let programs = format!("{}:{}", path.join("bin").display(), environment["PATH"]);
        environment.insert("PATH".to_owned(), programs);
        environment.insert("CLUSTER".to_owned(), path.to_str().unwrap().to_owned());
        let cluster = Self { folder, environment };
        cluster.secret("postgres-auth", "postgres-password", SUPERUSER_PASSWORD);
        fs::write(cluster.path("restore.env"), "").unwrap();
        cluster
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn secret(&self, name: &str, key: &str, value: &str) {
        let folder = self.path("secrets").join(name);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(key), value).unwrap();
    }

    /// Runs a block as somebody who pastes it into a terminal does.
    fn run(&self, block: &str) -> Output {
        command("bash", &self.environment)
            .args(["-c", block])
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .output()
            .unwrap()
    }

    /// Gives the restore pod the environment that its manifest says, with the tunnel to the server.
    fn start_restore_pod(&self, runbook: &Runbook) {
        let block = runbook.block("restore into a new claim and switch", "sh", "kind: Pod");
        succeed(self.run(&block));
        let pod: Value = serde_saphyr::from_str(&fs::read_to_string(self.path("Pod.yaml")).unwrap()).unwrap();
        let mut lines = "export PGHOSTADDR=127.0.0.1\n".to_owned();
        for variable in pod["spec"]["containers"][0]["env"].as_array().unwrap() {
            let name = variable["name"].as_str().unwrap();
            let value = if let Some(key) = variable["valueFrom"]["secretKeyRef"]["key"].as_str() {
                format!("$(cat \"$CLUSTER/secrets/postgres-auth/{key}\")")
            } else {
                variable["value"].as_str().unwrap().replace("/tls/", "$CLUSTER/secrets/postgres-tls/")
            };
            lines.push_str(&format!("export {name}=\"{value}\"\n"));
        }
        fs::write(self.path("restore.env"), lines).unwrap();
    }

    /// The runbook's restore of the backup named `stamp`.
    fn restore(&self, runbook: &Runbook, stamp: &str, overwrite: bool) -> Output {
        let needle = if overwrite { "OVERWRITE=yes" } else { "-- bash \"/backup" };
        let block = runbook.block("restore into a new claim and switch", "sh", needle);
        let chosen = block.replace("backup=20260131T020000Z", &format!("backup={stamp}"));
        assert_ne!(block, chosen);
        self.run(&chosen)
    }
}

/// The state that the chart leaves a new server in.
fn as_the_chart_makes_it(server: &Server, password: &str) {
    server.sql("postgres", &format!("CREATE ROLE viridial LOGIN CREATEDB PASSWORD '{password}'"));
    server.sql("postgres", "CREATE ROLE repl_user LOGIN REPLICATION PASSWORD 'replication'");
    server.sql("postgres", "CREATE DATABASE viridial OWNER viridial");
}

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

fn can_log_in(server: &Server, user: &str, password: &str) -> bool {
    server.sql_as(user, password, "postgres", "SELECT 1").status.success()
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
    assert!(can_log_in(&target, "postgres", SUPERUSER_PASSWORD) || !target.sql("template1", "SELECT 1").is_empty());

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

    // A dump that waits for a lock, whose connection is then cut.
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
    let complete = eventually(|| volume.command(&server, &[]).output().ok().filter(|output| output.status.success()));
    assert!(text(&complete.stdout).contains("is complete"));
    assert_eq!((volume.names(false).len(), volume.names(true).len()), (1, 0));
}

/// A backup that is stuck: somebody holds a lock on a table.
fn waiting_backup(volume: &Volume, server: &Server) -> std::process::Child {
    let mut environment = server.environment("viridial", "password");
    environment.insert("PGDATABASE".to_owned(), "viridial".to_owned());
    environment.insert("PGUSER".to_owned(), "postgres".to_owned());
    environment.insert("PGPASSWORD".to_owned(), SUPERUSER_PASSWORD.to_owned());
    let lock = "BEGIN; LOCK TABLE held IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(600)";
    command("psql", &environment).args(["-X", "-c", lock]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let locked =
        "SELECT 1 FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND granted AND relation = 'held'::regclass";
    eventually(|| (!server.sql("viridial", locked).is_empty()).then_some(()));
    let mut backup = volume.command(server, &[]);
    let running = backup.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let waiting = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND application_name = 'backup'";
    eventually(|| (!server.sql("postgres", waiting).is_empty()).then_some(()));
    running
}

/// Asks again until there is an answer; half a minute without one ends the test.
fn eventually<T>(mut ask: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + Duration::from_secs(30);
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(Instant::now() < end, "waited for half a minute");
        sleep(Duration::from_millis(100));
    }
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

#[test]
#[ignore = "needs a PostgreSQL server: just test-peers"]
fn a_changed_password_counts_and_stands_in_no_log() {
    let Some(bin) = programs() else { return };
    let server = Server::start(&bin, "");
    as_the_chart_makes_it(&server, "old password");
    let cluster = Cluster::new(&server, &Volume::new());
    let runbook = Runbook::render(&runbook::full(server.port));
    for (role, key, old) in [
        ("viridial", "password", "old password"),
        ("repl_user", "replication-password", "replication"),
        ("postgres", "postgres-password", SUPERUSER_PASSWORD),
    ] {
        assert!(can_log_in(&server, role, old));
        let output = cluster.run(&runbook.block("change a password", "sh", &format!("[\"{key}\"]")));
        assert!(output.status.success(), "{}", text(&output.stderr));
        let sealed = fs::read_to_string(cluster.path("sealed")).unwrap();
        let new: String = serde_json::from_str(&sealed).unwrap();
        assert!(new.len() >= 32);
        assert!(can_log_in(&server, role, &new) && !server.sql_as(role, old, "postgres", "").status.success());
        let calls = fs::read_to_string(cluster.path("calls")).unwrap();
        for trace in [calls, server.log(), text(&output.stdout), text(&output.stderr)] {
            assert!(!trace.contains(&new), "{trace}");
        }
        succeed(cluster.run(&runbook.block("change a password", "sh", &format!("Change the password of {role} in"))));
    }
    let calls = fs::read_to_string(cluster.path("calls")).unwrap();
    assert!(calls.contains("sops set --value-stdin environments/staging/secrets/postgres-auth.sops.yaml"), "{calls}");
    assert!(calls.contains("gen build staging\n") && calls.contains("git push"), "{calls}");

    // Where the database does not answer, the file must not be published: the block fails.
    let unreachable = Runbook::render(&runbook::plain(1));
    let output = cluster.run(&format!("set -e\n{}", unreachable.block("change a password", "sh", "[\"password\"]")));
    assert!(!output.status.success());
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
