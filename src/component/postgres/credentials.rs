//! Who logs in, where the Secrets have what it takes, and how that changes.

use serde_json::Value as Json;

use super::{
    Postgres, rotation,
    spec::{REPLICATION_USER, SUPERUSER, SecretKeys, Tls},
};
use crate::{
    component::Outcome,
    manifest::Traced,
    part::{Body, CertificateText, Credential, DemandedKey, SecretDemand},
    scalar::SecretKey,
};

/// The names of the three keys in the Secret.
pub(super) struct KeyNames {
    pub(super) admin: Traced<String>,
    pub(super) user: Traced<String>,
    pub(super) replication: Traced<String>,
}

/// A role's password.
pub(super) struct Password {
    pub(super) role: String,
    pub(super) key: DemandedKey,
}

/// What an instance demands.
pub(super) struct Credentials {
    /// One for each key of the Secret with the passwords.
    pub(super) passwords: Vec<Password>,
    /// The Secret with the server's certificate.
    pub(super) certificate: Option<SecretDemand>,
}

impl Credentials {
    pub(super) fn demand(&self, postgres: &Postgres<'_>, outcome: &mut Outcome) {
        let demand = SecretDemand {
            name: postgres.names.secret.value.clone(),
            kind: "Opaque".to_owned(),
            keys: self.passwords.iter().map(|password| password.key.clone()).collect(),
            external: false,
        };
        outcome.add(postgres.at("secret"), Body::SecretDemand(demand));
        if let Some(demand) = &self.certificate {
            outcome.add(postgres.at("tls.secret"), Body::SecretDemand(demand.clone()));
        }
    }
}

impl Postgres<'_> {
    /// What it takes to log in and to be trusted, with how it changes; `scope` is [`Postgres::scope`].
    pub(super) fn credentials(&self, scope: &Json) -> Credentials {
        Credentials {
            passwords: self.passwords(scope),
            certificate: self.spec.tls.as_ref().map(|tls| self.certificate(tls, scope)),
        }
    }

    fn passwords(&self, scope: &Json) -> Vec<Password> {
        let keys = self.secret_keys();
        let password = |key: Traced<String>, role: &str, purpose: String| Password {
            role: role.to_owned(),
            key: DemandedKey {
                rotation: rotation::of_password(scope, role, &key),
                name: key.value,
                purpose,
                credential: Credential::Password,
            },
        };
        let owner = format!("password of `{}`, owner of `{}`", self.user().value, self.spec.database);
        let admin = password(keys.admin, SUPERUSER, format!("password of the superuser `{SUPERUSER}`"));
        let replication = format!("password of the replication user `{REPLICATION_USER}`");
        let mut passwords = vec![
            admin,
            password(keys.user, self.user().value, owner),
            password(keys.replication, REPLICATION_USER, replication),
        ];
        // Where the owner is the superuser, one key serves both.
        passwords.dedup_by(|later, first| later.key.name == first.key.name);
        passwords
    }

    fn certificate(&self, tls: &Tls, scope: &Json) -> SecretDemand {
        let host = self.context.place.host(&self.names.instance);
        let (names, rotation) = (self.server_names(), rotation::of_certificate(scope));
        let text = |name: &str, purpose: String, text: CertificateText| DemandedKey {
            name: name.to_owned(),
            purpose,
            credential: Credential::Certificate { text, names: names.clone() },
            rotation: rotation.clone(),
        };
        let authority = "certificate of the authority that signed it, for clients".to_owned();
        SecretDemand {
            name: tls.secret.to_string(),
            kind: "kubernetes.io/tls".to_owned(),
            keys: vec![
                text("tls.crt", format!("server certificate for `{host}`"), CertificateText::Certificate),
                text("tls.key", "its private key".to_owned(), CertificateText::PrivateKey),
                text("ca.crt", authority, CertificateText::Authority),
            ],
            external: tls.external,
        }
    }

    /// The names that clients reach the servers by: those of the Services, gen's own first, as the cluster's DNS spells them,
    /// and those of the pods behind the headless ones.
    fn server_names(&self) -> Vec<String> {
        let mut services = vec![self.names.instance.value.clone()];
        services.extend(self.has_chart_service().then(|| self.names.primary.clone()));
        services.extend(self.is_replicated().then(|| self.read_name().value));
        let headless: Vec<String> = self.server_sets().iter().map(|set| format!("{set}-hl")).collect();
        services.extend(headless.iter().cloned());
        // A wildcard counts with two labels behind it only.
        let pods = headless.iter().map(|service| format!("*.{service}"));
        let namespace = self.context.place.namespace;
        // The first one is what people are told.
        let spelled = |name: &String| [".svc", ".svc.cluster.local", ""].map(|end| format!("{name}.{namespace}{end}"));
        let mut names: Vec<String> =
            services.iter().flat_map(|service| spelled(service).into_iter().chain([service.clone()])).collect();
        names.extend(pods.flat_map(|pod| spelled(&pod)));
        names
    }

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
