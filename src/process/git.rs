//! What was committed, from the `git` program.

mod index;

use std::{
    fmt,
    io::{self, BufRead, BufReader, Read as _, Write},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

pub use index::{Index, Stage};

/// A folder in a Git repository: the repository's root or any folder below it. `GIT_DIR` and its like are honoured.
pub struct Git {
    folder: PathBuf,
}

/// A commit by its object name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit(String);

/// A file of a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its path, relative to the folder that git was asked in.
    pub path: String,
    /// Its size in bytes.
    pub size: u64,
    id: String,
}

/// A size that nobody has asked git for.
const UNKNOWN: u64 = u64::MAX;
/// The largest file that is taken without having been asked for its size: no larger one is read from a disk either.
const LARGEST_UNKNOWN: u64 = 4 << 20;

/// A version of a file that a commit brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The commit, abbreviated.
    pub commit: String,
    /// The file.
    pub entry: Entry,
}

/// Why git gave no answer.
#[derive(Debug)]
pub enum GitError {
    /// There is no `git` program.
    NoProgram,
    /// The folder is in no repository that git wants to read, with what it says.
    NoRepository(String),
    /// There is no such commit.
    NoCommit {
        /// Whether the repository holds only a part of its history.
        is_shallow: bool,
    },
    /// git failed, with what it says.
    Failed(String),
    /// A name of a file is not UTF-8.
    Name(String),
    /// The system refused.
    Io(io::Error),
}

impl fmt::Display for GitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            GitError::NoProgram => {
                f.write_str("there is no program `git` in PATH, and only it can read what was committed")
            }
            GitError::NoRepository(said) => write!(f, "there is no Git repository here that can be read: {said}"),
            GitError::NoCommit { is_shallow: true } => f.write_str("there is no such commit in this shallow clone"),
            GitError::NoCommit { is_shallow: false } => f.write_str("there is no such commit"),
            GitError::Failed(said) => write!(f, "git failed: {said}"),
            GitError::Name(name) => write!(f, "the name of {name} is not UTF-8"),
            GitError::Io(error) => write!(f, "git could not be asked: {error}"),
        }
    }
}

impl std::error::Error for GitError {}

impl From<io::Error> for GitError {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::NotFound { GitError::NoProgram } else { GitError::Io(error) }
    }
}

impl Git {
    /// The repository around `folder`.
    ///
    /// # Errors
    /// When there is none, or no git.
    pub fn open(folder: &Path) -> Result<Git, GitError> {
        let git = Git { folder: folder.to_owned() };
        match git.ask(&["rev-parse", "--git-dir"]) {
            Ok(_) => Ok(git),
            Err(GitError::Failed(said)) => Err(GitError::NoRepository(said)),
            Err(error) => Err(error),
        }
    }

    /// The commit that `revision` names: a branch, a tag, `HEAD~2`, an object name. It is never taken for an option.
    ///
    /// # Errors
    /// When it names none.
    pub fn commit(&self, revision: &str) -> Result<Commit, GitError> {
        let wanted = format!("{revision}^{{commit}}");
        // An empty name would mean HEAD, and a NUL ends an argument.
        let answer = match revision.is_empty() || revision.contains('\0') {
            true => Err(GitError::Failed(String::new())),
            false => self.ask(&["rev-parse", "--verify", "--quiet", "--end-of-options", &wanted]),
        };
        match answer {
            Ok(id) => Ok(Commit(id.trim().to_owned())),
            Err(GitError::Failed(_)) => {
                let is_shallow = self.ask(&["rev-parse", "--is-shallow-repository"])?.trim() == "true";
                Err(GitError::NoCommit { is_shallow })
            }
            Err(error) => Err(error),
        }
    }

    /// The short names of branches, remote ones too, and tags.
    ///
    /// # Errors
    /// When git fails.
    pub fn names(&self) -> Result<Vec<String>, GitError> {
        let format = "--format=%(refname:short)";
        let text = self.ask(&["for-each-ref", format, "refs/heads", "refs/remotes", "refs/tags"])?;
        Ok(text.lines().map(str::to_owned).collect())
    }

    /// The plain files of `commit` at `path`, a file or a folder, relative to this repository's folder. Symbolic links and submodules
    /// are left out.
    ///
    /// # Errors
    /// When git fails, or a name is not UTF-8.
    pub fn files(&self, commit: &Commit, path: &str) -> Result<Vec<Entry>, GitError> {
        let path = if path.is_empty() { "." } else { path };
        let listing = self.output(&["ls-tree", "-r", "-l", "-z", &commit.0, "--", path])?;
        let mut entries = Vec::new();
        for record in listing.split(|&byte| byte == 0).filter(|record| !record.is_empty()) {
            let Some(tab) = record.iter().position(|&byte| byte == b'\t') else { continue };
            let (facts, path) = (String::from_utf8_lossy(&record[..tab]), &record[tab + 1..]);
            let facts: Vec<&str> = facts.split_ascii_whitespace().collect();
            let [mode, "blob", id, size] = facts[..] else { continue };
            if !mode.starts_with("100") {
                continue;
            }
            let path = std::str::from_utf8(path);
            let path = path.map_err(|_| GitError::Name(String::from_utf8_lossy(&record[tab + 1..]).into_owned()))?;
            let size = size.parse().map_err(|_| GitError::Failed(format!("{path} has no size")))?;
            entries.push(Entry { path: path.to_owned(), size, id: id.to_owned() });
        }
        Ok(entries)
    }

