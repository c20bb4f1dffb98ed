//! Random damage to the trees of the rules' fixtures: no panic, and every finding at a place that its file has.
#![allow(clippy::unwrap_used, reason = "a test")]

use std::path::PathBuf;

use gitops_gen::{
    diagnostic::Location,
    manifest::Bundle,
    policy::{self, Place, Profile, Scope},
    tree::{FileTree, Limits},
    view::At,
};
use proptest::prelude::{ProptestConfig, any, prop, prop_assert, proptest};

/// Values in the place of others: shapes that no chart and no kind of object has there.
const STRANGE: &[&str] =
    &["null", "[]", "{}", "1", "\"\"", "[null, [1]]", "{a: {b: []}}", "true", "!!str x", "-1e9", "ä: b"];

fn fixtures() -> Vec<(String, String)> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/rules");
    let tree = FileTree::read(&root, "", &Limits::default()).unwrap();
    let is_manifest = |path: &str| path.ends_with(".yaml") && !path.contains("/environment");
    let files = tree.iter().filter(|(path, _)| is_manifest(path));
    files.map(|(path, bytes)| (path.to_owned(), String::from_utf8(bytes.to_vec()).unwrap())).collect()
}

/// The text with one value replaced, or one line gone or twice there.
fn damaged(text: &str, (line, how, what): (usize, u8, usize)) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let at = line % lines.len().max(1);
    match (how % 4, lines.get(at).cloned()) {
        (0, Some(_)) => drop(lines.remove(at)),
        (1, Some(line)) => lines.insert(at, line),
        (_, Some(line)) => {
            if let Some((key, _)) = line.rsplit_once(": ") {
                lines[at] = format!("{key}: {}", STRANGE[what % STRANGE.len()]);
            }
        }
        _ => {}
    }
    lines.join("\n")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    #[test]
    fn damaged_manifests_give_findings_in_their_place(
        which in any::<usize>(),
        damages in prop::collection::vec(any::<(usize, u8, usize)>(), 1..6),
    ) {
        let files = fixtures();
        let (path, text) = &files[which % files.len()];
        let text = damages.iter().fold(text.clone(), |text, damage| damaged(&text, *damage));
        let mut tree = FileTree::new();
        tree.insert(path.as_str(), text.clone().into_bytes()).unwrap();
        let (bundle, _) = Bundle::parse(&tree);
        let nowhere = |_: &At<'_>| Place::new(Location::file(""), "");
        for finding in policy::check(&bundle, &Scope { profile: Profile::Production, ..Scope::default() }, &nowhere) {
            let place = &finding.location;
            let line = text.lines().nth(place.line as usize - 1).map(|line| line.chars().count());
            prop_assert!(line.is_some_and(|length| place.column as usize <= length + 1), "{finding:?}");
            prop_assert!(&place.file == path && !finding.message.contains(char::is_control), "{finding:?}");
        }
    }
}
