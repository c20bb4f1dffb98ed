//! The table of mistakes: what is changed in a sound repository, and what is found then.

use super::repository::{BASE, QA, SECRET, STAGING};

pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) changes: &'static [Change],
    /// `file:line:column rule`, then fragments of message and help, with ` .. ` between them.
    pub(crate) finds: &'static [&'static str],
}

pub(crate) enum Change {
    /// File, text, its replacement.
    Edit(&'static str, &'static str, &'static str),
    Write(&'static str, &'static [u8]),
    Remove(&'static str),
}

use Change::{Edit, Remove, Write};

const fn case(name: &'static str, changes: &'static [Change], finds: &'static [&'static str]) -> Case {
    Case { name, changes, finds }
}

const SOURCE: &str = "{git: https://github.com/bitnami/charts, tag: postgresql/17.0.2, path: bitnami/postgresql}";
const LIMITS: &str = "      limits: {memory: 1Gi}\n";
const STORAGE: &str = "    storage: 20Gi\n";
const BACKUP: &str = "    storage: 20Gi\n    backup: {schedule: \"0 2 * * *\", retention: 30d, storage: 5Gi}\n";

pub(crate) const CASES: &[Case] = &[
    // The text as YAML.
    case(
        "a tab",
        &[Edit(STAGING, "    storage", "\tstorage")],
        &["environments/staging.yaml:6:1 yaml-syntax .. a tab .. spaces"],
    ),
    case(
        "an open quote",
        &[Edit(STAGING, "database: viridial", "database: \"viridial")],
        &["environments/staging.yaml:7:15 yaml-syntax .. quote is not closed .. closing quote"],
    ),
    case(
        "no space after the colon",
        &[Edit(STAGING, "database: viridial", "database:viridial")],
        &["environments/staging.yaml:7:5 yaml-syntax .. without a colon .. `key: value`"],
    ),
    case(
        "a line that is indented by three",
        &[Edit(STAGING, "    database", "   database")],
        &["environments/staging.yaml:7:4 yaml-syntax .. indentation .. align"],
    ),
    case(
        "a mistake in one layer and one in another",
        &[Edit(BASE, "engine: flux", "engine: \"flux"), Edit(STAGING, "storage", "storrage")],
        &[
            "environments/base.yaml:4:11 yaml-syntax .. quote is not closed",
            "environments/staging.yaml:6:5 unknown-key .. `storrage` .. `storage`?",
        ],
    ),
    case(
        "mistakes in gen.yaml and in an environment",
        &[Write("gen.yaml", b"edition: 1\nfoo: bar\n"), Edit(STAGING, "storage", "storrage")],
        &[
            "environments/staging.yaml:6:5 unknown-key .. `storrage`",
            "gen.yaml:2:1 unknown-key .. `foo` .. edition, requires, policy",
        ],
    ),
    case(
        "a key twice",
        &[Edit(STAGING, STORAGE, "    storage: 20Gi\n    storage: 30Gi\n")],
        &["environments/staging.yaml:7:5 duplicate-key .. `storage` .. line 6 .. keep one"],
    ),
    case("an empty file", &[Write(STAGING, b"")], &["environments/staging.yaml:1:1 empty-file .. delete the file"]),
    case(
        "only comments",
        &[Write(STAGING, b"# nothing\n")],
        &["environments/staging.yaml:1:1 empty-file .. delete the file"],
    ),
    case(
        "two documents",
        &[Edit(STAGING, "namespace:", "---\nnamespace:")],
        &["environments/staging.yaml:3:1 several-documents .. `---`"],
    ),
    case("a list", &[Write(STAGING, b"- a\n")], &["environments/staging.yaml:1:1 root-not-a-map .. not a list"]),
    case(
        "not UTF-8",
        &[Write(STAGING, b"extends: base\nname: \xff\n")],
        &["environments/staging.yaml:2:7 not-utf8 .. 0xFF"],
    ),
    case(
        "a control character",
        &[Edit(STAGING, "viridial-staging", "viridial\u{7}staging")],
        &["environments/staging.yaml:3:20 control-character .. U+0007"],
    ),
    case(
        "a byte order mark",
        &[Edit(STAGING, "extends", "\u{feff}extends")],
        &["environments/staging.yaml:1:1 byte-order-mark .. save it"],
    ),
    case(
        "lines that end in CR LF",
        &[Write(QA, b"extends: base\r\ncluster: qa\r\nnamespce: x\r\nservices: {postgres: null}\r\n")],
        &["environments/qa.yaml:3:1 unknown-key .. `namespce` .. `namespace`?"],
    ),
    case(
        "a merge conflict",
        &[Edit(STAGING, "namespace: viridial-staging", "<<<<<<< HEAD\nnamespace: a\n=======\nnamespace: b\n>>>>>>> x")],
        &["environments/staging.yaml:3:1 merge-conflict .. not resolved .. keep one"],
    ),
    case(
        "a merge key",
        &[Edit(STAGING, STORAGE, "    <<: {storage: 20Gi}\n")],
        &["environments/staging.yaml:6:5 merge-key .. layers are .. `extends`"],
    ),
    case(
        "values that YAML 1.1 readers take for something else",
        &[
            Edit(STAGING, STORAGE, "    storage: 20Gi\n    metrics: no\n"),
            Edit(STAGING, "namespace: viridial-staging", "namespace: {name: viridial-staging, manage: on}"),
            Edit(STAGING, "database: viridial", "database: 0777"),
            Edit(STAGING, "250m", "1e3"),
        ],
        &[
            "environments/staging.yaml:3:45 yaml-1.1-trap .. `on` is true .. write true",
            "environments/staging.yaml:7:14 yaml-1.1-trap .. `no` is false .. write false",
            "environments/staging.yaml:8:15 yaml-1.1-trap .. leading zero",
            "environments/staging.yaml:10:23 yaml-1.1-trap .. exponent",
        ],
    ),
    case(
        "versions that read as numbers",
        &[Edit(BASE, "\"1.33\"", "1.30"), Edit(BASE, "\"2.7\"", "2.7")],
        &[
            "environments/base.yaml:2:13 wrong-type .. `1.30` reads as a number .. quote it: \"1.30\"",
            "environments/base.yaml:6:14 wrong-type .. `2.7` reads as a number .. quote it: \"2.7\"",
        ],
    ),
    // Keys and types.
    case(
        "unknown keys, and no word of what they were meant to be",
        &[
            Edit(STAGING, "namespace:", "namespaces:"),
            Edit(STAGING, STORAGE, "    storrage: 20Gi\n    quux: 3\n"),
            Edit(BASE, "class: local-path", "clas: local-path"),
        ],
        &[
            "environments/base.yaml:17:3 unknown-key .. `clas` .. `class`?",
            "environments/staging.yaml:3:1 unknown-key .. `namespaces` .. `namespace`?",
            "environments/staging.yaml:6:5 unknown-key .. `storrage` .. `storage`?",
            "environments/staging.yaml:7:5 unknown-key .. `quux` .. known keys: kind, architecture",
        ],
    ),
    case(
        "wrong types",
        &[
            Edit(STAGING, "nodes: 3", "nodes: two"),
            Edit(STAGING, "namespace: viridial-staging", "namespace: 5"),
            Edit(STAGING, "storage: 20Gi", "storage: [20Gi]"),
            Edit(QA, "storage: 5Gi", "metrics: \"true\"\n    manifests: a.yaml\n    storage: 5Gi"),
        ],
        &[
            "environments/qa.yaml:6:14 wrong-type .. `metrics` is a string .. leave the quotes out",
            "environments/qa.yaml:7:16 wrong-type .. should be a list .. [a.yaml]",
            "environments/staging.yaml:2:37 wrong-type .. `nodes` is a string, and should be a whole number",
            "environments/staging.yaml:3:12 wrong-type .. `5` reads as a number .. \"5\"",
            "environments/staging.yaml:6:14 wrong-type .. `storage` is a list, and should be a string or a map .. size, class",
        ],
    ),
    case(
        "services as a list",
        &[Edit(QA, "  postgres:\n    storage: 5Gi\n    database: viridial", "  - postgres")],
        &["environments/qa.yaml:5:3 wrong-type .. `services` is a list, and should be a map .. `name: value`"],
    ),
    case(
        "missing keys, here and in a layer",
        &[Edit(STAGING, "namespace: viridial-staging\n", ""), Edit(BASE, "    version: 17.0.2\n", "")],
        &[
            "environments/base.yaml:9:3 missing-key .. `charts.postgresql` needs `version` .. add `version:` here, or",
            "environments/staging.yaml:1:1 missing-key .. environments/staging.yaml needs `namespace` .. add `namespace:`",
        ],
    ),
    case(
        "a missing key in a map of the file's own",
        &[Edit(STAGING, "    database: viridial\n", "")],
        &["environments/staging.yaml:5:3 missing-key .. `services.postgres` needs `database` .. add `database:`"],
    ),
    case(
        "a key without a value",
        &[Edit(STAGING, STORAGE, "    storage: 20Gi\n    clients:\n")],
        &["environments/staging.yaml:7:12 empty-value .. `clients` has no value .. `null`"],
    ),
    // Layers.
    case(
        "an unknown layer",
        &[Edit(STAGING, "extends: base", "extends: bse")],
        &["environments/staging.yaml:1:10 missing-layer .. `bse` .. `base`?"],
    ),
    case(
        "a layer by its path",
        &[Edit(STAGING, "extends: base", "extends: ../common/x.yaml")],
        &["environments/staging.yaml:1:10 missing-layer .. without its folder"],
    ),
    case(
        "no layer at all",
        &[Edit(STAGING, "extends: base\n", "")],
        &[
            "environments/staging.yaml:1:1 missing-key .. needs `delivery`",
            "environments/staging.yaml:1:1 missing-key .. needs `kubernetes`",
        ],
    ),
    case(
        "a layer that is no name",
        &[Edit(STAGING, "extends: base", "extends: [base, 5]")],
        &["environments/staging.yaml:1:17 wrong-type .. `5` reads as a number"],
    ),
    case(
        "a circle, told once for every environment on it",
        &[
            Edit(BASE, "abstract: true", "extends: other\nabstract: true"),
            Write("environments/other.yaml", b"extends: base\nabstract: true\n"),
        ],
        &["environments/other.yaml:1:10 extends-cycle .. base -> other -> base .. remove one"],
    ),
    case(
        "a layer that extends itself",
        &[Edit(STAGING, "extends: base", "extends: staging")],
        &["environments/staging.yaml:1:10 extends-cycle .. staging -> staging"],
    ),
    case(
        "abstract as a text",
        &[Edit(BASE, "abstract: true", "abstract: \"true\"")],
        &["environments/base.yaml:1:11 wrong-type .. `abstract` .. leave the quotes out"],
    ),
    case(
        "a layer that is called .yml",
        &[Write("environments/prod.yml", b"extends: base\n")],
        &["environments/prod.yml:1:1 ignored-file .. `.yaml` .. rename it to prod.yaml"],
    ),
    // Names.
    case(
        "names that are no DNS label",
        &[
            Edit(STAGING, "services:\n", "services:\n  my_db: {kind: postgres, storage: 1Gi, database: x}\n"),
            Edit(QA, "viridial-staging", "Viridial"),
        ],
        &[
            "environments/qa.yaml:3:12 wrong-value .. `namespace`: `V` is not allowed here .. did you mean `viridial`?",
            "environments/staging.yaml:5:3 bad-name .. `my_db`: `_` is not allowed .. did you mean `my-db`?",
        ],
    ),
    case(
        "a kind in capitals is one mistake, not two",
        &[
            Edit(QA, "  postgres:", "  Postgres:"),
            Edit(
                BASE,
                "  postgres:\n    username: viridial\n    clients:\n      identity: {app: identity-service}\n",
                "  {}\n",
            ),
        ],
        &["environments/qa.yaml:5:3 bad-name .. `Postgres`: `P` is not allowed .. `postgres`?"],
    ),
    case(
        "reserved names",
        &[
            Edit(STAGING, "services:\n", "services:\n  flux: {kind: postgres, storage: 1Gi, database: x}\n"),
            Edit(QA, "viridial-staging", "kube-system"),
        ],
        &[
            "environments/qa.yaml:3:12 reserved-name .. `kube-system` belongs to Kubernetes .. `kube-`",
            "environments/staging.yaml:5:3 reserved-name .. `flux` is reserved .. reserved are flux, argocd",
        ],
    ),
    case(
        "a file name that is no environment's",
        &[Write("environments/Blue.yaml", b"extends: base\ncluster: c\nnamespace: blue\nservices: {postgres: null}\n")],
        &["environments/Blue.yaml:1:1 bad-name .. this file's name .. `B` is not allowed .. rename the file"],
    ),
    case(
        "an unknown kind",
        &[Edit(STAGING, "services:\n", "services:\n  redis: {}\n  db: {kind: postgress}\n")],
        &[
            "environments/staging.yaml:5:3 unknown-kind .. `redis` .. one of: postgres",
            "environments/staging.yaml:6:14 unknown-kind .. `postgress` .. `postgres`?",
        ],
    ),
    case(
        "one namespace for two environments of a cluster",
        &[Edit(QA, "k3s-qa", "k3s-staging")],
        &[
            "environments/staging.yaml:3:12 namespace-clash .. `qa` .. `viridial-staging` .. `k3s-staging` .. of its own",
        ],
    ),
    case(
        "one Flux Kustomization for two environments of a cluster",
        &[
            Write(
                "environments/qa-postgres.yaml",
                b"extends: base\ncluster: k3s-qa\nnamespace: other\nservices:\n  postgres: null\n",
            ),
            Edit(
                QA,
                "  postgres:",
                "  postgres: null\n  postgres-namespace:\n    kind: postgres\n    username: x\n    secret: {name: postgres-auth}",
            ),
        ],
        &["environments/qa-postgres.yaml:3:12 name-clash .. `qa` .. `qa-postgres-namespace` .. `k3s-qa` .. rename"],
    ),
    // Paths.
    case(
        "paths that lead out of the repository",
        &[
            Edit(STAGING, STORAGE, "    storage: 20Gi\n    manifests: [../../etc/passwd, /etc/passwd]\n"),
            Edit(BASE, SOURCE, "{path: ../charts}"),
            Edit(BASE, "    version: \"2.7\"", "    version: \"2.7\"\n    path: ../.."),
        ],
        &[
            "environments/base.yaml:7:11 wrong-value .. `path` must not hold `..`",
            "environments/base.yaml:12:20 wrong-value .. `path` must not hold `..`",
            "environments/staging.yaml:7:17 wrong-value .. `manifests[0]` must not hold `..`",
            "environments/staging.yaml:7:35 wrong-value .. `manifests[1]` must be relative",
        ],
    ),
    case(
        "manifests that are not there, are no object or are a Secret",
        &[
            Edit(STAGING, STORAGE, "    storage: 20Gi\n    manifests: [gone.yaml, m/list.yaml, m/secret.yaml]\n"),
            Write("environments/m/list.yaml", b"kind: ConfigMap\nmetadata: {name: x}\n"),
            Write(
                "environments/m/secret.yaml",
                b"apiVersion: v1\nkind: Secret\nmetadata: {name: x}\nstringData: {a: hunter2}\n",
            ),
        ],
        &[
            "environments/m/list.yaml:1:1 no-object .. `apiVersion`",
            "environments/m/secret.yaml:4:17 plaintext-secret .. plain text .. sops encrypt",
            "environments/staging.yaml:7:17 missing-file .. environments/gone.yaml .. relative",
        ],
    ),
    // Values.
    case(
        "quantities and durations",
        &[
            Edit(STAGING, "20Gi", "20gb"),
            Edit(STAGING, "250m", "-250m"),
            Edit(STAGING, "512Mi", "lots"),
            Edit(STAGING, "1Gi", "\"0\""),
            Edit(
                QA,
                "storage: 5Gi",
                "storage: -5Gi\n    backup: {schedule: \"99 2 * * *\", retention: -3d, storage: 5Gi}",
            ),
        ],
        &[
            "environments/qa.yaml:6:14 wrong-value .. `storage` must not be negative .. `20Gi`",
            "environments/qa.yaml:7:24 wrong-value .. `schedule`: minute: 99 is not between 0 and 59 .. `0 2 * * *`",
            "environments/qa.yaml:7:49 wrong-value .. `retention` must not have a sign .. `30d`",
            "environments/staging.yaml:6:14 wrong-value .. `storage`: `gb` is no unit",
            "environments/staging.yaml:9:23 wrong-value .. `cpu` must not be negative .. `250m`",
            "environments/staging.yaml:9:38 wrong-value .. `memory` must start with a number",
            "environments/staging.yaml:10:24 wrong-value .. `memory` must be more than zero",
        ],
    ),
    case(
        "a number that needs a unit rather than quotes",
        &[Edit(
            STAGING,
            STORAGE,
            "    storage: 20Gi\n    backup: {schedule: \"0 2 * * *\", retention: 30, storage: 5Gi}\n",
        )],
        &["environments/staging.yaml:7:48 wrong-value .. `30` has no unit, such as `30d`"],
    ),
    case(
        "a key with dots",
        &[Edit(
            STAGING,
            "namespace: viridial-staging",
            "namespace: {name: viridial-staging, quota: {limits.memory: -1}}",
        )],
        &["environments/staging.yaml:3:60 wrong-value .. `limits.memory` must not be negative"],
    ),
    case(
        "words that are none of the allowed",
        &[Edit(BASE, "engine: flux", "engine: helm"), Edit(STAGING, "namespace:", "profile: Production\nnamespace:")],
        &[
            "environments/base.yaml:4:11 wrong-value .. `engine` cannot be `helm` .. flux, argocd, compose",
            "environments/staging.yaml:3:10 wrong-value .. `profile` cannot be `Production` .. `production`?",
        ],
    ),
    case(
        "an engine of a later gen",
        &[Edit(BASE, "engine: flux", "engine: argocd")],
        &["environments/base.yaml:4:11 unsupported-engine .. Argo CD .. `engine: flux`"],
    ),
    case(
        "flux without its own settings",
        &[Edit(
            BASE,
            "  flux:\n    version: \"2.7\"\n    source: {kind: GitRepository, name: flux-system, namespace: flux-system}\n",
            "",
        )],
        &["environments/base.yaml:3:1 missing-key .. needs `delivery.flux` .. add `flux:"],
    ),
    case(
        "requests above their limits",
        &[Edit(STAGING, "512Mi", "2Gi"), Edit(STAGING, "limits: {memory", "limits: {cpu: 200m, memory")],
        &[
            "environments/staging.yaml:9:23 request-above-limit .. cpu .. raise the limit",
            "environments/staging.yaml:9:37 request-above-limit .. memory .. raise the limit",
        ],
    ),
    case(
        "replicas of a single server",
        &[Edit(STAGING, STORAGE, "    storage: 20Gi\n    replicas: 3\n")],
        &["environments/staging.yaml:7:15 no-replicas .. `architecture: replication`"],
    ),
    // Expressions.
    case(
        "undefined names and broken expressions",
        &[
            Edit(STAGING, "database: viridial", "database: ${{ env.nam }}"),
            Edit(STAGING, "20Gi", "${{ services.redis.host }}"),
            Edit(QA, "database: viridial", "database: \"${{ 1 + }}\""),
            Edit(QA, "5Gi", "\"${{ env.name\""),
        ],
        &[
            "environments/qa.yaml:6:14 bad-expression .. no closing",
            "environments/qa.yaml:7:15 bad-expression .. `1 +` .. expressions see `env.name`",
            "environments/staging.yaml:6:14 bad-expression .. `services.redis.host` .. expressions see `env.name`",
            "environments/staging.yaml:7:15 bad-expression .. `env.nam` is not defined",
        ],
    ),
    case(
        "an expression of another type",
        &[Edit(STAGING, "database: viridial", "database: ${{ services.postgres.port }}")],
        &["environments/staging.yaml:7:15 wrong-type .. the expression gives a number .. `| string }}`"],
    ),
    // Recipients.
    case(
        "a recipient that is cut off",
        &[Edit(BASE, "qrsexth07", "qrsext")],
        &["environments/base.yaml:21:11 wrong-value .. `flux` is no age recipient: mistyped or cut off"],
    ),
    case(
        "one recipient",
        &[Edit(BASE, "    flux: age1z55faqu8yxl4ld975lajfra43fjrychjjhyxsp5vh38max58mqrsexth07\n", "")],
        &[
            "environments/base.yaml:19:3 too-few-recipients .. one lost key .. at least two",
            "environments/qa/secrets/postgres-auth.sops.yaml:12:3 wrong-recipient .. can open this file, and is no recipient of the environment `qa` .. gen secret rekey qa",
            "environments/staging/secrets/postgres-auth.sops.yaml:12:3 wrong-recipient .. gen secret rekey staging",
        ],
    ),
    case(
        "one recipient in production",
        &[
            Edit(BASE, "    flux: age1z55faqu8yxl4ld975lajfra43fjrychjjhyxsp5vh38max58mqrsexth07\n", ""),
            Edit(BASE, "kubernetes:", "profile: production\nkubernetes:"),
        ],
        &[
            "environments/base.yaml:20:3 too-few-recipients .. one lost key",
            "environments/qa/secrets/postgres-auth.sops.yaml:12:3 wrong-recipient .. can open this file, and is no recipient of the environment `qa` .. gen secret rekey qa",
            "environments/staging/secrets/postgres-auth.sops.yaml:12:3 wrong-recipient .. gen secret rekey staging",
        ],
    ),
    // The project.
    case(
        "an edition of a later gen, and nothing else said",
        &[Write("gen.yaml", b"edition: 2\n"), Edit(STAGING, "storage", "storrage")],
        &["gen.yaml:1:10 unknown-edition .. edition 2 is newer .. install a newer gen"],
    ),
    case(
        "another gen is required",
        &[Write("gen.yaml", b"edition: 1\nrequires: \">=9\"\n"), Edit(STAGING, "storage", "storrage")],
        &["gen.yaml:2:11 unsupported-version .. >=9 .. 0."],
    ),
    case(
        "no edition",
        &[Write("gen.yaml", b"requires: \">=0.1\"\n")],
        &["gen.yaml:1:1 missing-key .. gen.yaml needs `edition` .. add `edition:`"],
    ),
    case(
        "a requirement that is none",
        &[Write("gen.yaml", b"edition: 1\nrequires: banana\n")],
        &["gen.yaml:2:11 unsupported-version .. `banana` is no version requirement .. \">=0.1\""],
    ),
    // Charts and images.
    case(
        "two forms of a source, and no service that misses its chart",
        &[Edit(BASE, "path: bitnami/postgresql}", "path: bitnami/postgresql, oci: oci://example.com/x}")],
        &["environments/base.yaml:11:5 wrong-value .. `git` and `oci` exclude each other .. {repository}"],
    ),
    case(
        "a Git source without its reference",
        &[Edit(BASE, "tag: postgresql/17.0.2, ", "")],
        &["environments/base.yaml:11:5 wrong-value .. needs `path` and one of `tag` and `commit`"],
    ),
    case(
        "an unknown version of the chart",
        &[Edit(BASE, "version: 17.0.2", "version: 18.0.0")],
        &["environments/base.yaml:10:14 unknown-chart-version .. 18.0.0 .. 17.0.2 .. model: 17.0.2"],
    ),
    case(
        "a chart and an image that gen does not know",
        &[Edit(BASE, "  postgresql:\n    version", "  postgres:\n    version"), Edit(BASE, "os-shell:", "os-shel:")],
        &[
            "environments/base.yaml:9:3 unknown-key .. `postgres` .. `postgresql`?",
            "environments/base.yaml:14:3 unknown-key .. `os-shel` .. `os-shell`?",
        ],
    ),
    case(
        "a vendored chart that is not there",
        &[Edit(BASE, SOURCE, "{path: charts/postgresql}")],
        &["environments/base.yaml:11:5 missing-file .. charts/postgresql/Chart.yaml .. charts/common"],
    ),
    case(
        "a vendored chart of another version, without its dependency",
        &[
            Edit(BASE, SOURCE, "{path: charts/postgresql}"),
            Write("charts/postgresql/Chart.yaml", b"name: postgresql\nversion: 1.2.3\n"),
        ],
        &[
            "environments/base.yaml:11:5 wrong-value .. postgresql 1.2.3, not postgresql 17.0.2",
            "environments/base.yaml:11:5 unpinned-dependency .. charts/common .. helm dependency build",
        ],
    ),
    // The service.
    case(
        "a client without a selector",
        &[Edit(STAGING, STORAGE, "    storage: 20Gi\n    clients: {x: {}}\n")],
        &["environments/staging.yaml:7:15 open-client .. `x` .. `app: NAME`"],
    ),
    case(
        "ports that are none",
        &[Edit(STAGING, STORAGE, "    storage: 20Gi\n    clients: {x: {app: a, ports: [0, 70000, 1.5]}}\n")],
        &[
            "environments/staging.yaml:7:35 wrong-value .. cannot be 0 .. between 1 and 65535",
            "environments/staging.yaml:7:38 wrong-value .. cannot be 70000 .. between 1 and 65535",
            "environments/staging.yaml:7:45 wrong-type .. should be a whole number",
        ],
    ),
    case(
        "a backup on the only node",
        &[Edit(STAGING, "nodes: 3", "nodes: 1"), Edit(STAGING, STORAGE, BACKUP)],
        &["environments/staging.yaml:7:5 backup-on-one-node .. one node .. copy them elsewhere"],
    ),
    case(
        "replicas beside a claim without a size",
        &[Edit(STAGING, "storage: 20Gi", "storage: {claim: old}\n    architecture: replication")],
        &["environments/staging.yaml:6:5 missing-key .. replicas .. {claim: NAME, size: 20Gi}"],
    ),
    case(
        "no storage",
        &[Edit(STAGING, "storage: 20Gi", "storage: {}")],
        &["environments/staging.yaml:6:5 missing-key .. needs a size .. `storage: 20Gi`"],
    ),
    case(
        "values that are no map",
        &[Edit(STAGING, STORAGE, "    storage: 20Gi\n    values: []\n")],
        &["environments/staging.yaml:7:13 wrong-type .. `values` is a list, and should be a map"],
    ),
    case(
        "values that gen's own objects do not follow",
        &[Edit(
            STAGING,
            STORAGE,
            "    storage: 20Gi\n    values:\n      nameOverride: db\n      primary: {persistence: {existingClaim: x}}\n",
        )],
        &[
            "environments/staging.yaml:8:21 open-database .. `nameOverride` .. leave it out",
            "environments/staging.yaml:9:46 overridden-value .. `primary.persistence.existingClaim` .. {claim: NAME}` instead",
        ],
    ),
    // Secrets.
    case(
        "two roles with one key",
        &[Edit(STAGING, STORAGE, "    storage: 20Gi\n    secret: {keys: {password: postgres-password}}\n")],
        &["environments/staging.yaml:7:14 wrong-value .. two roles have the key `postgres-password`"],
    ),
    case(
        "a secret that is missing",
        &[Remove(SECRET)],
        &[
            "environments/staging.yaml:5:3 missing-secret .. postgres-password, password, replication-password .. gen secret generate staging",
        ],
    ),
    case(
        "a secret of another namespace",
        &[Edit(SECRET, "viridial-staging", "viridial-other")],
        &[
            "environments/staging/secrets/postgres-auth.sops.yaml:5:14 secret-mismatch .. `viridial-other`, and should be `viridial-staging` .. sops edit",
        ],
    ),
    case(
        "a secret in plain text",
        &[Write(SECRET, b"apiVersion: v1\nkind: Secret\nmetadata: {name: postgres-auth}\nstringData: {password: x}\n")],
        &["environments/staging/secrets/postgres-auth.sops.yaml:4:1 plaintext-secret .. not sealed .. sops encrypt"],
    ),
    case(
        "a secret that nobody wants",
        &[Write("environments/staging/secrets/old.sops.yaml", b"x")],
        &["environments/staging/secrets/old.sops.yaml:1:1 unused-secret .. remove it"],
    ),
    case(
        "a renamed service without its secret",
        &[
            Edit(STAGING, "  postgres:", "  pg:\n    kind: postgres"),
            Edit(STAGING, "services:", "services:\n  postgres: null"),
        ],
        &[
            "environments/staging.yaml:6:3 missing-secret .. pg-auth",
            "environments/staging/secrets/postgres-auth.sops.yaml:1:1 unused-secret",
        ],
    ),
    case(
        "wishes for a namespace that somebody else writes",
        &[Edit(
            STAGING,
            "namespace: viridial-staging",
            "namespace: {name: viridial-staging, manage: false, quota: {pods: 9}, defaultDeny: true}",
        )],
        &[
            "environments/staging.yaml:3:52 unmanaged-namespace .. `quota` has no effect .. delete this line",
            "environments/staging.yaml:3:83 unmanaged-namespace .. `defaultDeny` has no effect",
        ],
    ),
    case(
        "a quota that would keep every pod from starting",
        &[
            Edit(
                STAGING,
                "namespace: viridial-staging",
                "namespace: {name: viridial-staging, quota: {limits.cpu: 4, requests.cpu: 2, memory: 9Gi, pods: 9}}",
            ),
            Edit(STAGING, STORAGE, BACKUP),
            Edit(STAGING, "limits: {memory: 1Gi}", "limits: {memory: 1Gi, ephemeral-storage: 1Gi}"),
        ],
        &[
            "environments/staging.yaml:7:5 quota-without-amount .. limits.cpu .. below `backup.resources`",
            "environments/staging.yaml:9:5 quota-without-amount .. limits.cpu .. below `resources`",
        ],
    ),
    // Two things of one name.
    case(
        "a service with the name of another one's backup",
        &[
            Edit(STAGING, "services:", "services:\n  postgres-backup: {kind: postgres, storage: 1Gi, database: x}"),
            Edit(STAGING, STORAGE, BACKUP),
        ],
        &[
            "environments/staging.yaml:5:3 name-clash .. `postgres` and `postgres-backup` .. NetworkPolicy `postgres-backup` .. another name",
            "environments/staging.yaml:5:3 missing-secret .. postgres-backup-auth",
        ],
    ),
    case(
        "one live release, claim and StatefulSet under two services",
        &[
            Edit(
                STAGING,
                "services:",
                "services:\n  old: {kind: postgres, storage: {claim: data-0}, database: x, release: {name: postgres}}",
            ),
            Edit(STAGING, "storage: 20Gi", "storage: {claim: data-0}\n    release: {fullname: old}"),
        ],
        &[
            "environments/staging.yaml:5:3 missing-secret .. old-auth",
            "environments/staging.yaml:7:22 name-clash .. `old` and `postgres` .. data claim `data-0`",
            "environments/staging.yaml:8:5 name-clash .. `old` and `postgres` .. Helm release `postgres`",
            "environments/staging.yaml:8:25 name-clash .. `old` and `postgres` .. StatefulSet `old`",
        ],
    ),
    case(
        "a Service that the chart makes too",
        &[Edit(
            STAGING,
            "  postgres:",
            "  postgres: null\n  x-primary:\n    kind: postgres\n    architecture: replication\n    \
             release: {fullname: x}\n    secret: {name: postgres-auth}",
        )],
        &["environments/staging.yaml:6:3 name-clash .. `x-primary` wants the Service `x-primary` for two things"],
    ),
    case(
        "an own object with the name of one of gen's",
        &[
            Write(
                "environments/own/service.yaml",
                b"apiVersion: v1\nkind: Service\nmetadata: {name: postgres, namespace: viridial-staging}\n",
            ),
            Edit(STAGING, STORAGE, "    storage: 20Gi\n    manifests: [own/service.yaml]\n"),
        ],
        &["environments/staging.yaml:7:17 name-clash .. `postgres` wants the Service `postgres` for two things"],
    ),
    case(
        "an own object without a namespace",
        &[
            Write("environments/own/map.yaml", b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n"),
            Edit(STAGING, STORAGE, "    storage: 20Gi\n    manifests: [own/map.yaml]\n"),
        ],
        &["environments/own/map.yaml:1:1 no-namespace .. this ConfigMap .. `namespace: viridial-staging`"],
    ),
    // Names that do not fit.
    case(
        "names of a live release that cannot be",
        &[Edit(
            STAGING,
            STORAGE,
            "    storage: 20Gi\n    release:\n      name: a123456789-123456789-123456789-123456789-123456789-123\n      \
             fullname: a123456789-123456789-123456789-123456789-123456789-12\n",
        )],
        &[
            "environments/staging.yaml:8:13 name-too-long .. the release's name .. 53 characters .. shorter",
            "environments/staging.yaml:9:17 name-too-long .. the StatefulSet's name .. 52 characters .. shorter",
        ],
    ),
    case(
        "a StatefulSet whose Services could not be",
        &[Edit(STAGING, STORAGE, "    storage: 20Gi\n    release: {fullname: 1db}\n")],
        &["environments/staging.yaml:7:25 wrong-value .. `fullname` must start with a letter"],
    ),
    case(
        "an environment whose namespace gets too long a Kustomization",
        &[Write(
            "environments/a123456789-123456789-123456789-123456789-123456789-1234.yaml",
            b"extends: base\ncluster: c\nnamespace: x\nservices: {postgres: null}\n",
        )],
        &[
            "environments/a123456789-123456789-123456789-123456789-123456789-1234.yaml:3:1 name-too-long .. 63 characters",
        ],
    ),
    case(
        "an owner that replicas connect as",
        &[Edit(BASE, "username: viridial", "username: repl_user")],
        &["environments/base.yaml:24:15 reserved-name .. `repl_user`"],
    ),
    case(
        "an owner who is the superuser, whose password the chart takes from the superuser's key",
        &[Edit(BASE, "username: viridial", "username: postgres"), Remove(SECRET)],
        &["environments/staging.yaml:5:3 missing-secret .. with postgres-password, replication-password"],
    ),
    // Exceptions from rules.
    case(
        "an exception from a rule that there is not",
        &[Edit(
            STAGING,
            LIMITS,
            "      limits: {memory: 1Gi}\npolicy:\n  ignore:\n    - {rule: public-databas, reason: x}\n",
        )],
        &["environments/staging.yaml:13:7 unknown-rule .. `public-databas` .. did you mean `public-database`?"],
    ),
    case(
        "a lock on a rule that there is not",
        &[Write("gen.yaml", b"edition: 1\npolicy:\n  locked: [plaintext-secrets]\n")],
        &["gen.yaml:3:12 unknown-rule .. `plaintext-secrets` .. did you mean `plaintext-secret`?"],
    ),
    case(
        "an exception from what nobody may ignore",
        &[Edit(
            STAGING,
            LIMITS,
            "      limits: {memory: 1Gi}\npolicy:\n  ignore:\n    - {rule: plaintext-secret, reason: x}\n",
        )],
        &["environments/staging.yaml:13:7 locked-rule .. can never be ignored .. solve what it is for"],
    ),
    case(
        "an exception that the project locks, and the finding with it",
        &[
            Write("gen.yaml", b"edition: 1\npolicy: {locked: [public-database]}\n"),
            Edit(
                STAGING,
                LIMITS,
                "      limits: {memory: 1Gi}\n    values: {primary: {service: {type: NodePort}}}\npolicy:\n  ignore:\n    \
                 - {rule: public-database, reason: x}\n",
            ),
        ],
        &[
            "environments/staging.yaml:5:3 unencrypted-connection .. reached from outside the cluster",
            "environments/staging.yaml:11:40 public-database .. `NodePort`",
            "environments/staging.yaml:14:7 locked-rule .. gen.yaml locks `public-database` .. taken off in gen.yaml",
        ],
    ),
    case(
        "an exception without a reason",
        &[Edit(
            STAGING,
            LIMITS,
            "      limits: {memory: 1Gi}\n    values: {primary: {service: {type: NodePort}}}\npolicy:\n  ignore:\n    - {rule: \
             public-database, reason: \" \"}\n",
        )],
        &[
            "environments/staging.yaml:5:3 unencrypted-connection .. reached from outside the cluster",
            "environments/staging.yaml:11:40 public-database .. `NodePort`",
            "environments/staging.yaml:14:7 missing-reason .. no reason .. say why",
        ],
    ),
    case(
        "an exception that has ended",
        &[Edit(
            STAGING,
            LIMITS,
            "      limits: {memory: 1Gi}\n    values: {primary: {service: {type: NodePort}}}\npolicy:\n  ignore:\n    - {rule: \
             public-database, reason: x, until: 2020-02-29}\n",
        )],
        &[
            "environments/staging.yaml:5:3 unencrypted-connection .. reached from outside the cluster",
            "environments/staging.yaml:11:40 public-database .. `NodePort`",
            "environments/staging.yaml:14:7 expired-exception .. ended on 2020-02-29 .. new date",
        ],
    ),
    case(
        "an exception that nothing needs",
        &[Edit(
            STAGING,
            LIMITS,
            "      limits: {memory: 1Gi}\npolicy:\n  ignore:\n    - {rule: public-database, path: services.postgres, reason: x, until: \
             2999-12-31}\n",
        )],
        &[
            "environments/staging.yaml:13:7 unused-exception .. nothing at `services.postgres` breaks `public-database` .. delete",
        ],
    ),
    case(
        "an exception whose path ends in the middle of a name",
        &[Edit(
            STAGING,
            LIMITS,
            "      limits: {memory: 1Gi}\n    values: {primary: {service: {type: NodePort}}}\npolicy:\n  ignore:\n    - {rule: \
             public-database, path: services.postgres.val, reason: x}\n",
        )],
        &[
            "environments/staging.yaml:5:3 unencrypted-connection .. reached from outside the cluster",
            "environments/staging.yaml:11:40 public-database .. `NodePort`",
            "environments/staging.yaml:14:7 unused-exception .. there is no `services.postgres.val` in this environment .. correct the path",
        ],
    ),
    case(
        "an exception for a path that is not there, and for one that could be",
        &[Edit(
            STAGING,
            LIMITS,
            "      limits: {memory: 1Gi}\npolicy:\n  ignore:\n    - {rule: public-database, path: services.redis, reason: x}\n    - \
             {rule: public-database, path: services.postgres.metrics, reason: x}\n",
        )],
        &[
            "environments/staging.yaml:13:7 unused-exception .. there is no `services.redis` in this environment .. the path",
            "environments/staging.yaml:14:7 unused-exception .. nothing at `services.postgres.metrics` breaks",
        ],
    ),
    // Names that would reach a terminal.
    case(
        "escape sequences and line breaks in names",
        &[Edit(STAGING, "namespace:", "\"a\\e[31m\\nb\": 1\nnamespace:")],
        &["environments/staging.yaml:3:1 unknown-key .. `a\\u{1b}[31m\\nb`"],
    ),
];
