//! A sealed file that the cluster cannot open.

use super::{Check, Rule};
use crate::diagnostic::Severity;

pub(super) const RULE: Rule = Rule {
    id: "undecryptable-secret",
    severity: Severity::Error,
    production: Severity::Error,
    summary: "A sealed file is applied by something that does not decrypt it.",
    rationale: "Flux refuses a Secret that is still sealed, and with it the whole Kustomization; other kinds, and \
                everything under Argo CD without a plugin, arrive as ENC[...] texts that applications take for their \
                password.",
    remedy: "Give the Flux Kustomization `decryption` with the provider sops and the Secret of the key. Under \
             Argo CD let KSOPS read the file. Put sealed files into a `secretGenerator`, never into a \
             `configMapGenerator`.",
    bad: "kind: Kustomization\nspec:\n  path: ./gitops/staging/postgres   # holds postgres-auth.sops.yaml\n",
    good: "kind: Kustomization\nspec:\n  path: ./gitops/staging/postgres\n  decryption: {provider: sops, secretRef: {name: sops-age}}\n",
    hides_lines: false,
    is_opinion: false,
    elsewhere: &[],
    check: Check::Tree(|view, report| report.faults(view)),
};
