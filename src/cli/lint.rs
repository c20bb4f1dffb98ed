//! `gen lint`.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::Args;
use rayon::prelude::{IntoParallelRefIterator, ParallelIterator};

use super::{Format, Reporting, Trouble, report};
use crate::{
    diagnostic::{Finding, Location},
    manifest::{Bundle, Object, dotted},
    policy::{self, Place, Profile},
    schema::closest,
    tree::{FileTree, Limits},
};

/// How much a tree may hold that nobody wrote for gen.
const LIMITS: Limits = Limits { file_size: 16 << 20, files: 200_000, depth: 64 };

#[derive(Debug, Args)]
pub(super) struct Lint {
    /// Folders, or single files: manifests, and values of a chart that gen knows.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Which severities apply.
    #[arg(long, value_enum, default_value_t = Strictness::Default, value_name = "PROFILE")]
    profile: Strictness,
    #[command(flatten)]
    reporting: Reporting,
}

/// The profiles as the command line spells them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Strictness {
    /// For environments that may be lost.
    Default,
    /// For environments that may not.
    Production,
}

/// What linting a path came to.
#[derive(Default)]
struct Linted {
    findings: Vec<Finding>,
    files: usize,
    objects: usize,
}

impl Lint {
    pub(super) fn run(self) -> Result<ExitCode, Trouble> {
        let profile = match self.profile {
            Strictness::Default => Profile::Default,
            Strictness::Production => Profile::Production,
        };
        let results: Vec<Result<Linted, Trouble>> = self.paths.par_iter().map(|path| lint(path, profile)).collect();
        let mut all = Linted::default();
        for result in results {
            let Linted { findings, files, objects } = result?;
            all.findings.extend(findings);
            all.files += files;
            all.objects += objects;
        }
        if all.files == 0 {
            let paths: Vec<String> = self.paths.iter().map(|path| path.display().to_string()).collect();
            return Err(Trouble(format!("there is nothing to check: no YAML or JSON in {}", paths.join(", "))));
        }
        let code = report::findings(all.findings, self.reporting, &|file| std::fs::read(file).ok());
        if self.reporting.format == Format::Text {
            report::print(&format!("{} files, {} objects\n", all.files, all.objects));
        }
        Ok(code)
    }
}

fn lint(path: &Path, profile: Profile) -> Result<Linted, Trouble> {
    let shown = path.to_string_lossy();
    let (mut tree, passed_over) = FileTree::gather(path, &is_wanted, &LIMITS).map_err(|error| missing(path, &error))?;
    let prefix = match path.is_file() {
        true => shown.rfind('/').map_or(String::new(), |slash| shown[..=slash].to_owned()),
        false if shown == "." || shown == "./" => String::new(),
        false => format!("{}/", shown.trim_end_matches('/')),
    };
    drop_templates(&mut tree);
    let (bundle, mut findings) = Bundle::parse(&tree, &prefix);
    let locate = |object: &Object, pointer: &[String]| Place {
        location: Location::file(format!("{prefix}{}", object.file)),
        path: dotted(&object.body, pointer),
    };
    findings.extend(policy::check(&bundle, profile, &locate));
    findings.extend(passed_over.iter().map(|error| {
        let file = format!("{prefix}{}", error.path);
        Finding::note("unreadable-file", Location::file(file), format!("passed over: {}", error.reason))
    }));
    Ok(Linted { findings, files: tree.len(), objects: bundle.objects.len() })
}

fn is_wanted(path: &str) -> bool {
    [".yaml", ".yml", ".json"].iter().any(|ending| path.ends_with(ending))
}

/// Templates of Helm charts are no YAML before Helm has filled them in.
fn drop_templates(tree: &mut FileTree) {
    let folders = tree.iter().filter_map(|(path, _)| path.strip_suffix("Chart.yaml"));
    let templates: Vec<String> = folders.map(|folder| format!("{folder}templates/")).collect();
    tree.retain(|path| !templates.iter().any(|templates| path.starts_with(templates.as_str())));
}

/// Why a path cannot be linted, with the name that may have been meant.
fn missing(path: &Path, error: &crate::tree::ReadError) -> Trouble {
    let beside = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let entries = std::fs::read_dir(beside).into_iter().flatten().flatten();
    let names: Vec<String> = entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let hint = match closest(&name, names.iter().map(String::as_str)) {
        Some(meant) if !path.exists() => format!(": did you mean `{}`?", path.with_file_name(meant).display()),
        _ => String::new(),
    };
    Trouble(format!("{error}{hint}"))
}
