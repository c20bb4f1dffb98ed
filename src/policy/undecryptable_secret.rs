//! A sealed file that the cluster cannot open.

use super::{Check, Rule};
use crate::diagnostic::Severity;

pub(super) const RULE: Rule = Rule {
    id: "undecryptable-secret",
    severity: Severity::Error,
    production: Severity::Error,
    summary: "A sealed file is applied by something that does not decrypt it.",
    rationale: "Flux applies a Secret whose `stringData` is sealed as it is, and calls that Ready: applications get ENC[...] texts \
                for passwords, and a new database takes them for good. A Secret whose `data` is sealed stops the whole \
                Kustomization. Argo CD without a plugin applies whatever it finds.",
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
