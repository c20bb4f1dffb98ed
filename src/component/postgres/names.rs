//! What an instance and its chart call things.

use super::spec::{Architecture, PostgresSpec};
use crate::{
    component::Context,
    manifest::{Origin, Traced},
    part::Labels,
};

/// The names that an instance and its chart give to things.
pub(super) struct Names {
    /// Service and everything of gen's own.
    pub(super) instance: Traced<String>,
    /// Helm's release.
    pub(super) release: Traced<String>,
    /// What the chart calls its objects.
    pub(super) fullname: Traced<String>,
    /// The primary's StatefulSet.
    pub(super) primary: String,
    /// The Secret with the passwords.
    pub(super) secret: Traced<String>,
    /// The data claim.
    pub(super) claim: Traced<String>,
    /// Job, claim and network rule of the backup.
    pub(super) backup: Traced<String>,
}

impl Names {
    pub(super) fn of(spec: &PostgresSpec, context: &Context<'_>, root: &Origin) -> Names {
        let instance = context.place.instance;
        let own = |suffix: &str| format!("{instance}{suffix}");
        let given = |name: Option<String>, default: &str, key: &'static str| {
            Traced::new(name.unwrap_or_else(|| own(default)), root.at(key))
        };
        let release = spec.release.as_ref();
        let named = release.and_then(|release| release.name.as_ref()).map(ToString::to_string);
        let fullname = release.and_then(|release| release.fullname.as_ref()).map(ToString::to_string);
        let secret = spec.secret.as_ref().and_then(|secret| secret.name.as_ref()).map(ToString::to_string);
        let fullname = given(fullname, "", "release.fullname");
        Names {
            instance: Traced::new(own(""), root),
            release: given(named, "", "release.name"),
            primary: match spec.architecture {
                Architecture::Standalone => fullname.value.clone(),
                Architecture::Replication => format!("{}-primary", fullname.value),
            },
            fullname,
            secret: given(secret, super::SECRET_SUFFIX, "secret.name"),
            claim: given(spec.storage.claim.as_ref().map(ToString::to_string), "-data", "storage.claim"),
            backup: Traced::new(own("-backup"), root),
        }
    }

    /// The labels of every server pod.
    pub(super) fn pods(&self) -> Labels {
        let root = &self.instance.origin;
        [
            ("app.kubernetes.io/instance", self.release.clone()),
            ("app.kubernetes.io/name", Traced::new("postgresql".to_owned(), root)),
        ]
        .map(|(key, value)| (key.to_owned(), value))
        .into()
    }

    /// The labels of the primary's pod.
    pub(super) fn primary_pod(&self) -> Labels {
        let mut labels = self.pods();
        let primary = Traced::new("primary".to_owned(), &self.instance.origin);
        labels.insert("app.kubernetes.io/component".to_owned(), primary);
        labels
    }

    /// The labels of the pods that dump and restore.
    pub(super) fn backup_pods(&self) -> Labels {
        [
            ("app.kubernetes.io/name", self.backup.clone()),
            ("app.kubernetes.io/instance", self.instance.clone()),
            ("app.kubernetes.io/component", Traced::new("backup".to_owned(), &self.instance.origin)),
        ]
        .map(|(key, value)| (key.to_owned(), value))
        .into()
    }
}