    /// The versions of the plain files below `folders` that commits up to `commit` brought, the newest first; of the last `most`
    /// commits that touched one.
    ///
    /// # Errors
    /// When git fails, or a name is not UTF-8.
    pub fn history(&self, commit: &Commit, folders: &[&str], most: usize) -> Result<Vec<Change>, GitError> {
        let most = format!("--max-count={most}");
        let mut arguments = vec![
            "log",
            "--format=%h",
            "--raw",
            "--no-abbrev",
            "--no-renames",
            "-z",
            "--relative",
            &most,
            &commit.0,
            "--",
        ];
        arguments.extend(folders);
        let listing = self.output(&arguments)?;
        let mut changes = Vec::new();
        let mut short = String::new();
        let mut tokens = listing.split(|&byte| byte == 0);
        while let Some(token) = tokens.next() {
            let text = String::from_utf8_lossy(token);
            let Some(facts) = text.trim_start().strip_prefix(':') else {
                if !text.trim().is_empty() {
                    text.trim().clone_into(&mut short);
                }
                continue;
            };
            let facts: Vec<&str> = facts.split_ascii_whitespace().collect();
            let path = tokens.next().unwrap_or_default();
            let [_, mode, _, id, _] = facts[..] else { continue };
            if !mode.starts_with("100") {
                continue;
            }
            let path = std::str::from_utf8(path);
            let path = path.map_err(|_| GitError::Name("a file in the history".to_owned()))?.to_owned();
            changes.push(Change { commit: short.clone(), entry: Entry { path, size: UNKNOWN, id: id.to_owned() } });
        }
        Ok(changes)
    }

    /// What stands in `entries`, in their order; nothing of a change that brought a file of more than 4 MiB.
    ///
    /// # Errors
    /// When git fails or has not got one of them.
    pub fn contents(&self, entries: &[Entry]) -> Result<Vec<Vec<u8>>, GitError> {
        Ok(self.bounded(entries)?.into_iter().map(Option::unwrap_or_default).collect())
    }

    /// [`Git::contents`], which tells what was too large.
    fn bounded(&self, entries: &[Entry]) -> Result<Vec<Option<Vec<u8>>>, GitError> {
        let mut child = self.command(&["cat-file", "--batch"]).stdin(Stdio::piped()).spawn()?;
        let wanted: String = entries.iter().map(|entry| format!("{}\n", entry.id)).collect();
        let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
        // git stops reading while nobody takes its answers, so the questions are asked from elsewhere.
        let asking = std::thread::spawn(move || stdin.map_or(Ok(()), |mut stdin| stdin.write_all(wanted.as_bytes())));
        let read = match stdout {
            Some(stdout) => answers(BufReader::new(stdout), entries),
            None => Ok(Vec::new()),
        };
        let said = ended(child);
        let _ = asking.join();
        match (read, said) {
            (Ok(files), _) => Ok(files),
            (Err(_), Err(error)) => Err(error),
            (Err(error), Ok(())) => Err(error),
        }
    }

    fn ask(&self, arguments: &[&str]) -> Result<String, GitError> {
        Ok(String::from_utf8_lossy(&self.output(arguments)?).into_owned())
    }

    fn output(&self, arguments: &[&str]) -> Result<Vec<u8>, GitError> {
        let output = self.command(arguments).stdin(Stdio::null()).output()?;
        if output.status.success() { Ok(output.stdout) } else { Err(failed(&output.stderr)) }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("git");
        command.arg("-C").arg(&self.folder).arg("--no-pager").args(arguments);
        command.envs([
            ("GIT_OPTIONAL_LOCKS", "0"),
            ("GIT_TERMINAL_PROMPT", "0"),
            // A partial clone would fetch what it lacks.
            ("GIT_NO_LAZY_FETCH", "1"),
            ("GIT_ALLOW_PROTOCOL", "none"),
            ("LC_ALL", "C"),
        ]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }
}

fn answers(mut stdout: impl BufRead, entries: &[Entry]) -> Result<Vec<Option<Vec<u8>>>, GitError> {
    let mut files = Vec::with_capacity(entries.len());
    for entry in entries {
        let mut head = String::new();
        stdout.read_line(&mut head)?;
        let size =
            head.trim_end().strip_prefix(&format!("{} blob ", entry.id)).and_then(|size| size.parse::<u64>().ok());
        let is_it = |size: &u64| *size < UNKNOWN && (entry.size == UNKNOWN || *size == entry.size);
        let Some(size) = size.filter(is_it) else {
            return Err(GitError::Failed(format!("{} cannot be read", entry.path)));
        };
        if entry.size == UNKNOWN && size > LARGEST_UNKNOWN {
            io::copy(&mut stdout.by_ref().take(size + 1), &mut io::sink())?;
            files.push(None);
            continue;
        }
        let size = usize::try_from(size).map_err(io::Error::other)?;
        let mut bytes = vec![0; size + 1];
        stdout.read_exact(&mut bytes)?;
        bytes.truncate(size);
        files.push(Some(bytes));
    }
    Ok(files)
}

fn ended(child: Child) -> Result<(), GitError> {
    let output = child.wait_with_output()?;
    if output.status.success() { Ok(()) } else { Err(failed(&output.stderr)) }
}

/// The last line of what git said.
fn failed(stderr: &[u8]) -> GitError {
    let text = String::from_utf8_lossy(stderr);
    let last = text.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("it does not say why");
    GitError::Failed(last.trim_start_matches("fatal: ").to_owned())
}
