//! Files of private keys outside the repository: found, or made.

use std::{
    fs,
    io::Read as _,
    path::{Component, Path, PathBuf},
    time::SystemTime,
};

use super::Trouble;
use crate::{
    plain::Plain,
    scalar::{Date, DnsLabel},
    sops::Identity,
    tree::{Access, write_file},
};

/// Identity files are small; a device has no end.
const LARGEST: u64 = 1 << 20;

/// A file of private keys.
pub(in crate::cli) struct KeyFile {
    pub(in crate::cli) path: PathBuf,
    /// The public keys in it, at least one.
    pub(in crate::cli) recipients: Vec<String>,
    /// What the file shall hold; `None` where it exists.
    new: Option<Plain>,
}

impl KeyFile {
    /// The file at `path` as it is, or with a new identity that [`KeyFile::write`] will put there. `root` is the repository's, where
    /// no private key may lie.
    pub(in crate::cli) fn at(path: &Path, root: &Path) -> Result<KeyFile, Trouble> {
        let path = absolute(path)?;
        if path.starts_with(root) {
            return Err(Trouble(format!(
                "{} lies in the repository {}: a private key there is committed sooner or later. Name a file elsewhere",
                path.display(),
                root.display()
            )));
        }
        if path.symlink_metadata().is_ok() {
            let identities = read(&path)?;
            let recipients: Vec<String> = identities.iter().filter_map(Identity::recipient).collect();
            return match recipients.is_empty() {
                true => Err(Trouble(format!("{} holds no private key", path.display()))),
                false => Ok(KeyFile { path, recipients, new: None }),
            };
        }
        let identity = Identity::generate();
        let (Some(public), Some(private)) = (identity.recipient(), identity.private_line()) else {
            return Err(Trouble("a new key could not be made".to_owned()));
        };
        let mut text = Vec::with_capacity(300);
        let head = format!("# created: {}\n# public key: {public}\n", now(SystemTime::now()));
        for piece in [head.as_bytes(), private.expose(), b"\n"] {
            text.extend_from_slice(piece);
        }
        Ok(KeyFile { path, recipients: vec![public], new: Some(Plain::new(text)) })
    }

    /// Whether the key is new.
    pub(in crate::cli) fn is_new(&self) -> bool {
        self.new.is_some()
    }

    /// Writes a new key; a file that exists is left as it is.
    pub(in crate::cli) fn write(&self) -> Result<(), Trouble> {
        let Some(new) = &self.new else { return Ok(()) };
        // The nearest folder that exists is where making folders begins.
        let root = self.path.ancestors().skip(1).find(|folder| folder.is_dir()).unwrap_or(Path::new("/"));
        let below = self.path.strip_prefix(root).ok().and_then(Path::to_str);
        let below = below.ok_or_else(|| Trouble(format!("the name of {} is not UTF-8", self.path.display())))?;
        Ok(write_file(root, below, new.expose(), None, Access::Private)?)
    }

    /// Whether others than its owner may read it.
    #[cfg(unix)]
    pub(in crate::cli) fn is_open_to_others(&self) -> bool {
        use std::os::unix::fs::PermissionsExt as _;
        fs::metadata(&self.path).is_ok_and(|found| found.permissions().mode() & 0o077 != 0)
    }
}

/// The identities in a file such as `keys.txt`.
pub(in crate::cli) fn read(path: &Path) -> Result<Vec<Identity>, Trouble> {
    let cannot = |why: String| Trouble(format!("cannot use {}: {why}", path.display()));
    let is_file = fs::metadata(path).map_err(|error| cannot(error.to_string()))?.is_file();
    if !is_file {
        return Err(cannot("it is no file".to_owned()));
    }
    let mut bytes = Vec::with_capacity(LARGEST as usize);
    let file = fs::File::open(path).map_err(|error| cannot(error.to_string()))?;
    file.take(LARGEST).read_to_end(&mut bytes).map_err(|error| cannot(error.to_string()))?;
    Identity::parse_age(&Plain::new(bytes)).map_err(cannot)
}

/// The path without symbolic links, as far as it exists.
pub(in crate::cli) fn absolute(path: &Path) -> Result<PathBuf, Trouble> {
    let mut whole = std::env::current_dir()?;
    for component in path.components() {
        match component {
            Component::ParentDir => {
                whole.pop();
            }
            Component::CurDir => {}
            other => whole.push(other),
        }
        if let Ok(real) = whole.canonicalize() {
            whole = real;
        }
    }
    Ok(whole)
}

/// The root of the Git repository around a folder. A home directory under Git is no such root: it holds people's settings.
pub(in crate::cli) fn git_around(folder: &Path) -> Option<PathBuf> {
    let home = std::env::var_os("HOME").and_then(|home| PathBuf::from(home).canonicalize().ok());
    let is_root = |folder: &&Path| folder.join(".git").exists() && home.as_deref() != Some(*folder);
    folder.ancestors().find(is_root).map(Path::to_path_buf)
}

/// The holder's name: as given, or the login name made into one. `command` is what somebody without one, as root in a container is,
/// has to complete.
pub(in crate::cli) fn holder(given: Option<&str>, command: &str) -> Result<String, Trouble> {
    if let Some(given) = given {
        DnsLabel::parse(given).map_err(|reason| Trouble(format!("--holder {given}: {reason}")))?;
        return Ok(given.to_owned());
    }
    let login = ["USER", "LOGNAME", "USERNAME"].iter().find_map(|name| std::env::var(name).ok());
    let name = label(&login.unwrap_or_default());
    name.ok_or_else(|| {
        Trouble(format!(
            "whose key is it? There is no login name (USER) to take, so say it, with your own name for ann: `{command} --holder ann`"
        ))
    })
}

/// A name made into a DNS label, where anything is left of it.
pub(in crate::cli) fn label(text: &str) -> Option<String> {
    let lower = text.to_lowercase();
    let kept: String = lower.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).take(40).collect();
    let name = kept.trim_matches('-').to_owned();
    DnsLabel::parse(&name).is_ok().then_some(name)
}

/// A moment as `age-keygen` writes it, in UTC.
fn now(moment: SystemTime) -> String {
    let seconds = moment.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs() % 86_400);
    format!("{}T{:02}:{:02}:{:02}Z", Date::of(moment), seconds / 3600, seconds / 60 % 60, seconds % 60)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{label, now};
    use std::time::{Duration, SystemTime};

    #[test]
    fn names_of_people_and_folders_become_labels() {
        for (text, name) in
            [("ann", "ann"), ("Ann.Lee", "ann-lee"), ("_x_", "x"), (".tmpA1", "tmpa1"), ("DOM\\ann", "dom-ann")]
        {
            assert_eq!(label(text).as_deref(), Some(name), "{text}");
        }
        assert_eq!(label("é"), None);
        assert_eq!(label(""), None);
        assert_eq!(label(&"x".repeat(99)).unwrap().len(), 40);
    }

    #[test]
    fn a_moment_is_spelled_as_age_keygen_does() {
        let moment = SystemTime::UNIX_EPOCH + Duration::from_secs(1_764_000_000);
        assert_eq!(now(moment), "2025-11-24T16:00:00Z");
    }
}
