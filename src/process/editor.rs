//! The editor that sops would open.

use std::{
    env,
    ffi::OsStr,
    fmt, io,
    path::{Path, PathBuf},
    process::Command,
};

use super::{Failure, Guard, words};

/// An editor: a program and its arguments.
#[derive(Debug)]
pub struct Editor {
    words: Vec<String>,
}

/// Why there is no editor.
#[derive(Debug, PartialEq, Eq)]
pub enum NoEditor {
    /// The variable of this name is no command line.
    Unreadable(&'static str),
    /// No variable names one, and none of the usual ones is there.
    None,
}

impl fmt::Display for NoEditor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NoEditor::Unreadable(name) => write!(f, "{name} is no command line: is a quote left open?"),
            NoEditor::None => f.write_str("there is no editor: set EDITOR to one, such as EDITOR=nano"),
        }
    }
}

impl std::error::Error for NoEditor {}

/// What keeps vim from writing parts of a text elsewhere: swap files, registers and undo history. It is said after the user's own
/// settings.
const VIM: [&str; 5] = ["-n", "-i", "NONE", "-c", "set noswapfile nobackup nowritebackup noundofile viminfo="];

impl Editor {
    /// As sops finds it: `SOPS_EDITOR`, then `EDITOR`, then vim, nano or vi, whichever is there.
    ///
    /// # Errors
    /// When there is none.
    pub fn find() -> Result<Editor, NoEditor> {
        for name in ["SOPS_EDITOR", "EDITOR"] {
            match env::var(name) {
                Ok(line) if line.is_empty() => {}
                Ok(line) => return Ok(Editor { words: words(&line).ok_or(NoEditor::Unreadable(name))? }),
                Err(env::VarError::NotPresent) => {}
                Err(env::VarError::NotUnicode(_)) => return Err(NoEditor::Unreadable(name)),
            }
        }
        let usual = ["vim", "nano", "vi"].into_iter().find(|name| in_path(name).is_some());
        usual.map(|name| Editor { words: vec![name.to_owned()] }).ok_or(NoEditor::None)
    }

    /// What people call it.
    #[must_use]
    pub fn name(&self) -> &str {
        self.words.first().map_or("", String::as_str)
    }

    /// Opens a file in it and waits until it ends.
    ///
    /// # Errors
    /// When it cannot be started or says that it failed.
    pub fn open(&self, file: &Path, guard: &Guard) -> Result<(), Failure> {
        let Some((program, arguments)) = self.words.split_first() else {
            return Err(Failure::Start(io::ErrorKind::NotFound.into()));
        };
        let mut command = Command::new(program);
        command.args(arguments).args(self.discreet()).arg(file);
        let status = guard.wait(|| command.spawn()).map_err(Failure::Start)?;
        if status.success() { Ok(()) } else { Err(Failure::Ended(status)) }
    }

    /// Arguments that keep it from writing parts of the text outside the file's folder, where it is known to.
    fn discreet(&self) -> &'static [&'static str] {
        let program = in_path(self.name()).and_then(|path| path.canonicalize().ok());
        let name = program.as_deref().and_then(Path::file_name).and_then(OsStr::to_str).unwrap_or_default();
        match name.split('.').next() {
            Some("vim") => &VIM,
            // Neovim says `shada` where vim says `viminfo`; `-i NONE` is enough for it.
            Some("nvim") => &["-n", "-i", "NONE", "-c", "set noswapfile nobackup nowritebackup noundofile"],
            _ => &[],
        }
    }
}

/// Where a program is.
fn in_path(program: &str) -> Option<PathBuf> {
    if program.contains('/') {
        return Some(PathBuf::from(program)).filter(|path| path.is_file());
    }
    let folders = env::var_os("PATH")?;
    env::split_paths(&folders).map(|folder| folder.join(program)).find(|path| path.is_file())
}
