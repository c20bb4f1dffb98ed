//! The reference pages, made from the code: docs/environment.md from the schemas, docs/commands.md from clap.

use std::fmt::Write as _;

use serde_json::Value as Json;

/// Every `format` of the schemas in words, with a text that has it.
pub(crate) const FORMATS: &[(&str, &str, &str)] = &[
    ("age-recipient", "an age public key (X25519)", "age19y5gw76lhk5ghchsr3ju2m9etj7ggcn97sddmum0y25xde8n75asxf2mh0"),
    ("chart-version", "one exact version: no range, no `v`", "17.0.2"),
    ("cron-schedule", "five fields as Kubernetes reads them, or `@daily` and the like", "0 2 * * *"),
    ("date", "a day, `YYYY-MM-DD`", "2027-03-01"),
    ("dns-label", "`a-z`, `0-9` and inner dashes, at most 63 characters", "viridial-staging"),
    ("dns-name", "DNS labels joined by dots, at most 253 characters", "postgres-auth"),
    ("flux-version", "minor version of an installed Flux, 2.7 to 2.9, quoted", "2.7"),
    ("git-commit", "40 lower-case hexadecimal digits", "b6318363965aab7da16643c5418e29bd509bb5f1"),
    ("git-tag", "a tag's name by Git's rules", "postgresql/17.0.2"),
    ("https-url", "`https://host/path` without credentials", "https://github.com/bitnami/charts"),
    ("image", "an image with a tag, a digest or both", "docker.io/bitnamilegacy/postgresql:17.6.0-debian-12-r4"),
    ("kubernetes-version", "minor version of a cluster, 1.28 to 1.37, quoted", "1.33"),
    ("label-key", "a label's key, with or without a DNS name and a slash before it", "app.kubernetes.io/name"),
    ("label-value", "a label's value, at most 63 characters", "identity-service"),
    (
        "oci-digest",
        "`sha256:` and 64 lower-case hexadecimal digits",
        "sha256:9598ba6d275ddfb702cb8b48ab8e97c61f225b59e4d168fdfc9c09ffb0f13259",
    ),
    (
        "oci-url",
        "`oci://host/path` without tag, digest and credentials",
        "oci://registry.example.com/charts/postgresql",
    ),
    ("postgres-database", "a database that the chart can create", "viridial"),
    ("postgres-role", "a role that the chart can create", "viridial"),
    ("quantity", "a Kubernetes quantity", "250m"),
    ("registry-host", "`host[:port][/prefix]`", "registry.example.com/mirror"),
    ("relative-path", "a path that stays in the repository", "manifests/dashboard.yaml"),
    ("secret-key", "a key of a Secret", "postgres-password"),
    ("service-name", "a `dns-label` that starts with a letter", "postgres"),
    ("size", "a quantity of bytes, at least `1Ki`", "20Gi"),
    ("time-span", "weeks, days, hours, minutes, the longest first: `1d12h`", "30d"),
];

/// docs/environment.md.
pub(crate) fn environment(project: &Json, environment: &Json) -> String {
    let mut page = String::from(
        "<!-- Made by `UPDATE_DOCS=1 cargo test --test docs` from the types in src/; do not edit. -->\n\
         # The environment language: every key\n\n\
         How layers work, and what the words mean, stands in the [README](../README.md#concepts). In short: maps merge deeply,\n\
         lists replace (those of `policy.ignore` are joined), `null` removes an inherited key, an unknown key is an error. Strings\n\
         may hold `${{ }}` expressions, which see `env.name`, `env.namespace` and `services.<name>.host`, `.port` and `.secret`.\n\
         \"required\" means: in the environment as a whole, in whichever layer.\n",
    );
    object(&mut page, "gen.yaml", "", project, true);
    object(&mut page, "environments/*.yaml", "", environment, true);
    page.push_str("\n## Formats\n\n| format | what | for example |\n|---|---|---|\n");
    for (name, what, example) in FORMATS {
        let _ = writeln!(page, "| `{name}` | {what} | `{example}` |");
    }
    page
}

/// One table for a map's own keys, then one for each map below it.
fn object(page: &mut String, title: &str, path: &str, schema: &Json, top: bool) {
    let Some(properties) = schema["properties"].as_object() else { return };
    let _ = write!(page, "\n{} `{title}`\n\n", if top { "##" } else { "###" });
    if !top && let Some(text) = schema["description"].as_str() {
        let _ = writeln!(page, "{text}\n");
    }
    if let Some(short) = schema["x-short-form"].as_str() {
        let _ = writeln!(page, "May be written as one scalar, which is its `{short}`.\n");
    }
    if schema["x-exclusive"] == true {
        page.push_str("Its forms exclude each other: a layer that sets one replaces the inherited one whole.\n\n");
    }
    page.push_str("| key | type | default | meaning |\n|---|---|---|---|\n");
    let required: Vec<&str> = schema["required"].as_array().into_iter().flatten().filter_map(Json::as_str).collect();
    for (key, each) in properties {
        let default = match &each["default"] {
            _ if required.contains(&key.as_str()) => "required".to_owned(),
            Json::Null => "–".to_owned(),
            Json::Object(_) => "–".to_owned(),
            Json::Array(list) if list.is_empty() => "–".to_owned(),
            value => format!("`{}`", value.as_str().map_or_else(|| value.to_string(), str::to_owned)),
        };
        let meaning = each["description"].as_str().unwrap_or_default().replace('\n', " ").replace('|', "\\|");
        let _ = writeln!(page, "| `{key}` | {} | {default} | {meaning} |", kind(each));
    }
    for (key, each) in properties {
        let own = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        below(page, &own, each);
    }
}

