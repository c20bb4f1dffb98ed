//! The runbook as a reader of the generated README gets it, and the commands in it.

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior};
use serde_json::{Value, json};

const COMMANDS: &str = include_str!("../../src/component/postgres/commands.md.jinja");
const RUNBOOK: &str = include_str!("../../src/component/postgres/runbook.md.jinja");
const ROTATION: &str = include_str!("../../src/component/postgres/rotation.md.jinja");

/// The name that the sample instance is reached by; certificates are made for it.
pub(crate) const SERVICE_HOST: &str = "postgres.viridial-staging.svc";

/// One instance with nothing optional, listening on `port`.
pub(crate) fn plain(port: u16) -> Value {
    json!({
        "env": "staging", "namespace": "viridial-staging", "instance": "postgres",
        "service_host": SERVICE_HOST, "port": port, "image": "docker.io/bitnamilegacy/postgresql:17.6.0-debian-12-r4",
        "statefulset": "postgres", "pod": "postgres-0", "release": "postgres",
        "kustomization": "staging-postgres", "flux_namespace": "flux-system",
        "flux_source": {"kind": "GitRepository", "name": "flux-system", "namespace": "flux-system"},
        "secret": {
            "name": "postgres-auth", "file": "environments/staging/secrets/postgres-auth.sops.yaml",
            "admin_key": "postgres-password", "user_key": "password", "replication_key": "replication-password",
        },
        "username": "viridial", "database": "viridial",
        "claim": {"name": "postgres-data", "size": "20Gi", "class": "local-path", "access_mode": "ReadWriteOncePod"},
        "backup": null, "tls": null, "metrics": false, "replication": null, "clients": [], "replication_user": "repl_user",
    })
}

/// `plain` with a backup.
pub(crate) fn with_backup(port: u16) -> Value {
    let mut context = plain(port);
    context["backup"] = json!({
        "cronjob": "postgres-backup", "claim": "postgres-backup", "schedule": "0 2 * * *", "retention": "30d",
        "labels": {"app.kubernetes.io/instance": "postgres", "app.kubernetes.io/component": "backup"},
    });
    context
}

/// `with_backup` with TLS.
pub(crate) fn with_tls(port: u16) -> Value {
    let mut context = with_backup(port);
    context["tls"] = json!({"secret": "postgres-tls", "file": "environments/staging/secrets/postgres-tls.sops.yaml"});
    context
}

/// Everything at once.
pub(crate) fn full(port: u16) -> Value {
    let mut context = with_tls(port);
    context["metrics"] = json!(true);
    context["statefulset"] = json!("postgres-primary");
    context["pod"] = json!("postgres-primary-0");
    context["claim"]["class"] = json!("longhorn");
    context["clients"] = json!([{"name": "identity"}, {"name": "api"}]);
    context["replication"] = json!({
        "host": "postgres-read.viridial-staging.svc", "statefulset": "postgres-read", "username": "repl_user",
        "replicas": 2,
    });
    context
}

/// A fenced block: its language and its text.
#[derive(Debug, PartialEq)]
pub(crate) struct Block {
    pub(crate) language: String,
    pub(crate) text: String,
}

/// A rendered runbook.
pub(crate) struct Runbook {
    pub(crate) text: String,
}

impl Runbook {
    /// Renders the template for `context`; an undefined variable ends the test.
    pub(crate) fn render(context: &Value) -> Self {
        let mut whole = context.clone();
        let mut roles = vec![("postgres", "admin_key"), ("viridial", "user_key")];
        roles.extend((!context["replication"].is_null()).then_some(("repl_user", "replication_key")));
        let password = |(role, key): (&str, &str)| {
            let key = context["secret"][key].as_str().unwrap();
            json!({"role": role, "key": key, "rotation": Rotation::of_password(context, role, key).json()})
        };
        whole["passwords"] = roles.into_iter().map(password).collect();
        let tls = !context["tls"].is_null();
        whole["certificate"] =
            if tls { json!({"rotation": Rotation::of_certificate(context).json()}) } else { Value::Null };
        Self { text: filled(RUNBOOK, &whole) }
    }

    /// All fenced blocks in order.
    pub(crate) fn blocks(&self) -> Vec<Block> {
        let mut blocks = Vec::new();
        let mut lines = self.text.lines();
        while let Some(line) = lines.next() {
            let Some(language) = line.strip_prefix("```") else { continue };
            let body: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            blocks.push(Block { language: language.to_owned(), text: body.join("\n") + "\n" });
        }
        blocks
    }

    /// The only block of `language` that holds `needle`, of those that stand below the heading `section`.
    pub(crate) fn block(&self, section: &str, language: &str, needle: &str) -> String {
        let heading = format!("### postgres: {section}\n");
        let below = self.text.split_once(&heading).unwrap_or_else(|| panic!("no section {section}")).1;
        let text = below.split("\n### ").next().unwrap_or_default().to_owned();
        let mut found: Vec<Block> = Self { text }.blocks();
        found.retain(|block| block.language == language && block.text.contains(needle));
        assert_eq!(found.len(), 1, "blocks with {needle:?} in {section}: {found:?}");
        found.remove(0).text
    }
}

/// The texts of a rotation: before the publication, the publication, after it, the way back.
pub(crate) struct Rotation(pub(crate) [String; 4]);

impl Rotation {
    pub(crate) fn of_password(context: &Value, role: &str, key: &str) -> Self {
        let own = json!({"kind": "password", "role": role, "key_name": key, "file": context["secret"]["file"]});
        Self::render(context, own)
    }

    pub(crate) fn of_certificate(context: &Value) -> Self {
        let own = json!({"kind": "certificate", "role": null, "key_name": null, "file": context["tls"]["file"]});
        Self::render(context, own)
    }

    fn render(context: &Value, own: Value) -> Self {
        let mut whole = context.clone();
        whole.as_object_mut().unwrap().extend(own.as_object().unwrap().clone());
        let text = filled(ROTATION, &whole);
        let pieces: Vec<String> = text.split("\n%%\n").map(|piece| piece.trim().to_owned()).collect();
        Self(pieces.try_into().unwrap())
    }

    fn json(&self) -> Value {
        let [before, publish, after, back] = &self.0;
        json!({"before": before, "publish": publish, "after": after, "back": back})
    }

    /// The commands of one of the texts.
    pub(crate) fn commands(&self, text: usize) -> String {
        let blocks = Runbook { text: self.0[text].clone() }.blocks();
        assert_eq!(blocks.len(), 1, "{}", self.0[text]);
        blocks.into_iter().next().unwrap().text
    }
}

fn filled(template: &str, context: &Value) -> String {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true).build();
    environment.set_syntax(syntax.unwrap());
    let text = format!("{COMMANDS}{template}");
    let template = environment.template_from_str(&text).unwrap();
    template.render(Serde(context)).unwrap()
}
