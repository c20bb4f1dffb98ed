//! Comments beside sealed values: `sops` leaves those outside the sealed blocks readable, and old values are often kept there.

use crate::diagnostic::{Finding, Location};

/// Warns of every comment that reads like a key with its value (`# old: ...`, `# PASSWORD=...`).
#[must_use]
pub fn suspicious(file: &str, text: &str) -> Vec<Finding> {
    text.lines()
        .zip(1..)
        .filter_map(|(line, number)| {
            let at = comment(line)?;
            holds_value(&line[at + 1..]).then(|| {
                let column = u32::try_from(line[..at].chars().count()).unwrap_or(0) + 1;
                Finding::warning(
                    "plaintext-comment",
                    Location::new(file, number, column),
                    "this comment is not sealed, everybody can read it",
                )
                .help(format!("delete it with `gen secret edit {file}` or `sops edit {file}` if it holds an old value, and change that value"))
            })
        })
        .collect()
}

/// Where a line's comment starts. Sealed files have no other `#` after a space: values are base64.
fn comment(line: &str) -> Option<usize> {
    let starts = |at: &usize| line[..*at].chars().next_back().is_none_or(char::is_whitespace);
    line.match_indices('#').map(|(at, _)| at).find(starts)
}

fn holds_value(comment: &str) -> bool {
    let text = comment.trim_start_matches(['#', '-', ' ', '\t']);
    let end = text.find(|c: char| !c.is_alphanumeric() && !matches!(c, '_' | '.' | '-')).unwrap_or(text.len());
    let (key, rest) = text.split_at(end);
    let value = rest.trim_start().strip_prefix([':', '=']).map(str::trim);
    !key.is_empty()
        && key != "yaml-language-server"
        && value.is_some_and(|value| !value.is_empty() && !value.starts_with("//"))
}

#[cfg(test)]
mod tests {
    use super::suspicious;

    #[test]
    fn comments_that_look_like_values() {
        for (line, column) in [("# old: hunter2", 1), ("stringData: # PASSWORD=hunter2", 13), ("  ## - ä.b-c = x", 3)]
        {
            let findings = suspicious("f", &format!("kind: Secret\n{line}\n"));
            assert_eq!(findings.len(), 1, "{line}");
            assert_eq!((findings[0].location.line, findings[0].location.column), (2, column), "{line}");
            assert!(!findings[0].message.contains("hunter2") && !findings[0].help.contains("hunter2"));
        }
        for line in [
            "# the password of the application",
            "#ENC[AES256_GCM,data:aa==,iv:aa==,tag:aa==,type:comment]",
            "# https://getsops.io/docs",
            "# yaml-language-server: $schema=x",
            "#",
            "# keys:",
            "key: a#b:c",
        ] {
            assert!(suspicious("f", line).is_empty(), "{line}");
        }
    }
}
