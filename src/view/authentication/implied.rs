//! Servers that have no password because nobody gave them one.

use serde_json::Value as Json;

use super::{Door, OpenDoor};
use crate::view::{Spot, product};

/// What a server that asks for no password by itself is given one by.
struct Lock {
    /// Last parts of its image.
    images: &'static [&'static str],
    /// Variables: the starts of their names.
    variables: &'static [&'static str],
    /// Words in its command that set a password, or lead to a file that may.
    words: &'static [&'static str],
    door: Door,
}

const LOCKS: &[Lock] = &[
    Lock {
        images: &["redis", "redis-stack", "redis-stack-server", "valkey"],
        variables: &["REDIS_PASSWORD", "VALKEY_PASSWORD", "REDIS_ARGS", "VALKEY_EXTRA_FLAGS", "ALLOW_EMPTY_PASSWORD"],
        words: &["requirepass", "aclfile", ".conf", "--user"],
        door: Door::Missing("requirepass"),
    },
    Lock {
        images: &["mongo"],
        variables: &["MONGO_INITDB_ROOT_", "MONGODB_"],
        words: &["--auth", "--keyFile", "--config", "-f", ".conf", ".yaml"],
        door: Door::Missing("MONGO_INITDB_ROOT_USERNAME"),
    },
    Lock {
        images: &["meilisearch"],
        variables: &["MEILI_MASTER_KEY", "MEILI_CONFIG_FILE_PATH"],
        words: &["--master-key", "--config-file-path"],
        door: Door::Missing("MEILI_MASTER_KEY"),
    },
    Lock {
        images: &["minio"],
        variables: &["MINIO_ROOT_", "MINIO_SECRET_KEY", "MINIO_ACCESS_KEY", "MINIO_CONFIG_ENV_FILE"],
        words: &[],
        door: Door::KnownPassword("minioadmin"),
    },
];

/// A container of a pod.
pub(super) fn of_container<'a>(container: &Spot<'a, '_>) -> Option<OpenDoor<'a>> {
    let variables = container.items(&["env"]);
    let names: Vec<&str> = variables.iter().filter_map(|variable| variable.text(&["name"])).collect();
    let is_told_elsewhere = !container.items(&["envFrom"]).is_empty();
    // A settings file that is mounted may hold a password.
    let mounts = container.items(&["volumeMounts"]);
    let mounts_settings = mounts
        .iter()
        .filter_map(|mount| mount.text(&["mountPath"]))
        .any(|path| path.contains("conf") || path.starts_with("/etc"));
    (!is_told_elsewhere && !mounts_settings).then(|| of_server(container, &names)).flatten()
}

/// A service of Compose.
pub(super) fn of_service<'a>(service: &Spot<'a, '_>, names: &[&str]) -> Option<OpenDoor<'a>> {
    let is_told_elsewhere =
        ["env_file", "secrets", "configs", "extends"].iter().any(|key| service.get(&[key]).is_some());
    let volumes = service.items(&["volumes"]);
    let mounts_settings = volumes.iter().any(|volume| volume.value.to_string().contains("conf"));
    (!is_told_elsewhere && !mounts_settings).then(|| of_server(service, names)).flatten()
}

fn of_server<'a>(server: &Spot<'a, '_>, names: &[&str]) -> Option<OpenDoor<'a>> {
    let image = server.get(&["image"])?;
    // Bitnami's images do not start without one.
    let name = image.value.as_str().filter(|image| !image.contains("bitnami")).map(product::last_part)?;
    let lock = LOCKS.iter().find(|lock| lock.images.contains(&name))?;
    let command: Vec<String> =
        ["command", "args", "entrypoint"].iter().flat_map(|key| words(server.value_at(&[key]))).collect();
    let is_set = names.iter().any(|name| lock.variables.iter().any(|start| name.starts_with(start)))
        || command.iter().any(|word| lock.words.iter().any(|known| word.contains(known)));
    // Another program in the image, such as a client that waits or a sentinel.
    let is_other = command.first().is_some_and(|first| {
        let program = first.rsplit('/').next().unwrap_or(first);
        !first.starts_with('-')
            && !["redis-server", "valkey-server", "mongod", "server", "minio", "meilisearch", "docker-entrypoint.sh"]
                .contains(&program)
    });
    let product = product::of_name(name)?;
    (!is_set && !is_other).then(|| OpenDoor { at: image.at(), door: lock.door.clone(), product })
}

/// The words of a command: a list, or one text.
fn words(command: Option<&Json>) -> Vec<String> {
    match command {
        Some(Json::Array(items)) => {
            items.iter().map(|item| item.as_str().map_or_else(|| item.to_string(), str::to_owned)).collect()
        }
        Some(Json::String(text)) => text.split_whitespace().map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}
