//! `gen.yaml`, and the files beside the environments.

use super::{FOLDER, Files, PROJECT_FILE, schema, spec::ProjectSpec};
use crate::{
    diagnostic::{Finding, Location, Severity, worst},
    path,
    policy::{self, Place},
    schema::Mode,
    yaml::{Dialect, FileId, Source, parse},
};

/// The edition that this gen renders.
const EDITION: u32 = 1;

/// What `gen.yaml` says.
pub(super) struct Project {
    /// Its mistakes.
    pub(super) findings: Vec<Finding>,
    /// The rules that no environment may ignore.
    pub(super) locked: Vec<String>,
}

/// Reads `gen.yaml`.
pub(super) fn read(files: &Files) -> Project {
    let mut findings = ignored(files);
    let locked = read_into(files, &mut findings).map(|spec| spec.policy.locked);
    Project { findings, locked: locked.unwrap_or_default() }
}

fn read_into(files: &Files, findings: &mut Vec<Finding>) -> Option<ProjectSpec> {
    let bytes = files.tree.get(PROJECT_FILE).unwrap_or_default();
    let root = match parse(Source { id: FileId(0), name: PROJECT_FILE, bytes }, Dialect::Input) {
        Ok(mut documents) => documents.remove(0),
        Err(mistakes) => {
            findings.extend(mistakes);
            return None;
        }
    };
    findings.extend(files.check(&schema::project_shape(), &root, Mode::Whole, PROJECT_FILE));
    if worst(findings) == Some(Severity::Error) {
        return None;
    }
    let spec = serde_json::from_value::<ProjectSpec>(root.to_json()).ok()?;
    let place =
        |key: &str| root.get(key).map_or_else(|| Location::file(PROJECT_FILE), |node| files.location(node.mark));
    if spec.edition != EDITION {
        let message = format!("edition {} is newer than this gen, which knows edition {EDITION}", spec.edition);
        findings.push(
            Finding::error("unknown-edition", place("edition"), message).help("install a newer gen").at("edition"),
        );
    }
    if let Some(requires) = &spec.requires {
        findings.extend(required_version(requires, place("requires")));
    }
    for (index, rule) in spec.policy.locked.iter().enumerate().filter(|(_, rule)| policy::find(rule).is_none()) {
        let path = path::item("policy.locked", index);
        let mark = root.place(&path::split(&path)).unwrap_or(root.mark);
        findings.push(policy::unknown(rule, &Place::new(files.location(mark), path)));
    }
    Some(spec)
}

/// Files that look like layers and are none: a person would wait in vain for what they say.
fn ignored(files: &Files) -> Vec<Finding> {
    let finding = |path: &str| {
        let stem = path.strip_prefix(FOLDER)?.strip_prefix('/')?.strip_suffix(".yml")?;
        let message = "gen reads only files that end in `.yaml`";
        let help = format!("rename it to {stem}.yaml, or move it away");
        (!stem.contains('/')).then(|| Finding::warning("ignored-file", Location::file(path), message).help(help))
    };
    files.tree.iter().filter_map(|(path, _)| finding(path)).collect()
}

fn required_version(requires: &str, place: Location) -> Option<Finding> {
    let this = env!("CARGO_PKG_VERSION");
    let (message, help) = match (semver::VersionReq::parse(requires), semver::Version::parse(this)) {
        (Ok(wanted), Ok(version)) if wanted.matches(&version) => return None,
        (Ok(_), _) => {
            (format!("this repository requires gen {requires}, and this is gen {this}"), "install a version that fits")
        }
        (Err(_), _) => (format!("`{requires}` is no version requirement"), "write one such as \">=0.1\""),
    };
    Some(Finding::error("unsupported-version", place, message).help(help).at("requires"))
}
