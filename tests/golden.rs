//! Golden trees: `tests/golden/<case>/environments/` against `tests/golden/<case>/gitops/`. Every case stands on
//! `tests/golden/base.yaml` and takes its sealed secrets from the example. `UPDATE_GOLDEN=1 cargo test --test golden` writes
//! the trees anew; read the difference before committing it.

#![allow(clippy::unwrap_used, missing_docs)]

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use gitops_gen::{
    environment::Repository,
    plan::{plan, vendored_files},
    render::{Rendered, render},
    tree::{FileTree, LOCK, Limits, Lock, read_file},
};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn golden() -> PathBuf {
    root().join("tests/golden")
}

fn cases() -> Vec<String> {
    let folders = fs::read_dir(golden()).unwrap().map(|entry| entry.unwrap());
    let mut names: Vec<String> = folders
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

/// The input files of a case: its own, the common base, the example's sealed secrets.
fn inputs(case: &str) -> FileTree {
    let mut files = BTreeMap::new();
    files.insert("gen.yaml".to_owned(), fs::read(root().join("gen.yaml")).unwrap());
    files.insert("environments/base.yaml".to_owned(), fs::read(golden().join("base.yaml")).unwrap());
    for (path, bytes) in FileTree::read(&root(), "environments", &Limits::default()).unwrap().iter() {
        if path.ends_with(".sops.yaml") {
            files.insert(path.to_owned(), bytes.to_vec());
        }
    }
    for (path, bytes) in FileTree::read(&golden().join(case), "environments", &Limits::default()).unwrap().iter() {
        files.insert(path.to_owned(), bytes.to_vec());
    }
    let mut tree = FileTree::new();
    files.into_iter().for_each(|(path, bytes)| tree.insert(path, bytes).unwrap());
    tree
}

/// Renders the environments of a case.
fn compile(case: &str) -> BTreeMap<String, Rendered> {
    let repository = Repository::load(inputs(case));
    assert_eq!(repository.project_findings(), []);
    let compiled = repository.environments().into_iter().map(|name| {
        let environment = repository.resolve(name).unwrap_or_else(|findings| panic!("{case}: {findings:#?}"));
        let mut vendored = FileTree::new();
        for path in vendored_files(&environment) {
            if let Ok(bytes) = read_file(&golden().join(case), &path, &Limits::default()) {
                vendored.insert(path.as_str(), bytes).unwrap();
            }
        }
        let planned = plan(&environment, repository.inputs(), &vendored);
        let (planned, _) = planned.unwrap_or_else(|findings| panic!("{case}: {findings:#?}"));
        let rendered = render(&planned);
        assert_eq!(rendered.clashes, [], "{case}");
        (name.to_owned(), rendered)
    });
    compiled.collect()
}

#[test]
fn every_case_renders_its_golden_tree() {
    let update = std::env::var_os("UPDATE_GOLDEN").is_some();
    let mut wrong = Vec::new();
    for case in cases() {
        for (environment, rendered) in compile(&case) {
            let folder = golden().join(&case).join("gitops").join(&environment);
            if update {
                gitops_gen::tree::sync(&rendered.tree, &folder, &[String::new()]).unwrap();
            }
            let mut expected: BTreeMap<String, Vec<u8>> = FileTree::read(&folder, "", &Limits::default())
                .map(|tree| tree.iter().map(|(path, bytes)| (path.to_owned(), bytes.to_vec())).collect())
                .unwrap_or_default();
            let lock = expected.remove(LOCK).unwrap_or_default();
            if lock != Lock::of(&rendered.tree).render().into_bytes() {
                wrong.push(format!("{case}: {LOCK} of {environment}"));
            }
            for (path, bytes) in rendered.tree.iter() {
                if expected.remove(path).as_deref() != Some(bytes) {
                    wrong.push(format!("{case}: {environment}/{path} differs"));
                }
            }
            wrong.extend(expected.keys().map(|path| format!("{case}: {environment}/{path} is not rendered")));
        }
    }
    assert!(
        wrong.is_empty(),
        "read the difference after UPDATE_GOLDEN=1 cargo test --test golden:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn every_rendered_file_says_where_it_comes_from() {
    for case in cases() {
        for rendered in compile(&case).values() {
            for (path, bytes) in rendered.tree.iter() {
                let origin = rendered.origins[path].of(&[]);
                assert!(!origin.is_empty(), "{case}: {path} has no origin");
                let text = String::from_utf8(bytes.to_vec()).unwrap();
                let copied = path.ends_with(".sops.yaml") || origin.contains("manifests");
                assert!(copied || text.lines().next().unwrap().contains("Written by gen"), "{case}: {path}");
                assert!(text.ends_with('\n') && !text.contains('\r'), "{case}: {path}");
            }
        }
    }
}

/// Locale, time zone, umask, number of threads, working directory and the state of the tree decide nothing.
#[test]
fn two_builds_on_two_machines_give_the_same_bytes() {
    let build = |directory: &Path, prefix: &str, variables: &[(&str, &str)]| {
        for (path, bytes) in FileTree::read(&root(), "environments", &Limits::default()).unwrap().iter() {
            let target = directory.join(path);
            fs::create_dir_all(target.parent().unwrap()).unwrap();
            fs::write(target, bytes).unwrap();
        }
        fs::copy(root().join("gen.yaml"), directory.join("gen.yaml")).unwrap();
        let script = format!("{prefix} exec \"$0\" build --all");
        let mut command = Command::new("sh");
        command.args(["-c", &script, env!("CARGO_BIN_EXE_gen")]).current_dir(directory.join("environments"));
        let output = command.env_clear().envs(variables.iter().copied()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        FileTree::read(directory, "gitops", &Limits::default()).unwrap()
    };
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let first = build(one.path(), "umask 022;", &[("LC_ALL", "C"), ("TZ", "UTC"), ("RAYON_NUM_THREADS", "1")]);
    let turkish =
        [("LC_ALL", "tr_TR.UTF-8"), ("LANG", "tr_TR.UTF-8"), ("TZ", "Pacific/Apia"), ("RAYON_NUM_THREADS", "7")];
    let second = build(two.path(), "umask 077;", &turkish);
    assert_eq!(first.iter().count(), second.iter().count());
    for ((path, bytes), other) in first.iter().zip(second.iter()) {
        assert_eq!((path, bytes), other, "{path}");
    }
    assert!(first == build(one.path(), "", &[]), "the second build of one tree changed it");
    let committed = FileTree::read(&root(), "gitops", &Limits::default()).unwrap();
    assert!(first == committed, "the committed trees are not what their inputs produce");
}
