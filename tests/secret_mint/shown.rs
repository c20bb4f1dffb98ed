//! The terminal sessions of docs/secrets.md, run again.

use gitops_gen::sops::Identity;

use crate::stage::{AUTH, TLS, example, recipients, with_key, without_key, works};

const DOCS: &str = include_str!("../../docs/secrets.md");

/// That the docs show an output, keys and dates aside.
fn shows(output: &str) {
    let same = |text: &str| {
        let is_date = |word: &str| word.starts_with("20") && word.matches('-').count() == 2;
        let is_key = |word: &str| word.trim_matches(|c| "()".contains(c)).starts_with("age1");
        let word = |word: &str| match word {
            _ if is_date(word) => "DATE".to_owned(),
            _ if is_key(word) => "KEY".to_owned(),
            word => word.to_owned(),
        };
        text.split(' ').map(word).collect::<Vec<_>>().join(" ")
    };
    let known: Vec<String> = DOCS.lines().map(same).collect();
    for line in output.lines().map(same) {
        assert!(known.contains(&line), "docs/secrets.md does not show: {line}");
    }
}

#[test]
fn the_sessions_in_the_docs_are_real() {
    let repository = example();
    for file in [AUTH, TLS, "environments/production/secrets/postgres-auth.sops.yaml"] {
        repository.remove(file);
    }
    shows(works(&without_key(&repository, &["generate", "production"])));
    works(&without_key(&repository, &["generate", "staging"]));
    let rotated = with_key(&repository, &["rotate", "staging", "postgres-auth", "password"]);
    shows(works(&rotated).split("\n2. ").next().unwrap_or_default());
    let zoe = Identity::generate().recipient().unwrap();
    repository.edit("environments/staging.yaml", &format!("flux: {}", recipients()[1]), &format!("zoe: {zoe}"));
    shows(works(&with_key(&repository, &["rekey", "staging"])));
}
