//! The terminal session of README.md, run again.

use std::{fs, path::Path, process::Command};

use gitops_gen::tree::{FileTree, Limits};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Runs gen in a copy of this repository's inputs and committed trees, after `edit`.
fn run_in_copy(edit: impl Fn(&Path), arguments: &[&str]) -> String {
    let copy = tempfile::tempdir().expect("a folder can be made");
    for folder in ["environments", "gitops"] {
        let files = FileTree::read(Path::new(ROOT), folder, &Limits::default()).expect("the example can be read");
        for (path, bytes) in files.iter() {
            let target = copy.path().join(path);
            fs::create_dir_all(target.parent().expect("below the copy")).expect("a folder can be made");
            fs::write(target, bytes).expect("a file can be written");
        }
    }
    fs::copy(Path::new(ROOT).join("gen.yaml"), copy.path().join("gen.yaml")).expect("a file can be written");
    edit(copy.path());
    let program = env!("CARGO_BIN_EXE_gen");
    let output = Command::new(program).args(arguments).current_dir(copy.path()).output().expect("gen runs");
    String::from_utf8(output.stdout).expect("gen prints text")
}

/// Replaces the only occurrence of `old` in a file of the copy.
fn replace(copy: &Path, file: &str, old: &str, new: &str) {
    let text = fs::read_to_string(copy.join(file)).expect("a file can be read");
    assert_eq!(text.matches(old).count(), 1, "{file}: {old:?}");
    fs::write(copy.join(file), text.replace(old, new)).expect("a file can be written");
}

#[test]
fn the_session_in_the_readme_is_real() {
    let readme = fs::read_to_string(Path::new(ROOT).join("README.md")).expect("README.md can be read");
    let shows = |output: &str| assert!(readme.contains(output), "README.md does not show:\n{output}");
    let built =
        run_in_copy(|copy| fs::remove_dir_all(copy.join("gitops")).expect("it is there"), &["build", "staging"]);
    shows(built.lines().next().unwrap_or_default());
    shows(&run_in_copy(|_| {}, &["build", "staging"]));
    let image = |copy: &Path| {
        replace(copy, "environments/base.yaml", "postgresql:17.6.0-debian-12-r4", "postgresql:17.6.0-debian-12-r5")
    };
    shows(&run_in_copy(image, &["check", "staging"]));
    let typo = |copy: &Path| {
        replace(
            copy,
            "environments/staging.yaml",
            "    database: viridial\n",
            "    database: viridial\n    replica: 2\n",
        );
    };
    shows(&run_in_copy(typo, &["build", "staging"]));
    let by_hand = |copy: &Path| {
        let file = copy.join("gitops/staging/postgres/values.yaml");
        let text = fs::read_to_string(&file).expect("it is there");
        fs::write(file, text + "# x\n").expect("a file can be written");
    };
    shows(&run_in_copy(by_hand, &["check", "staging"]));
    let values =
        "    values:\n      primary:\n        service: {type: LoadBalancer}\n        persistance: {size: 50Gi}\n";
    let open = |copy: &Path| {
        let database = "    database: viridial\n";
        replace(copy, "environments/staging.yaml", database, &format!("{database}{values}"));
    };
    shows(&run_in_copy(open, &["build", "staging"]));
    let memory = |copy: &Path| {
        replace(copy, "environments/staging.yaml", "limits: {memory: 1Gi}", "limits: {memory: 2Gi}");
        replace(copy, "environments/staging.yaml", "memory: 512Mi", "memory: 1Gi");
    };
    shows(&run_in_copy(memory, &["diff", "staging"]));
    shows(&run_in_copy(|_| {}, &["explain", "gitops/staging/postgres/values.yaml:12"]));
}

/// A person called ann, in her home directory.
#[test]
fn the_start_in_the_readme_is_real() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let top = folder.path().canonicalize().expect("it is there");
    let home = top.join("ann");
    fs::create_dir(&home).expect("a folder can be made");
    let run = |place: &Path, arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gen"));
        command.args(arguments).current_dir(place).env_clear().env("HOME", &home).env("USER", "ann");
        let output = command.output().expect("gen runs");
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("gen prints text")
    };
    let said = run(&home, &["init", "shop"]).replace(&top.display().to_string(), "/home");
    let readme = fs::read_to_string(Path::new(ROOT).join("README.md")).expect("README.md can be read");
    assert!(readme.contains(&format!("$ gen init shop\n{said}")), "README.md does not show:\n{said}");
    run(&home.join("shop"), &["build", "staging"]);
    run(&home.join("shop"), &["check"]);
}
