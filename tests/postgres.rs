//! The backup, the restore and the runbook of the Postgres component against a real PostgreSQL server from the system's
//! packages. The tests of `texts` read the texts only; the ignored ones need the server: `just test-peers`.
#![allow(clippy::unwrap_used)]

#[path = "postgres/backup.rs"]
mod backup;
#[path = "postgres/operations.rs"]
mod operations;
#[path = "postgres/restore.rs"]
mod restore;
#[path = "postgres/runbook.rs"]
mod runbook;
#[path = "postgres/server.rs"]
mod server;
#[path = "postgres/stage.rs"]
mod stage;
#[path = "postgres/texts.rs"]
mod texts;
