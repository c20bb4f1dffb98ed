//! Who logs in, and where the Secret has the passwords.

use super::{
    Postgres,
    spec::{SUPERUSER, SecretKeys},
};
use crate::{manifest::Traced, scalar::SecretKey};

/// The names of the three keys in the Secret.
pub(super) struct KeyNames {
    pub(super) admin: Traced<String>,
    pub(super) user: Traced<String>,
    pub(super) replication: Traced<String>,
}

impl Postgres<'_> {
    /// The database's owner.
    pub(super) fn user(&self) -> Traced<&str> {
        match &self.spec.username {
            Some(name) => Traced::new(name.as_str(), self.at("username")),
            None => Traced::new(self.spec.database.as_str(), self.at("database")),
        }
    }

    /// The names of the three keys in the Secret.
    pub(super) fn secret_keys(&self) -> KeyNames {
        let given = self.spec.secret.as_ref().map(|secret| &secret.keys);
        let name = |key: fn(&SecretKeys) -> Option<&SecretKey>, default: &'static str| {
            let name = given.and_then(key).map_or_else(|| default.to_owned(), ToString::to_string);
            Traced::new(name, self.at("secret.keys").at(default))
        };
        let admin = name(|keys| keys.admin.as_ref(), "postgres-password");
        // The chart reads the superuser's key wherever the owner is the superuser (`postgresql.v1.userPasswordKey`).
        let user = match self.user().value {
            SUPERUSER => admin.clone(),
            _ => name(|keys| keys.user.as_ref(), "password"),
        };
        KeyNames { admin, user, replication: name(|keys| keys.replication.as_ref(), "replication-password") }
    }
}
