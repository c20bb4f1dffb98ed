//! The golden cases: their inputs, and what they compile to.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use gitops_gen::{
    diagnostic::{Finding, Severity, worst},
    environment::{Environment, Repository},
    plan::{plan, vendored_files},
    render::{Rendered, render},
    tree::{FileTree, Limits, read_file},
};

/// Files by their path.
pub type Files = BTreeMap<String, Vec<u8>>;

pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

pub fn golden() -> PathBuf {
    root().join("tests/golden")
}

pub fn cases() -> Vec<String> {
    let folders = fs::read_dir(golden()).unwrap().map(|entry| entry.unwrap());
    let mut names: Vec<String> = folders
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

/// The input files of a case: its own, the common base, the example's sealed secrets.
pub fn inputs(case: &str) -> Files {
    let read = |folder: &Path| -> Files {
        let tree = FileTree::read(folder, "environments", &Limits::default()).unwrap();
        tree.iter().map(|(path, bytes)| (path.to_owned(), bytes.to_vec())).collect()
    };
    let mut files: Files = read(&root()).into_iter().filter(|(path, _)| path.ends_with(".sops.yaml")).collect();
    files.insert("gen.yaml".to_owned(), fs::read(root().join("gen.yaml")).unwrap());
    files.insert("environments/base.yaml".to_owned(), fs::read(golden().join("base.yaml")).unwrap());
    files.extend(read(&golden().join(case)));
    files
}

/// The repository of some input files.
pub fn repository(files: &Files) -> Repository {
    let mut inputs = FileTree::new();
    files.iter().for_each(|(path, bytes)| inputs.insert(path.as_str(), bytes.as_slice()).unwrap());
    Repository::load(inputs)
}

/// Compiles the environments of a case from `files`, which may differ from those that it has.
pub fn compile(case: &str, files: &Files) -> Result<BTreeMap<String, (Environment, Rendered)>, Vec<Finding>> {
    let repository = repository(files);
    assert_eq!(repository.project_findings(), []);
    let one = |name: &str| {
        let environment = repository.resolve(name)?;
        if worst(&environment.findings) == Some(Severity::Error) {
            return Err(environment.findings);
        }
        let mut vendored = FileTree::new();
        for path in vendored_files(&environment) {
            let given = files.get(&path).cloned();
            if let Some(bytes) = given.or_else(|| read_file(&golden().join(case), &path, &Limits::default()).ok()) {
                vendored.insert(path.as_str(), bytes).unwrap();
            }
        }
        let (planned, _) = plan(&environment, repository.inputs(), &vendored).map_err(|unsound| unsound.findings)?;
        let rendered = render(&planned);
        assert_eq!(rendered.clashes, [], "{case}");
        Ok((name.to_owned(), (environment, rendered)))
    };
    repository.environments().into_iter().map(one).collect()
}