fn below(page: &mut String, path: &str, schema: &Json) {
    if let Some(some) = schema["anyOf"].as_array().and_then(|all| all.iter().find(|one| one["type"] != "null")) {
        return below(page, path, some);
    }
    let properties: Vec<&Json> = schema["properties"].as_object().into_iter().flatten().map(|(_, each)| each).collect();
    match properties.first() {
        // Closed lists of names with one shape, described once.
        Some(first) if matches!(path, "charts" | "images") => below(page, &format!("{path}.<name>"), first),
        Some(_) => object(page, path, path, schema, false),
        None if schema["additionalProperties"].is_object() => {
            below(page, &format!("{path}.<name>"), &schema["additionalProperties"]);
        }
        None if schema["items"].is_object() => below(page, &format!("{path}[]"), &schema["items"]),
        None => {}
    }
}

/// A type in words.
fn kind(schema: &Json) -> String {
    if let Some(choices) = schema["oneOf"].as_array().filter(|all| all.iter().all(|one| one["const"].is_string())) {
        let choice = |one: &Json| {
            let meaning = one["description"].as_str().unwrap_or_default().trim_end_matches('.');
            format!("`{}` ({meaning})", one["const"].as_str().unwrap_or_default())
        };
        return choices.iter().map(choice).collect::<Vec<_>>().join(", ");
    }
    if let Some(choices) = schema["enum"].as_array() {
        return choices.iter().filter_map(Json::as_str).map(|one| format!("`{one}`")).collect::<Vec<_>>().join(", ");
    }
    if let Some(choices) = schema["anyOf"].as_array() {
        return choices.iter().filter(|one| one["type"] != "null").map(kind).collect::<Vec<_>>().join(" or ");
    }
    let format = schema["format"].as_str().filter(|format| FORMATS.iter().any(|(known, ..)| known == format));
    if let Some(format) = format {
        return format!("[{format}](#formats)");
    }
    let types: Vec<&str> = match &schema["type"] {
        Json::String(one) => vec![one],
        Json::Array(several) => several.iter().filter_map(Json::as_str).filter(|one| *one != "null").collect(),
        _ => Vec::new(),
    };
    match types.as_slice() {
        ["object"] if schema["x-verbatim"] == true => "map, Helm's own".to_owned(),
        ["object"] => map(schema),
        ["array"] => format!("list of {}", kind(&schema["items"])),
        ["integer"] => match (&schema["minimum"], &schema["maximum"]) {
            (Json::Null, _) => "integer".to_owned(),
            (least, Json::Null) => format!("integer, at least {least}"),
            (least, most) => format!("integer, {least} to {most}"),
        },
        ["boolean"] => "`true` or `false`".to_owned(),
        [one] => (*one).to_owned(),
        several => several.join(" or "),
    }
}

fn map(schema: &Json) -> String {
    if let Some(short) = schema["x-short-form"].as_str() {
        return format!("map, or its `{short}` alone ({})", kind(&schema["properties"][short]));
    }
    if let Some(keys) = schema["properties"].as_object().filter(|keys| !keys.is_empty()) {
        return match keys.values().next() {
            Some(first) if keys.len() > 1 && keys.values().all(|each| each == first) => {
                let names: Vec<String> = keys.keys().map(|key| format!("`{key}`")).collect();
                format!("map of {} to {}", names.join(", "), kind(first))
            }
            _ => "map".to_owned(),
        };
    }
    let key = schema["x-key-format"].as_str().map_or("name".to_owned(), |format| format!("[{format}](#formats)"));
    match &schema["additionalProperties"] {
        value if value["properties"].is_object() => format!("map by {key}"),
        value if value.is_object() => format!("map of {key} to {}", kind(value)),
        _ => "map".to_owned(),
    }
}

/// docs/commands.md.
pub(crate) fn commands(command: &clap::Command) -> String {
    let mut command = command.clone().term_width(100).disable_help_subcommand(true);
    command.build();
    let mut page = String::from(
        "<!-- Made by `UPDATE_DOCS=1 cargo test --test docs` from the command line itself; do not edit. -->\n\
         # Commands\n\n\
         Exit codes: **0** clean (warnings are shown), **1** a finding at or above `--fail-on`, **2** usage, an environment that\n\
         does not exist, or an I/O error. Findings go to stdout, why a command could not do its work goes to stderr.\n",
    );
    section(&mut page, "gen", &mut command);
    let names: Vec<String> = command.get_subcommands().map(|sub| sub.get_name().to_owned()).collect();
    for name in names {
        if let Some(sub) = command.find_subcommand(&name) {
            section(&mut page, &format!("gen {name}"), &mut sub.clone().term_width(100));
        }
    }
    page
}

fn section(page: &mut String, title: &str, command: &mut clap::Command) {
    let help = command.render_long_help().to_string();
    let trimmed: Vec<&str> = help.lines().map(str::trim_end).collect();
    let _ = write!(page, "\n## {title}\n\n```text\n{}\n```\n", trimmed.join("\n").trim_end());
}
