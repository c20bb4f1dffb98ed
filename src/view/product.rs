//! What is known by its port or its name.

use serde_json::Value as Json;

/// Ports that a database listens on by default: who finds one behind a Service knows what it is.
const PORTS: &[(u64, &str)] = &[
    (1433, "SQL Server"),
    (2379, "etcd"),
    (3306, "MySQL"),
    (5432, "PostgreSQL"),
    (5433, "PostgreSQL"),
    (6379, "Redis"),
    (6432, "PgBouncer"),
    (7700, "Meilisearch"),
    (9042, "Cassandra"),
    (9200, "Elasticsearch"),
    (11211, "memcached"),
    (26379, "Redis Sentinel"),
    (27017, "MongoDB"),
];

/// Last parts of image repositories that are databases.
const IMAGES: &[(&str, &str)] = &[
    ("cassandra", "Cassandra"),
    ("clickhouse", "ClickHouse"),
    ("clickhouse-server", "ClickHouse"),
    ("cockroach", "CockroachDB"),
    ("elasticsearch", "Elasticsearch"),
    ("etcd", "etcd"),
    ("mariadb", "MariaDB"),
    ("meilisearch", "Meilisearch"),
    ("minio", "MinIO"),
    ("mongo", "MongoDB"),
    ("mongodb", "MongoDB"),
    ("mysql", "MySQL"),
    ("opensearch", "OpenSearch"),
    ("pgvector", "PostgreSQL"),
    ("postgis", "PostgreSQL"),
    ("postgres", "PostgreSQL"),
    ("postgresql", "PostgreSQL"),
    ("redis", "Redis"),
    ("timescaledb", "PostgreSQL"),
    ("valkey", "Valkey"),
];

/// Ports of databases that are somebody else's more often.
const SHARED_PORTS: &[(u16, &str)] = &[
    (3306, "MariaDB"),
    (6379, "Valkey"),
    (8123, "ClickHouse"),
    (9000, "ClickHouse"),
    (9000, "MinIO"),
    (9001, "MinIO"),
    (9200, "OpenSearch"),
    (26257, "CockroachDB"),
];

/// Ports on which exporters answer with the metrics of a database.
const EXPORTERS: &[(u64, &str)] =
    &[(9104, "MySQL"), (9114, "Elasticsearch"), (9121, "Redis"), (9187, "PostgreSQL"), (9216, "MongoDB")];

/// The ports that a database listens on where nobody tells.
pub(super) fn usual_ports(product: &str) -> Vec<u16> {
    let own = PORTS.iter().filter(|(_, own)| *own == product).filter_map(|(port, _)| u16::try_from(*port).ok());
    own.chain(SHARED_PORTS.iter().filter(|(_, own)| *own == product).map(|(port, _)| *port)).collect()
}

/// The database whose metrics a port of that number answers with.
pub(super) fn of_exporter(port: &Json) -> Option<&'static str> {
    let number = number(port)?;
    EXPORTERS.iter().find(|(known, _)| *known == number).map(|(_, product)| *product)
}

/// A port that is written as a number or as text.
fn number(port: &Json) -> Option<u64> {
    match port {
        Json::String(text) => text.parse().ok(),
        port => port.as_u64(),
    }
}

/// What listens on a port of that number by default.
pub(super) fn of_port(port: &Json) -> Option<&'static str> {
    let number = number(port)?;
    PORTS.iter().find(|(known, _)| *known == number).map(|(_, product)| *product)
}

/// The last part of an image's repository.
pub(super) fn last_part(image: &str) -> &str {
    let path = image.split('@').next().unwrap_or(image);
    let last = path.rsplit('/').next().unwrap_or(path);
    last.split(':').next().unwrap_or(last)
}

/// What an image or a thing of that name is, where it is a database.
pub(super) fn of_name(name: &str) -> Option<&'static str> {
    let last = last_part(name);
    IMAGES.iter().find(|(known, _)| *known == last).map(|(_, product)| *product)
}
