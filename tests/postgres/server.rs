//! A throw-away PostgreSQL server from the system's packages, on loopback, run by an unprivileged user.

use std::collections::BTreeMap;
use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

/// The superuser's password of a new server.
pub(crate) const SUPERUSER_PASSWORD: &str = "first superuser's password";

/// The user that the servers and scripts run as when the test itself runs as root, which PostgreSQL refuses.
const NOBODY: u32 = 65534;

/// The folder of `initdb` and the others, of the newest version that is installed.
pub(crate) fn binaries() -> Option<PathBuf> {
    let mut found: Vec<(u32, PathBuf)> = fs::read_dir("/usr/lib/postgresql")
        .ok()?
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let bin = entry.path().join("bin");
            bin.join("initdb").exists().then_some((entry.file_name().to_str()?.parse().ok()?, bin))
        })
        .collect();
    found.sort();
    found.pop().map(|(_, bin)| bin)
}

/// A folder that the unprivileged user owns.
pub(crate) fn workspace() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    give_away(folder.path());
    folder
}

/// Makes `path` the unprivileged user's own.
pub(crate) fn give_away(path: &Path) {
    if am_root() {
        chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
    }
}

fn am_root() -> bool {
    let output = Command::new("id").arg("-u").output().unwrap();
    output.stdout == b"0\n"
}

/// `program`, to be run by the unprivileged user with nothing but `environment` around it.
pub(crate) fn command(program: &str, environment: &BTreeMap<String, String>) -> Command {
    let mut command = if am_root() {
        let mut command = Command::new("setpriv");
        command.args([
            format!("--reuid={NOBODY}"),
            format!("--regid={NOBODY}"),
            "--clear-groups".to_owned(),
            program.to_owned(),
        ]);
        command
    } else {
        Command::new(program)
    };
    command.env_clear().envs(environment).current_dir("/");
    command
}

/// Standard output as text; a failure ends the test with what the program said.
pub(crate) fn succeed(output: Output) -> String {
    assert!(
        output.status.success(),
        "{}: {}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

/// A running server; it ends with this value.
pub(crate) struct Server {
    bin: PathBuf,
    folder: TempDir,
    pub(crate) port: u16,
}

impl Server {
    /// Starts an empty server. `settings` are lines of postgresql.conf.
    pub(crate) fn start(bin: &Path, settings: &str) -> Self {
        let folder = workspace();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let server = Self { bin: bin.to_owned(), folder, port };
        let password_file = server.path("superuser");
        fs::write(&password_file, SUPERUSER_PASSWORD).unwrap();
        server.tool(
            "initdb",
            &[
                "--username=postgres",
                "--auth=scram-sha-256",
                &format!("--pwfile={}", password_file.display()),
                "--encoding=UTF8",
                "--locale=C.UTF-8",
                "--no-sync",
                &format!("--pgdata={}", server.path("data").display()),
            ],
        );
        let configuration = server.path("data").join("postgresql.conf");
        let mut text = fs::read_to_string(&configuration).unwrap();
        text.push_str(&format!(
            "\nlisten_addresses = '127.0.0.1'\nport = {port}\nunix_socket_directories = '{}'\nfsync = off\n\
             log_statement = all\n{settings}\n",
            server.folder.path().display()
        ));
        fs::write(&configuration, text).unwrap();
        server.control("start");
        server
    }

    /// A path in the server's folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// What the server logged so far.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.path("log")).unwrap()
    }

    fn control(&self, action: &str) {
        let (data, log) = (self.path("data"), self.path("log"));
        let arguments = ["--wait", "--silent", "--mode=fast", "--pgdata", data.to_str().unwrap()];
        let log = ["--log", log.to_str().unwrap()];
        self.tool("pg_ctl", &[&arguments[..], &log, &[action]].concat());
    }

    fn tool(&self, name: &str, arguments: &[&str]) {
        let program = self.bin.join(name);
        let environment = BTreeMap::from([("LC_ALL".to_owned(), "C".to_owned())]);
        succeed(command(program.to_str().unwrap(), &environment).args(arguments).output().unwrap());
    }

    /// What a pod of this server gets as environment, for `user`.
    pub(crate) fn environment(&self, user: &str, password: &str) -> BTreeMap<String, String> {
        let path = format!("{}:/usr/local/bin:/usr/bin:/bin", self.bin.display());
        [
            ("PATH", path.as_str()),
            ("PGHOST", "127.0.0.1"),
            ("PGPORT", &self.port.to_string()),
            ("PGUSER", user),
            ("PGPASSWORD", password),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into()
    }

    /// Runs `text` in `database` as the superuser and returns what it prints.
    pub(crate) fn sql(&self, database: &str, text: &str) -> String {
        succeed(self.sql_as("postgres", SUPERUSER_PASSWORD, database, text))
    }

    /// Runs `text` in `database` as `user`.
    pub(crate) fn sql_as(&self, user: &str, password: &str, database: &str, text: &str) -> Output {
        let mut environment = self.environment(user, password);
        environment.insert("PGDATABASE".to_owned(), database.to_owned());
        let script = self.path("statement.sql");
        fs::write(&script, text).unwrap();
        command("psql", &environment)
            .args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-f"])
            .arg(&script)
            .output()
            .unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let data = self.path("data");
        let stop = ["--silent", "--mode=immediate", "--pgdata", data.to_str().unwrap_or_default(), "stop"];
        let environment = BTreeMap::new();
        // Nothing to report to while a failing test unwinds.
        let _ = command(self.bin.join("pg_ctl").to_str().unwrap_or_default(), &environment).args(stop).output();
    }
}
