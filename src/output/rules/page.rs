//! The rules as a page of Markdown.

use std::fmt::Write as _;

use super::{cure, may_be_ignored, severities};
use crate::{manifest::IGNORE, policy::Rule};

const HEAD: &str = "\
<!-- Made by `gen rules --format markdown`; do not edit. -->
# Rules

What `gen build` and `gen check` hold every tree against before it is written, and `gen lint PATH` any tree of manifests.
A rule looks at facts and not at shapes: a Service's type is the same in a manifest, in a chart's values file, in the
values of a HelmRelease and in a ConfigMap that it reads. A finding points at the value that somebody can change: in a tree
of gen's own at the line of the environment that caused it.

An environment chooses which severities apply (`profile: default` or `production`, `--profile` of lint). What is a matter of
taste is an opinion: it is asked only where somebody wants opinions (`policy.opinions`, `--opinions`).
";

const READS: &str = "
## What `gen lint` reads

YAML and JSON files below the paths that it is given, all of them as one tree. A file without a kind counts as values of a
chart that gen knows when its keys say so (`gen values postgresql`), or when a HelmRelease of the tree takes it. Files of
which gen does not know what they are, and templates (of Helm, or with `{{ }}` and no YAML before something fills them in),
are passed over and counted; `-v` lists them. What the tree lacks may come from elsewhere, so a missing Secret, source,
namespace or policy is a note there, and an error in a tree of gen's own.

Not seen yet: values of a chart that stands in another one (`postgresql:` of an umbrella chart), patches of kustomize, and
what a template in a value comes to: `type: \"{{ .Values.x }}\"` passes. A values file of very few keys may not be
recognised; a HelmRelease beside it helps.

## Exceptions

What is right in one place is passed over there, with a reason and, better, a last day. In an environment:

```yaml
# environments/staging.yaml, excerpt
policy:
  ignore:
    - rule: floating-version
      path: services.postgres
      reason: the pilot follows the newest image
      until: 2027-03-01
```

`path` covers the environment path of a finding and everything below it; without it every finding of the rule is
passed over. The lists of all layers are joined.

In any other file that people write, manifests that a service lists and values files too, by a comment:

```yaml
# k8s/service.yaml
spec:
  # gen:ignore public-database a lab without data, until 2027-03-01
  type: NodePort
```

It covers the key or item that begins on the next line, or on its own where it stands behind one, with all that is below;
at the head of a document, before its first key, all of the document. Put it on the line that a finding names.

An exception that has ended, or that nothing needs any more, is a warning; one without a reason, or for a rule that does not
exist, is an error. Rules that gen.yaml lists under `policy.locked` can be ignored neither by an environment nor by a comment,
and those about secrets never can. Have `.github/CODEOWNERS` name gen.yaml: then whoever opens a port is not the one who
takes the lock off.

## An old tree

`gen lint --write-baseline known.json k8s` writes down what is wrong today, and `gen lint --baseline known.json k8s` passes
over that and nothing else; `gen check` takes both too. An entry is a file, a rule and the place in the object, so it
outlives moved lines. What is solved is told, until the baseline is written again. Locked rules, syntax errors and trees that
are out of date are never in it.

## What gen changes itself

`gen lint --fix` and `gen check --fix` make the changes that are certain and harmless (`--dry-run` only says which), in the
manifest or the environment file, and leave every other byte: comments, quotes, line ends. What stands in two places through
an alias, sealed files and files that gen made are left alone, with a word; everything else stays a suggestion in the finding.
";

/// docs/rules.md.
#[must_use]
pub fn page(rules: &[Rule]) -> String {
    let mut page = HEAD.to_owned();
    page.push_str("\n| rule | severity | finds |\n|---|---|---|\n");
    for rule in rules {
        let _ = writeln!(page, "| [`{0}`](#{0}) | {1} | {2} |", rule.id, severities(rule), rule.summary);
    }
    page.push_str(READS);
    rules.iter().for_each(|rule| section(&mut page, rule));
    page
}

fn section(page: &mut String, rule: &Rule) {
    let Rule { id, summary, rationale, remedy, bad, good, elsewhere, .. } = rule;
    let severities = severities(rule);
    let _ = write!(page, "\n## {id}\n\n*{severities}.* {summary}\n\n{rationale}\n\n**How to fix.** {remedy}");
    match cure(rule) {
        "" => page.push('\n'),
        cure => {
            let _ = writeln!(page, " {cure}");
        }
    }
    let _ = write!(page, "\nWrong:\n\n```\n{bad}```\n\nRight:\n\n```\n{good}```\n\n**How to ignore.** ");
    page.push_str(&match may_be_ignored(rule) {
        false => "Not at all.\n".to_owned(),
        true => format!(
            "`{{rule: {id}, path: ..., reason: ...}}` below `policy.ignore`, or `# {IGNORE} {id} why, until 2027-03-01`.\n"
        ),
    });
    if !elsewhere.is_empty() {
        let _ = writeln!(page, "\n**Elsewhere.** {}.", elsewhere.join(", "));
    }
}
