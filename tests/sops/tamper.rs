//! Each side notices when the other's file was tampered with, and where sops notices nothing, gen does not pretend to.

use std::time::{Duration, SystemTime};

use gitops_gen::{
    sops::{Sealed, Selector, seal},
    yaml::typed::Tree,
};
use rayon::prelude::*;

use crate::{
    corpus::{Shape, shapes},
    driver::{Case, Sops},
    reading::{read, source},
};

const TEXT: &str = "apiVersion: v1
kind: Secret
metadata:
    name: postgres-auth
    namespace: staging
data:
    binary: AAEC
stringData:
    token: turn-0
    password: hidden
    number: \"12\"
    list:
        - first
        - second
---
kind: Secret
stringData:
    other: document
";

/// A file, and the same file as it was before its token and password were changed.
struct Files {
    now: String,
    before: String,
}

/// A change that somebody makes to a sealed file without its key.
struct Tampering {
    name: &'static str,
    change: fn(&Files) -> String,
}

/// What both sides must notice.
const NOTICED: &[Tampering] = &[
    Tampering { name: "a leaf is dropped", change: |files| without(&files.now, "    password: ") },
    Tampering { name: "an item is dropped", change: |files| without(&files.now, "        - ENC[") },
    Tampering {
        name: "all of `data` is dropped",
        change: |files| without(&without(&files.now, "data:"), "    binary: "),
    },
    Tampering { name: "two values are swapped", change: |files| swapped(&files.now, "    password: ", "    token: ") },
    Tampering { name: "two items are swapped", change: |files| items_swapped(&files.now) },
    Tampering { name: "a sealed key is renamed", change: |files| once(&files.now, "    password: ", "    passwort: ") },
    Tampering { name: "a sealed map is renamed", change: |files| once(&files.now, "\ndata:", "\nstringData2:") },
    Tampering {
        name: "a value moves to another map",
        change: |files| {
            let moved = line(&files.now, "    password: ");
            once(&without(&files.now, "    password: "), "\ndata:\n", &format!("\ndata:\n{moved}\n"))
        },
    },
    Tampering { name: "a value is blanked", change: |files| with(&files.now, "    password: ", "\"\"") },
    Tampering { name: "a value is nulled", change: |files| with(&files.now, "    password: ", "null") },
    Tampering { name: "a value becomes an empty map", change: |files| with(&files.now, "    password: ", "{}") },
    Tampering {
        name: "a value is replaced by plain text",
        change: |files| with(&files.now, "    password: ", "plain"),
    },
    Tampering {
        name: "an older value of the same key is put back",
        change: |files| with(&files.now, "    password: ", value(&files.before, "    password: ")),
    },
    Tampering {
        name: "the MAC is an older one",
        change: |files| with(&files.now, "    mac: ", value(&files.before, "    mac: ")),
    },
    Tampering {
        name: "the MAC and its time are older ones",
        change: |files| {
            let text = with(&files.now, "    mac: ", value(&files.before, "    mac: "));
            with(&text, "    lastmodified: ", value(&files.before, "    lastmodified: "))
        },
    },
    Tampering {
        name: "the time is another",
        change: |files| with(&files.now, "    lastmodified: ", "\"2020-01-02T03:04:05Z\""),
    },
    Tampering { name: "the MAC is dropped", change: |files| without(&files.now, "    mac: ") },
    Tampering { name: "the MAC is empty", change: |files| with(&files.now, "    mac: ", "\"\"") },
    Tampering {
        name: "the MAC is the ciphertext of a value",
        change: |files| with(&files.now, "    mac: ", value(&files.now, "    password: ")),
    },
    Tampering { name: "the selector is narrowed", change: |files| with(&files.now, "    encrypted_regex: ", "^data$") },
    Tampering {
        name: "the selector is widened",
        change: |files| with(&files.now, "    encrypted_regex: ", "^(data|stringData|metadata)$"),
    },
    Tampering {
        name: "the selector is another kind",
        change: |files| once(&files.now, "    encrypted_regex: ", "    unencrypted_regex: "),
    },
    Tampering {
        name: "the MAC is said to cover sealed values only",
        change: |files| once(&files.now, "    mac: ", "    mac_only_encrypted: true\n    mac: "),
    },
    Tampering { name: "a clear value is changed", change: |files| with(&files.now, "    namespace: ", "production") },
    Tampering {
        name: "a clear value is added",
        change: |files| once(&files.now, "\nkind:", "\nimmutable: true\nkind:"),
    },
    Tampering {
        name: "a sealed value is copied where nothing is sealed",
        change: |files| {
            once(&files.now, "\nkind:", &format!("\nextra: {}\nkind:", value(&files.now, "    password: ")))
        },
    },
    Tampering { name: "a bit of the ciphertext is another", change: |files| flipped(&files.now, "data:") },
    Tampering { name: "a bit of the IV is another", change: |files| flipped(&files.now, ",iv:") },
    Tampering { name: "a bit of the tag is another", change: |files| flipped(&files.now, ",tag:") },
    Tampering {
        name: "a document is dropped",
        change: |files| files.now.split_once("\n---\n").map_or(String::new(), |(first, _)| format!("{first}\n")),
    },
    Tampering {
        name: "the documents are exchanged",
        change: |files| {
            files.now.split_once("\n---\n").map_or(String::new(), |(first, second)| format!("{second}---\n{first}\n"))
        },
    },
    Tampering {
        name: "the wrapped key is cut",
        change: |files| {
            let end = "            -----END AGE ENCRYPTED FILE-----";
            let text = files.now.replace(&format!("\n{end}"), "\nCUT");
            let lines = text.lines().collect::<Vec<_>>();
            let kept = lines
                .iter()
                .enumerate()
                .filter(|(at, _)| lines.get(at + 1).is_none_or(|next| !next.starts_with("CUT")));
            kept.map(|(_, line)| if *line == "CUT" { format!("{end}\n") } else { format!("{line}\n") }).collect()
        },
    },
];

