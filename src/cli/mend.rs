//! What lint and check share beyond reporting: changes that solve findings, and findings that are known.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use clap::Args;

use super::{Trouble, report};
use crate::{
    diagnostic::{Finding, Location},
    environment::FOLDER,
    policy::{Baseline, Judged, mend},
    tree::{self, Access, LOCK, Limits, read_file},
    yaml::Dialect,
};

/// Changes that solve findings.
#[derive(Debug, Args)]
pub(super) struct Mending {
    /// Make the changes that are certain and harmless, in the environment file or the manifest; what else is in it stays as
    /// it is, byte for byte.
    #[arg(long)]
    pub(super) fix: bool,
    /// With --fix: say what would be changed, and write nothing.
    #[arg(long, requires = "fix")]
    dry_run: bool,
}

/// Findings that are known.
#[derive(Debug, Args)]
pub(super) struct Known {
    /// Pass over the findings that this file names; what is solved is told.
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// Write the findings of this run to a file for --baseline.
    #[arg(long, value_name = "FILE", conflicts_with = "baseline")]
    write_baseline: Option<PathBuf>,
}

/// How often files are looked at.
const ROUNDS: usize = 5;

impl Mending {
    /// Makes the changes that findings carry, in files below `home`, and says so. Looks and changes again as long as that
    /// helps: one change can stand in the lines of another.
    pub(super) fn run(
        &self,
        home: &Path,
        dialect: &dyn Fn(&str) -> Dialect,
        look: &dyn Fn() -> Result<Vec<Finding>, Trouble>,
    ) -> Result<(), Trouble> {
        let mut said = BTreeSet::new();
        for _ in 0..ROUNDS {
            if !self.round(&look()?, home, dialect, &mut said)? {
                break;
            }
        }
        Ok(())
    }

    /// Tells whether anything was written.
    fn round(
        &self,
        findings: &[Finding],
        home: &Path,
        dialect: &dyn Fn(&str) -> Dialect,
        said: &mut BTreeSet<String>,
    ) -> Result<bool, Trouble> {
        let read = |file: &str| Some((std::fs::read(home.join(file)).ok()?, dialect(file)));
        let (rewritten, mended) = mend(findings, &read, &|file| generated(&home.join(file)));
        for file in rewritten.iter().filter(|_| !self.dry_run) {
            let path = home.join(&file.file).canonicalize()?;
            let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else { continue };
            tree::write_file(folder, &name.to_string_lossy(), &file.after, Some(&file.before), Access::Shared)?;
        }
        for done in &mended {
            let Location { file, line, column, .. } = &done.finding.location;
            let what = match (&done.result, self.dry_run) {
                (Ok(words), false) => format!("fixed: {words}"),
                (Ok(words), true) => format!("would be fixed: {words}"),
                (Err(why), _) => format!("not fixed: {why}"),
            };
            let words = format!("{file}:{line}:{column} {} {what}", done.finding.rule);
            if said.insert(words.clone()) {
                report::progress(&words);
            }
        }
        Ok(!self.dry_run && !rewritten.is_empty())
    }
}

/// The language of a file, by its path from the root: environments are in gen's own.
pub(super) fn dialect(file: &str) -> Dialect {
    match file.strip_prefix(FOLDER).and_then(|below| below.strip_prefix('/')) {
        Some(name) if !name.contains('/') => Dialect::Input,
        _ => Dialect::Manifest,
    }
}

/// Why nobody should change a file: gen made it.
fn generated(file: &Path) -> Option<&'static str> {
    let file = file.canonicalize().ok()?;
    let is_own = |folder: &Path| {
        let lock = read_file(folder, LOCK, &Limits::default()).ok();
        let lock = lock.and_then(|bytes| tree::Lock::parse(&bytes).ok());
        let path = file.strip_prefix(folder).ok().map(|path| path.to_string_lossy().into_owned());
        lock.zip(path).is_some_and(|(lock, path)| lock.owns(&path))
    };
    let is_made = file.ancestors().skip(1).any(is_own);
    is_made.then_some("gen made this file: change the environment (`gen check --fix`), and build it again")
}

impl Known {
    /// Whether anybody asks for it.
    pub(super) fn is_used(&self) -> bool {
        self.baseline.is_some() || self.write_baseline.is_some()
    }

    /// The findings that are left, and what to tell people about the others.
    pub(super) fn apply(&self, findings: Vec<Finding>, judged: &Judged<'_>) -> Result<(Vec<Finding>, String), Trouble> {
        let counted = |count: usize| report::counted(count, "finding");
        if let Some(file) = &self.write_baseline {
            let (text, count, left) = Baseline::write(findings, judged);
            report::write("--write-baseline", file, &text)?;
            return Ok((left, format!("{} in {}\n", counted(count), file.display())));
        }
        let Some(file) = &self.baseline else { return Ok((findings, String::new())) };
        let name = file.to_string_lossy();
        let bytes = std::fs::read(file).map_err(|error| Trouble(format!("--baseline: cannot read {name}: {error}")))?;
        match Baseline::read(&name, &bytes) {
            Ok(baseline) => {
                let (left, count) = baseline.apply(findings, judged);
                Ok((left, format!("{} passed over, which {name} names\n", counted(count))))
            }
            Err(said) => Ok((findings.into_iter().chain(said).collect(), String::new())),
        }
    }
}
