//! Findings, changes and answers for people and for programs.

pub mod diff;
pub mod explain;
pub mod github;
pub mod gitlab;
pub mod json;
pub mod junit;
pub mod markdown;
pub mod rules;
pub mod sarif;
pub mod text;

use std::path::{Component, Path};

/// The path of a finding's file as other programs want it: below the top of the Git repository, where `above` are the folders between
/// that and the one that findings count from (`deploy/`, or nothing). Where `file` leads elsewhere, it is left as it is.
fn from_the_top(above: &str, file: &str) -> String {
    let mut parts: Vec<&str> = above.split('/').filter(|part| !part.is_empty()).collect();
    for component in Path::new(file).components() {
        match component {
            Component::Normal(part) => parts.push(part.to_str().unwrap_or_default()),
            Component::ParentDir if parts.pop().is_none() => return file.to_owned(),
            Component::ParentDir | Component::CurDir => {}
            Component::RootDir | Component::Prefix(_) => return file.to_owned(),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::from_the_top;

    #[test]
    fn a_file_counts_from_the_top() {
        assert_eq!(from_the_top("", "environments/a.yaml"), "environments/a.yaml");
        assert_eq!(from_the_top("deploy/", "./a b.yaml"), "deploy/a b.yaml");
        assert_eq!(from_the_top("deploy/k8s/", "../a.yaml"), "deploy/a.yaml");
        assert_eq!(from_the_top("", "../a.yaml"), "../a.yaml");
        assert_eq!(from_the_top("deploy/", "/tmp/a.yaml"), "/tmp/a.yaml");
    }
}
