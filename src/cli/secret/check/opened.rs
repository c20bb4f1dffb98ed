//! Sealed files with the keys at hand.

use std::{collections::BTreeSet, time::SystemTime};

use rayon::prelude::{IntoParallelRefIterator as _, ParallelIterator as _};

use super::{File, counted};
use crate::{
    audit::{Judged, certificate, strength},
    diagnostic::{Finding, Severity},
    keyring::Keyring,
    sops::{Opened, Sealed},
    yaml::{FileId, Source},
};

/// What the keys told.
pub(super) struct Said {
    pub(super) findings: Vec<Finding>,
    /// What was verified and what was not, for people.
    pub(super) said: String,
}

enum Outcome {
    Open(Box<Opened>),
    /// No identity at hand fits.
    Locked(Box<Finding>),
    Broken(Vec<Finding>),
}

pub(super) fn findings(files: &[&File]) -> Said {
    let parse = |file: &&File| Sealed::parse(Source { id: FileId(0), name: &file.path, bytes: &file.bytes });
    let sealed: Vec<Result<Sealed, Vec<Finding>>> = files.par_iter().map(parse).collect();
    let recipients: BTreeSet<String> = sealed
        .iter()
        .flatten()
        .flat_map(|sealed| sealed.envelope().recipients().into_iter().map(str::to_owned).collect::<Vec<_>>())
        .collect();
    let keyring = Keyring::gather(&recipients.iter().map(String::as_str).collect::<Vec<_>>());
    let pairs: Vec<(&&File, Result<Sealed, Vec<Finding>>)> = files.iter().zip(sealed).collect();
    let open = |(file, sealed): &(&&File, Result<Sealed, Vec<Finding>>)| match sealed {
        Err(findings) => Outcome::Broken(findings.clone()),
        Ok(sealed) => match keyring.open(&file.path, sealed) {
            Ok(opened) => Outcome::Open(Box::new(opened)),
            Err(finding) if matches!(finding.rule, "no-identity" | "wrong-identity") => {
                Outcome::Locked(Box::new(finding))
            }
            Err(finding) => Outcome::Broken(vec![finding]),
        },
    };
    let outcomes: Vec<Outcome> = pairs.par_iter().map(open).collect();
    let mut findings = Vec::new();
    let (mut judged, mut locked) = (Vec::new(), Vec::new());
    for ((file, _), outcome) in pairs.iter().zip(&outcomes) {
        match outcome {
            Outcome::Open(opened) => {
                let (environment, is_production) = file
                    .environment
                    .as_ref()
                    .map_or(("", false), |(name, is_production)| (name.as_str(), *is_production));
                let (path, stream, demand) = (file.path.as_str(), opened.stream(), file.demand.as_ref());
                judged.push(Judged { file: path, environment, is_production, stream, demand });
            }
            Outcome::Locked(finding) => locked.push(Finding::clone(finding)),
            Outcome::Broken(broken) => findings.extend(broken.clone()),
        }
    }
    findings.extend(strength::findings(&judged));
    findings.extend(certificate::findings(&judged, SystemTime::now()));
    let mut said = format!("{}: opened, and the MAC fits\n", counted(judged.len()));
    if !locked.is_empty() {
        said.push_str(&format!(
            "{}: not opened with the keys at hand, so that nothing is known of the MAC\n",
            counted(locked.len())
        ));
    }
    // Asked for a key's answer, nobody shall take silence for one. A key that opens some files is not meant for all.
    let severity = if judged.is_empty() { Severity::Error } else { Severity::Warning };
    findings.extend(locked.into_iter().map(|finding| Finding { severity, ..finding }));
    Said { findings, said }
}
