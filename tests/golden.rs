//! Golden trees: `tests/golden/<case>/environments/` against `tests/golden/<case>/gitops/`. Every case stands on
//! `tests/golden/base.yaml` and takes its sealed secrets from the example. `UPDATE_GOLDEN=1 cargo test --test golden` writes
//! the trees anew; read the difference before committing it.

#![allow(clippy::unwrap_used, missing_docs)]

#[path = "golden/case.rs"]
#[allow(unreachable_pub, reason = "shared between tests")]
mod case;

use std::{collections::BTreeMap, fs, path::Path, process::Command};

use case::{cases, golden, root};
use gitops_gen::{
    render::Rendered,
    tree::{FileTree, LOCK, Limits, Lock},
};

/// Renders the environments of a case.
fn compile(case: &str) -> BTreeMap<String, Rendered> {
    let compiled = case::compile(case, &case::inputs(case)).unwrap_or_else(|findings| panic!("{case}: {findings:#?}"));
    compiled.into_iter().map(|(name, (_, rendered))| (name, rendered)).collect()
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
                let origin = rendered.origins[path].whole().to_string();
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