/// What the format cannot show to anybody: the MAC holds values in order, and neither names, nor comments, nor types.
const UNNOTICED: &[Tampering] = &[
    Tampering {
        name: "a clear key is renamed",
        change: |files| once(&files.now, "    namespace: ", "    nameplace: "),
    },
    Tampering {
        name: "a comment is added",
        change: |files| once(&files.now, "kind: ", "# approved by the security team\nkind: "),
    },
    Tampering { name: "a null is added", change: |files| once(&files.now, "\nkind:", "\nimmutable: null\nkind:") },
    Tampering {
        name: "an empty text is added where values are sealed",
        change: |files| once(&files.now, "    password: ", "    user: \"\"\n    password: "),
    },
    Tampering {
        name: "the type of a sealed value is another",
        change: |files| {
            with(&files.now, "    number: ", &value(&files.now, "    number: ").replace("type:str", "type:int"))
        },
    },
    Tampering {
        name: "the writer's version is another",
        change: |files| {
            let version = value(&files.now, "    version: ");
            files.now.replace(&format!("    version: {version}"), "    version: 3.9.0")
        },
    },
];

fn at<'a>(text: &'a str, key: &str) -> &'a str {
    text.lines().find(|line| line.starts_with(key)).unwrap_or_else(|| panic!("there is no line {key}"))
}

fn line(text: &str, key: &str) -> String {
    at(text, key).to_owned()
}

fn value<'a>(text: &'a str, key: &str) -> &'a str {
    &at(text, key)[key.len()..]
}

fn once(text: &str, what: &str, by: &str) -> String {
    assert!(text.contains(what), "there is no {what:?}");
    text.replacen(what, by, 1)
}

/// With another value behind the first such key, or where it is in the metadata, in every document.
fn with(text: &str, key: &str, by: &str) -> String {
    let old = line(text, key);
    text.replace(&format!("\n{old}\n"), &format!("\n{key}{by}\n"))
}

