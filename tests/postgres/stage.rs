//! What surrounds a server: the backup's volume and pod, and the cluster that the runbook's commands talk to.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use crate::runbook::Runbook;
use crate::server::{SUPERUSER_PASSWORD, Server, binaries, command, give_away, succeed, workspace};

pub(crate) const BACKUP: &str = include_str!("../../src/component/postgres/backup.sh");
pub(crate) const RESTORE: &str = include_str!("../../src/component/postgres/restore.sh");

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The folder of PostgreSQL's programs, or a loud word that a test is left out.
pub(crate) fn programs() -> Option<PathBuf> {
    let found = binaries();
    if found.is_none() {
        eprintln!("SKIPPED: no PostgreSQL below /usr/lib/postgresql (apt-get install postgresql)");
    }
    found
}

/// A backup volume and what the CronJob does on it.
pub(crate) struct Volume(TempDir);

impl Volume {
    pub(crate) fn new() -> Self {
        Self(workspace())
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// The command of the backup's pod, with `changes` to its environment; `None` removes a variable.
    pub(crate) fn command(&self, server: &Server, changes: &[(&str, Option<&str>)]) -> Command {
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

    pub(crate) fn back_up(&self, server: &Server) -> String {
        succeed(self.command(server, &[]).output().unwrap())
    }

    /// The names on the volume that a reader takes for complete backups, and, with `hidden`, everything else.
    pub(crate) fn names(&self, hidden: bool) -> Vec<String> {
        let entries = fs::read_dir(self.path()).unwrap();
        let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.retain(|name| name.starts_with('.') == hidden && name != ".lock");
        names.sort();
        names
    }

    /// Puts an old backup there that is `days` old by its name.
    pub(crate) fn old_backup(&self, days: u32) -> String {
        let ago = format!("{days} days ago");
        let name = succeed(Command::new("date").args(["-u", "-d", &ago, "+%Y%m%dT%H%M%SZ"]).output().unwrap());
        let folder = self.path().join(name.trim());
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("roles.sql"), "").unwrap();
        give_away(&folder);
        name.trim().to_owned()
    }

    pub(crate) fn failure(&self, server: &Server, changes: &[(&str, Option<&str>)]) -> String {
        failure(&self.command(server, changes).output().unwrap())
    }
}

/// What a program that failed, as it should, said.
pub(crate) fn failure(output: &Output) -> String {
    assert!(!output.status.success(), "{}", text(&output.stdout));
    text(&output.stderr)
}

/// The cluster as the runbook's commands see it: stand-ins for kubectl, gen and git before the real programs.
pub(crate) struct Cluster {
    pub(crate) folder: TempDir,
    environment: BTreeMap<String, String>,
}

impl Cluster {
    /// One in which `server` is what the database's pod and the Service reach.
    pub(crate) fn new(server: &Server, volume: &Volume) -> Self {
        let folder = workspace();
        let path = folder.path();
        for (name, script) in [
            ("kubectl", include_str!("kubectl")),
            ("gen", include_str!("gen")),
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
        symlink(volume.path(), path.join("backup")).unwrap();
        let mut environment = server.environment("", "");
        environment.retain(|name, _| name == "PATH");
        let programs = format!("{}:{}", path.join("bin").display(), environment["PATH"]);
        environment.insert("PATH".to_owned(), programs);
        environment.insert("CLUSTER".to_owned(), path.to_str().unwrap().to_owned());
        let cluster = Self { folder, environment };
        cluster.secret("postgres-auth", "postgres-password", SUPERUSER_PASSWORD);
        fs::write(cluster.path("restore.env"), "").unwrap();
        fs::create_dir(cluster.path("sealed")).unwrap();
        give_away(&cluster.path("sealed"));
        cluster
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn secret(&self, name: &str, key: &str, value: &str) {
        let folder = self.path("secrets").join(name);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(key), value).unwrap();
    }

    /// Runs a block as somebody who pastes it into a terminal does.
    pub(crate) fn run(&self, block: &str) -> Output {
        command("bash", &self.environment)
            .args(["-c", block])
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .output()
            .unwrap()
    }

    /// Gives the restore pod the environment that its manifest says, with the tunnel to the server.
    pub(crate) fn start_restore_pod(&self, runbook: &Runbook) {
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
    pub(crate) fn restore(&self, runbook: &Runbook, stamp: &str, overwrite: bool) -> Output {
        let needle = if overwrite { "OVERWRITE=yes" } else { "-- bash \"/backup" };
        let block = runbook.block("restore into a new claim and switch", "sh", needle);
        let chosen = block.replace("backup=20260131T020000Z", &format!("backup={stamp}"));
        assert_ne!(block, chosen);
        self.run(&chosen)
    }
}

/// The state that the chart leaves a new server in.
pub(crate) fn as_the_chart_makes_it(server: &Server, password: &str) {
    server.sql("postgres", &format!("CREATE ROLE viridial LOGIN CREATEDB PASSWORD '{password}'"));
    server.sql("postgres", "CREATE ROLE repl_user LOGIN REPLICATION PASSWORD 'replication'");
    server.sql("postgres", "CREATE DATABASE viridial OWNER viridial");
}

pub(crate) fn can_log_in(server: &Server, user: &str, password: &str) -> bool {
    server.sql_as(user, password, "postgres", "SELECT 1").status.success()
}

/// Asks again until there is an answer; half a minute without one ends the test.
pub(crate) fn eventually<T>(mut ask: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + Duration::from_secs(30);
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(Instant::now() < end, "waited for half a minute");
        sleep(Duration::from_millis(100));
    }
}
