//! Making the changes that solve findings, in the files that people write.

use std::collections::BTreeMap;

use crate::{
    diagnostic::{Finding, Fix, Severity},
    sops::is_sealed_name,
    yaml::{Dialect, Edit, edit},
};

/// What became of a change.
pub struct Mended<'a> {
    /// The finding that it solves.
    pub finding: &'a Finding,
    /// What was done, or why nothing was, in words.
    pub result: Result<String, &'static str>,
}

/// A file with changes made.
pub struct Rewritten {
    /// The file.
    pub file: String,
    /// What was read.
    pub before: Vec<u8>,
    /// What it comes to.
    pub after: Vec<u8>,
}

/// Gives the bytes of a file, with the language it is in.
type Read<'a> = &'a dyn Fn(&str) -> Option<(Vec<u8>, Dialect)>;

/// A finding with the change that solves it.
type Wanted<'a> = (&'a Finding, &'a Fix);

/// Makes the changes that findings carry, as far as they are certain: nothing that is a mere note, nothing in a sealed file,
/// nothing in a file that `forbidden` gives a reason against. `read` reads one.
#[must_use]
pub fn mend<'a>(
    findings: &'a [Finding],
    read: Read<'_>,
    forbidden: &dyn Fn(&str) -> Option<&'static str>,
) -> (Vec<Rewritten>, Vec<Mended<'a>>) {
    let mut files: BTreeMap<&str, Vec<Wanted<'_>>> = BTreeMap::new();
    for finding in findings.iter().filter(|finding| finding.severity > Severity::Note) {
        if let Some(fix) = &finding.fix {
            files.entry(&finding.location.file).or_default().push((finding, fix));
        }
    }
    let (mut rewritten, mut mended) = (Vec::new(), Vec::new());
    for (file, wanted) in files {
        let refuse = |why: &'static str| wanted.iter().map(move |(finding, _)| Mended { finding, result: Err(why) });
        let content = match forbidden(file) {
            Some(why) => Err(why),
            None => content(file, read),
        };
        let (text, dialect) = match content {
            Ok(content) => content,
            Err(why) => {
                mended.extend(refuse(why));
                continue;
            }
        };
        let (after, results) = made(&text, dialect, &wanted);
        for ((finding, fix), result) in wanted.iter().zip(results) {
            mended.push(Mended { finding, result: result.map(|()| words(fix)) });
        }
        if after != text {
            rewritten.push(Rewritten { file: file.to_owned(), before: text.into_bytes(), after: after.into_bytes() });
        }
    }
    (rewritten, mended)
}

fn content(file: &str, read: Read<'_>) -> Result<(String, Dialect), &'static str> {
    let (bytes, dialect) = read(file).ok_or("the file cannot be read")?;
    let text = String::from_utf8(bytes).map_err(|_| "the file cannot be read")?;
    if is_sealed_name(file) || text.contains("\nsops:") || text.starts_with("sops:") {
        return Err("one seal covers all of a sealed file: change it with `gen secret edit`");
    }
    Ok((text, dialect))
}

/// The text with what is wanted, each change once, and for each whether it was made.
fn made(text: &str, dialect: Dialect, wanted: &[Wanted<'_>]) -> (String, Vec<Result<(), &'static str>>) {
    let mut edits: Vec<Edit> = Vec::new();
    let places: Vec<Option<usize>> = wanted
        .iter()
        .map(|(finding, fix)| {
            let (line, pointer) = (finding.location.line, finding.target.clone()?);
            let edit = Edit { line, pointer, fix: (*fix).clone() };
            let same = |other: &Edit| (other.line, &other.pointer, &other.fix) == (edit.line, &edit.pointer, &edit.fix);
            let known = edits.iter().position(same);
            Some(known.unwrap_or_else(|| {
                edits.push(edit);
                edits.len() - 1
            }))
        })
        .collect();
    let (after, results) = edit(text, dialect, &edits);
    let result = |place: Option<usize>| place.map_or(Err("the value is not written there"), |place| results[place]);
    (after, places.into_iter().map(result).collect())
}

fn words(fix: &Fix) -> String {
    match fix {
        Fix::Replace(yaml) => format!("`{}` in its place", yaml.trim_end()),
        Fix::Remove => "taken out".to_owned(),
        Fix::Insert(key, yaml) => format!("`{key}: {}` added", yaml.trim_end()),
    }
}
