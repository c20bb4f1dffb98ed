//! `gen.lock`: which files of a folder gen wrote, and what it wrote. It explains causes and is never trusted: what
//! stands on disk is always compared with the rendered bytes first.

use std::collections::BTreeMap;
use std::fmt;
use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

use super::{FileTree, path_problem};

/// The lock's file name, directly below `gitops/<env>/`.
pub const LOCK: &str = "gen.lock";

/// A SHA-256 digest.
pub type Digest = [u8; 32];

/// The files gen owns in one folder, with their digests; itself never among them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lock {
    /// More than one digest stands only behind a path that two sides of an unresolved merge give different digests.
    files: BTreeMap<String, Vec<Digest>>,
}

impl Lock {
    /// The lock of a tree.
    #[must_use]
    pub fn of(tree: &FileTree) -> Lock {
        Lock { files: tree.iter().map(|(path, bytes)| (path.to_owned(), vec![digest(bytes)])).collect() }
    }

    /// Reads the format of `sha256sum -c`: 64 hexadecimal digits, two spaces, the path.
    ///
    /// # Errors
    /// With the first line that does not belong there; merge-conflict markers are told from other damage.
    pub fn parse(bytes: &[u8]) -> Result<Lock, LockError> {
        match conflict(bytes) {
            Some(line) => Err(LockError::Conflict { line }),
            None => Lock::lines(bytes),
        }
    }

    /// The lock that an unresolved merge left: everything that either side owns.
    pub(super) fn both_sides(bytes: &[u8]) -> Result<Lock, LockError> {
        Lock::lines(bytes)
    }

    fn lines(bytes: &[u8]) -> Result<Lock, LockError> {
        let mut files: BTreeMap<String, Vec<Digest>> = BTreeMap::new();
        let merging = conflict(bytes).is_some();
        for (number, line) in (1..).zip(bytes.strip_suffix(b"\n").unwrap_or(bytes).split(|&byte| byte == b'\n')) {
            if bytes.is_empty() || merging && is_marker(line) {
                continue;
            }
            let broken = |reason| LockError::Malformed { line: number, reason };
            let line = std::str::from_utf8(line).map_err(|_| broken("it is not UTF-8"))?;
            let (hex, path) = line.split_once("  ").ok_or(broken("it is not `<sha256>  <path>`"))?;
            let digest = from_hex(hex).ok_or(broken("the digest is not 64 lower-case hexadecimal digits"))?;
            if path_problem(path).is_some() {
                return Err(broken("the path is not a plain relative one"));
            }
            let digests = files.entry(path.to_owned()).or_default();
            if !merging && !digests.is_empty() {
                return Err(broken("the path stands twice"));
            }
            digests.push(digest);
        }
        Ok(Lock { files })
    }

    /// The text of `gen.lock`, sorted by path.
    #[must_use]
    pub fn render(&self) -> String {
        let mut text = String::with_capacity(self.files.keys().map(|path| path.len() + 67).sum());
        for (path, digests) in &self.files {
            for digest in digests {
                for byte in digest {
                    text.push(char::from(HEX[usize::from(byte >> 4)]));
                    text.push(char::from(HEX[usize::from(byte & 15)]));
                }
                // Writing to a string cannot fail.
                let _ = writeln!(text, "  {path}");
            }
        }
        text
    }

    /// The files that gen wrote, sorted.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    /// Whether gen wrote a file at `path`.
    #[must_use]
    pub fn owns(&self, path: &str) -> bool {
        self.files.contains_key(path)
    }

    /// Whether `bytes` are what gen wrote at `path`.
    #[must_use]
    pub fn wrote(&self, path: &str, bytes: &[u8]) -> bool {
        self.files.get(path).is_some_and(|digests| digests.contains(&digest(bytes)))
    }
}

/// Why a `gen.lock` cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LockError {
    /// It holds merge-conflict markers; building again resolves them.
    Conflict {
        /// Where the first marker stands, counted from 1.
        line: u32,
    },
    /// It is no lock file.
    Malformed {
        /// The first line that does not belong, counted from 1.
        line: u32,
        /// What is wrong with it.
        reason: &'static str,
    },
}

impl fmt::Display for LockError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LockError::Conflict { line } => write!(f, "{LOCK} has merge-conflict markers from line {line} on"),
            LockError::Malformed { line, reason } => write!(f, "line {line} of {LOCK} does not parse: {reason}"),
        }
    }
}

impl std::error::Error for LockError {}

const HEX: &[u8; 16] = b"0123456789abcdef";

fn digest(bytes: &[u8]) -> Digest {
    Sha256::digest(bytes).into()
}