fn without(text: &str, key: &str) -> String {
    let old = line(text, key);
    format!("\n{text}").replace(&format!("\n{old}\n"), "\n").trim_start().to_owned()
}

fn swapped(text: &str, one: &str, other: &str) -> String {
    let (first, second) = (value(text, one).to_owned(), value(text, other).to_owned());
    with(&with(text, one, &second), other, &first)
}

fn items_swapped(text: &str) -> String {
    let mut items = text.lines().filter(|line| line.starts_with("        - ENC["));
    let (first, second) = (items.next().unwrap(), items.next().unwrap());
    text.replace(first, "FIRST").replace(second, first).replace("FIRST", second)
}

/// One bit is another in the base64 of the password's `part`: the first character, whose six bits all count.
fn flipped(text: &str, part: &str) -> String {
    let sealed = value(text, "    password: ");
    let at = sealed.find(part).unwrap() + part.len();
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let index = alphabet.find(&sealed[at..=at]).unwrap() ^ 1;
    let changed = format!("{}{}{}", &sealed[..at], &alphabet[index..=index], &sealed[at + 1..]);
    with(text, "    password: ", &changed)
}

fn gen_opens(case: &Case, text: &str) -> Result<(), String> {
    let sealed = Sealed::parse(source(text)).map_err(|findings| format!("{findings:?}"))?;
    sealed.open(&case.keys.own).map(|_| ()).map_err(|error| format!("{error:?}"))
}

/// The file as gen seals it, before and after a change.
fn sealed_by_gen(case: &Case) -> Files {
    let now = SystemTime::now();
    let before =
        seal(read(TEXT).unwrap(), &case.keys.recipients(), &Selector::of_secrets(), now - Duration::from_secs(3600))
            .unwrap();
    let mut opened = Sealed::parse(source(&before)).unwrap().open(&case.keys.own).unwrap();
    for key in ["token", "password"] {
        opened.stream_mut().documents[0].set(&["stringData", key], Tree::text("changed"));
    }
    Files { now: opened.close(now).unwrap(), before }
}

/// The same by sops, whose times have a resolution of a second: the older file gets its own by being sealed by gen first.
fn sealed_by_sops(case: &Case) -> Files {
    let before = sealed_by_gen(case).before;
    let token = case.set(&before, &["stringData", "token"], "\"changed\"").unwrap();
    let now = case.set(&token, &["stringData", "password"], "\"changed as well\"").unwrap();
    Files { now, before }
}

fn faults(case: &Case, writer: &str, files: &Files) -> Vec<String> {
    let sops = case.sops.name();
    let mut faults = Vec::new();
    let mut opens = |what: &str, text: &str, wanted: bool| {
        for (reader, result) in [("gen", gen_opens(case, text)), ("sops", case.decrypt(text).map(|_| ()))] {
            match (wanted, result) {
                (true, Err(error)) => {
                    faults.push(format!("{sops}: {reader} refuses {writer}'s file when {what}: {error}"))
                }
                (false, Ok(())) => faults.push(format!("{sops}: {reader} accepts {writer}'s file when {what}")),
                _ => {}
            }
        }
    };
    opens("nothing is changed", &files.now, true);
    for (tamperings, wanted) in [(NOTICED, false), (UNNOTICED, true)] {
        for Tampering { name, change } in tamperings {
            let text = change(files);
            assert_ne!(text, files.now, "{name} changes nothing");
            opens(name, &text, wanted);
        }
    }
    faults
}

#[test]
#[ignore = "needs peers: just peers test-peers"]
fn each_side_notices_that_the_others_file_was_tampered_with() {
    let shape: Shape = shapes().swap_remove(0);
    let found: Vec<String> = Sops::all()
        .par_iter()
        .flat_map_iter(|sops| {
            let case = Case::new(sops, &shape);
            let mut found = faults(&case, "gen", &sealed_by_gen(&case));
            found.extend(faults(&case, "sops", &sealed_by_sops(&case)));
            found
        })
        .collect();
    assert!(found.is_empty(), "{} faults:\n{}", found.len(), found.join("\n"));
}
