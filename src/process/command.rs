//! Commands that people name in variables such as `EDITOR`.

use std::{
    fmt, io,
    process::{Command, ExitStatus, Stdio},
};

/// The words of a command line, split as a POSIX shell does, quotes and backslashes included; variables, globs and pipes mean
/// nothing. `None` where a quote is left open or there is no word.
#[must_use]
pub fn words(line: &str) -> Option<Vec<String>> {
    shlex::split(line).filter(|words| !words.is_empty())
}

/// Why a command gave no answer. Nothing of what it printed is in here: that may be half a key.
#[derive(Debug)]
pub enum Failure {
    /// It could not be started.
    Start(io::Error),
    /// It ended with a failure.
    Ended(ExitStatus),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Start(error) if error.kind() == io::ErrorKind::NotFound => f.write_str("there is no such program"),
            Failure::Start(error) => write!(f, "it cannot be started: {error}"),
            Failure::Ended(status) => write!(f, "it failed ({status})"),
        }
    }
}

impl std::error::Error for Failure {}

/// What a command prints. It has no stdin (which may hold something that is meant for gen), the variables of gen beside `more`, and it
/// may tell people something on stderr.
///
/// # Errors
/// When it cannot be started or fails.
pub fn output(words: &[String], more: &[(&str, &str)]) -> Result<Vec<u8>, Failure> {
    let Some((program, arguments)) = words.split_first() else {
        return Err(Failure::Start(io::ErrorKind::NotFound.into()));
    };
    let mut command = Command::new(program);
    command.args(arguments).envs(more.iter().copied()).stdin(Stdio::null()).stderr(Stdio::inherit());
    let output = command.output().map_err(Failure::Start)?;
    if output.status.success() { Ok(output.stdout) } else { Err(Failure::Ended(output.status)) }
}