fn from_hex(text: &str) -> Option<Digest> {
    let value = |c: u8| match c {
        b'0'..=b'9' => Some(c - b'0'),
        b'a'..=b'f' => Some(c - b'a' + 10),
        _ => None,
    };
    let (pairs, []) = text.as_bytes().as_chunks::<2>() else { return None };
    let mut digest = Digest::default();
    if pairs.len() != digest.len() {
        return None;
    }
    for (byte, [high, low]) in digest.iter_mut().zip(pairs) {
        *byte = value(*high)? << 4 | value(*low)?;
    }
    Some(digest)
}

/// The line, counted from 1, where Git's conflict markers begin: `<<<<<<<`, `=======` and `>>>>>>>` at the start of lines,
/// in this order.
pub(super) fn conflict(bytes: &[u8]) -> Option<u32> {
    let mut begin = None;
    let mut separated = false;
    for (number, line) in (1..).zip(bytes.split(|&byte| byte == b'\n')) {
        match line.get(..7) {
            Some(b"<<<<<<<") if is_marker(line) => (begin, separated) = (begin.or(Some(number)), false),
            Some(b"=======") if is_marker(line) && begin.is_some() => separated = true,
            Some(b">>>>>>>") if is_marker(line) && separated => return begin,
            _ => {}
        }
    }
    None
}

fn is_marker(line: &[u8]) -> bool {
    matches!(line.get(..7), Some(b"<<<<<<<" | b"|||||||" | b"=======" | b">>>>>>>"))
        && matches!(line.get(7), None | Some(b' ' | b'\r'))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{Lock, LockError, conflict};
    use crate::tree::FileTree;

    /// `printf hello | sha256sum`
    const HELLO: &str = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
    /// `sha256sum < /dev/null`
    const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[test]
    fn it_is_what_sha256sum_writes() {
        let mut tree = FileTree::new();
        tree.insert("postgres/values.yaml", "hello").unwrap();
        tree.insert("README.md", "").unwrap();
        let text = Lock::of(&tree).render();
        assert_eq!(text, format!("{EMPTY}  README.md\n{HELLO}  postgres/values.yaml\n"));
        assert_eq!(Lock::parse(text.as_bytes()), Ok(Lock::of(&tree)));
        assert_eq!(Lock::parse(b""), Ok(Lock::default()));
    }

    #[test]
    fn damage_is_named_with_its_line() {
        let good = format!("{EMPTY}  a\n");
        let cases = [
            (format!("{good}{HELLO} b\n"), 2),
            (format!("{good}{}  b\n", &HELLO[1..]), 2),
            (format!("{}  b\n", HELLO.to_uppercase()), 1),
            (format!("{good}{HELLO}  ../b\n"), 2),
            (format!("{good}{HELLO}  gen.lock\n"), 2),
            (format!("{good}{good}"), 2),
            (format!("{good}\n{HELLO}  b\n"), 2),
            ("\n".into(), 1),
        ];
        for (text, expected) in cases {
            let found = Lock::parse(text.as_bytes());
            assert!(matches!(found, Err(LockError::Malformed { line, .. }) if line == expected), "{text:?}: {found:?}");
        }
        assert!(matches!(Lock::parse(b"\xff\xfe"), Err(LockError::Malformed { line: 1, reason: "it is not UTF-8" })));
    }

    #[test]
    fn an_unresolved_merge_owns_what_both_sides_own() {
        let text = format!(
            "{EMPTY}  a\n<<<<<<< HEAD\n{EMPTY}  b\n||||||| base\n=======\n{HELLO}  b\n{HELLO}  c\n>>>>>>> topic\n{EMPTY}  d\n"
        );
        assert_eq!(Lock::parse(text.as_bytes()), Err(LockError::Conflict { line: 2 }));
        let lock = Lock::both_sides(text.as_bytes()).unwrap();
        assert!(lock.wrote("b", b"") && lock.wrote("b", b"hello") && lock.wrote("c", b"hello") && lock.wrote("d", b""));
        assert!(!lock.wrote("a", b"hello") && !lock.owns("e"));
    }

    #[test]
    fn only_a_whole_set_of_markers_is_a_conflict() {
        assert_eq!(conflict(b"a\n<<<<<<< HEAD\nb\n=======\nc\n>>>>>>> x\n"), Some(2));
        assert_eq!(conflict(b"<<<<<<< HEAD\r\n=======\r\n>>>>>>> x\r\n"), Some(1));
        assert_eq!(conflict(b"# Title\n=======\ntext\n"), None);
        assert_eq!(conflict(b">>>>>>> quoted\n=======\n<<<<<<< odd\n"), None);
        assert_eq!(conflict(b"  <<<<<<< HEAD\n  =======\n  >>>>>>> x\n"), None);
        assert_eq!(conflict(b"<<<<<<<<<<\n=========\n>>>>>>>>>>\n"), None);
    }
}
