//! What `gen init` says: what it made, what it left alone, what comes next.

use std::{fmt::Write as _, path::Path};

use super::{FLUX, Home, Work};

/// Everything, for people.
pub(super) fn text(work: &Work, directory: &Path, updated: Option<String>) -> String {
    let mut out = String::new();
    made(work, &mut out);
    out.extend(updated.map(|file| format!("{file}\n")));
    left_alone(work, &mut out);
    steps(work, directory, &mut out);
    out
}

fn made(work: &Work, out: &mut String) {
    let mut line = |text: String| {
        let _ = writeln!(out, "{text}");
    };
    line(format!("{}: {} created", work.place.top.display(), work.files.new.len()));
    work.files.new.iter().for_each(|(path, _)| line(format!("  + {path}")));
    let keys = work.own_key.iter().map(|key| (key, "your private key".to_owned()));
    let clusters =
        work.cluster_keys.iter().map(|(name, key)| (key, format!("that of the cluster {name}, holder `{FLUX}`")));
    for (key, whose) in keys.chain(clusters) {
        let state = if key.is_new() { "made" } else { "there already, used as it is" };
        line(format!("{}: {whose}, {state}", key.path.display()));
    }
}

/// Files of others, with the lines of ours that they lack: a list of lines can be completed, anything else is its owner's.
fn left_alone(work: &Work, out: &mut String) {
    for (path, wanted) in &work.files.kept {
        let is_list = path.ends_with(".gitignore") || path.ends_with(".gitattributes");
        let there = std::fs::read_to_string(work.place.top.join(path)).unwrap_or_default();
        let lacks: Vec<&str> = wanted
            .lines()
            .filter(|line| !line.starts_with('#') && !there.lines().any(|have| have.trim() == *line))
            .collect();
        match is_list {
            true if lacks.is_empty() => {}
            true => {
                let _ = writeln!(out, "{path}: left as it is; add these lines");
                out.extend(lacks.iter().map(|line| format!("    {line}\n")));
            }
            false if work.is_repository => {}
            false => {
                let _ = writeln!(out, "{path}: left as it is");
            }
        }
    }
}

fn steps(work: &Work, directory: &Path, out: &mut String) {
    let mut steps = Vec::new();
    if directory != Path::new(".") {
        steps.push(format!("cd {}", shell(&directory.display().to_string())));
    }
    if work.own_key.as_ref().is_some_and(|key| key.is_new()) || work.cluster_keys.values().any(|key| key.is_new()) {
        steps.push("# keep a copy of the private keys where you keep passwords: nobody can make them again".to_owned());
    }
    let names: Vec<&str> = work.homes.iter().map(|home| home.environment.as_str()).collect();
    steps.push(format!("gen build {} && gen check", names.join(" ")));
    if work.place.has_git {
        steps.push("git add --all && git commit -m \"gen init\" && git push".to_owned());
    } else {
        steps.push("git init --initial-branch=main && git add --all && git commit -m \"gen init\"".to_owned());
        steps.push("git remote add origin URL && git push --set-upstream origin main".to_owned());
    }
    for home in &work.homes {
        steps.extend(of_cluster(work, home));
    }
    let _ = writeln!(out, "\nnext:");
    out.extend(steps.iter().map(|step| format!("  {step}\n")));
}

/// What brings an environment to its cluster.
fn of_cluster(work: &Work, home: &Home) -> Vec<String> {
    let mut steps = Vec::new();
    if !home.has_flux {
        steps.push(format!("flux bootstrap git --url=URL --branch=main --path={}", shell(&home.folder)));
    } else if work.place.top.join(&home.folder).join("kustomization.yaml").exists() {
        steps.push(format!(
            "# list {}.yaml under `resources:` in {}/kustomization.yaml, which Flux reads",
            home.environment, home.folder
        ));
    }
    steps.push(format!("gen secret bootstrap {} | kubectl apply --server-side -f -", home.environment));
    steps
}

/// A word as a shell takes it.
fn shell(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '_' | '-');
    if word.chars().all(is_plain) && !word.is_empty() {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}
